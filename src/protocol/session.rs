//! One stream of one client: requests and snapshots in, responses out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::order::Holdback;
use super::subscriber::{Response, Subscriber};
use crate::xds::{ResourceType, Snapshot};

/// Which of the two forms of the protocol a stream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// State of the world: requests carry all names.
    Sotw,
    /// Incremental: requests and responses carry changes.
    Delta,
}

/// A request, reduced to what the protocol is about.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The type it is about.
    pub resource_type: ResourceType,
    /// The nonce of the response that it answers; empty if it answers none.
    pub nonce: String,
    /// The message of its `error_detail`, whose presence makes it a NACK.
    pub error: Option<String>,
    /// What is wanted.
    pub asked: Asked,
}

/// What a request wants.
#[derive(Debug, Clone)]
pub enum Asked {
    /// All the names, in the state of the world.
    Names(Vec<String>),
    /// What changed, in delta.
    Changes {
        /// Names that are wanted from now on, or wanted again.
        subscribe: Vec<String>,
        /// Names that are no longer wanted.
        unsubscribe: Vec<String>,
        /// The versions that a client which reconnects still holds. Only the first request of a type may have them.
        held: BTreeMap<String, String>,
    },
}

/// What a client made of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It took it.
    Ack,
    /// It refused some of it, and said why.
    Nack {
        /// The version of the response.
        version: String,
        /// The client's message.
        message: String,
    },
}

/// One stream's side of the protocol.
#[derive(Debug)]
pub struct Session {
    variant: Variant,
    snapshot: Arc<Snapshot>,
    subscribers: [Subscriber; ResourceType::COUNT],
    holdback: Holdback,
    nonces: Nonces,
}

/// Nonces are unique in this process, so that an answer to another stream is never taken for one to this.
#[derive(Debug)]
struct Nonces {
    stream: u64,
    last: u64,
}

impl Session {
    /// A session of the stream with this number (unique in the process), for a client that should hold `snapshot`.
    pub fn new(variant: Variant, stream: u64, snapshot: Arc<Snapshot>) -> Self {
        Self {
            variant,
            snapshot,
            subscribers: ResourceType::ALL.map(Subscriber::new),
            holdback: Holdback::default(),
            nonces: Nonces { stream, last: 0 },
        }
    }

    /// Takes in a request. Returns what it says about the response that it answers, if it answers the latest one.
    pub fn on_request(&mut self, ask: Ask) -> Option<Verdict> {
        let Ask { resource_type, nonce, error, asked } = ask;
        let map = self.snapshot.get(resource_type);
        let subscriber = self.subscribers.get_mut(resource_type.index())?;
        let verdict = subscriber.on_answer(&nonce, error);
        match asked {
            Asked::Names(names) => subscriber.on_names(names, nonce.is_empty(), map),
            Asked::Changes { subscribe, unsubscribe, held } => {
                subscriber.on_changes(subscribe, unsubscribe, &held, map);
            }
        }
        verdict
    }

    /// Takes in what the client should hold from now on.
    pub fn on_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        self.snapshot = snapshot;
    }

    /// The next response that is due, if any. Call it until there is none, after every request, snapshot and
    /// [`Self::on_wait_expired`].
    pub fn poll(&mut self) -> Option<Response> {
        let lingering = Holdback::lingering(&self.subscribers, &self.snapshot);
        let routes_wait = Holdback::routes_wait(&self.subscribers, &self.snapshot);
        self.holdback.note(!lingering.is_empty() || routes_wait);
        let lingering = if self.holdback.is_overdue() { &[] } else { lingering.as_slice() };

        for resource_type in ResourceType::ALL {
            if resource_type == ResourceType::Route && routes_wait && !self.holdback.is_overdue() {
                continue;
            }
            let goal = Holdback::goal(resource_type, &self.snapshot, lingering, &self.subscribers);
            let subscriber = self.subscribers.get_mut(resource_type.index())?;
            let Some(contents) = subscriber.due(self.variant, goal) else { continue };
            if let Some(dependency) = resource_type.dependency() {
                let names = contents.resources.iter().flat_map(|resource| resource.references()).cloned().collect();
                self.subscribers.get_mut(dependency.index())?.owe(names);
            }
            let nonce = self.nonces.next();
            let subscriber = self.subscribers.get_mut(resource_type.index())?;
            return Some(subscriber.sent(nonce, contents));
        }
        None
    }

    /// Whether something is held back until the client answers. The caller keeps the time, and calls
    /// [`Self::on_wait_expired`] when it has been true for too long.
    pub const fn is_waiting(&self) -> bool {
        self.holdback.is_waiting()
    }

    /// The client has had its time: what is held back goes out.
    pub const fn on_wait_expired(&mut self) {
        self.holdback.expire();
    }
}

impl Nonces {
    fn next(&mut self) -> String {
        self.last += 1;
        format!("{:x}.{}", self.stream, self.last)
    }
}
