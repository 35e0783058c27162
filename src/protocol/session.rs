//! One stream of one client: requests and snapshots in, responses out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::blame::{Blamed, Complaint, blame};
use super::name_list::NameList;
use super::order::{Holdback, Scope};
use super::status::View;
use super::subscriber::{Answer, Response, Subscriber};
use super::unserved::{Absence, Unserved};
use crate::xds::{Name, Place, ResourceType, Snapshot, Version};

/// How much memory the names that a client asks for may cost on one stream. More than half a million names of Services
/// fit; and no client can have us remember without end.
pub const MAX_NAMES_BYTES: usize = 64 << 20;

/// How much of a client's error message is kept and shown, in characters.
const MAX_MESSAGE: usize = 1000;

/// How much of it is searched for names of resources, in characters.
const MAX_SEARCHED: usize = 64 << 10;

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
    Names(NameList),
    /// The same, by a client that holds something of this type already, from this stream or an earlier one.
    NamesHolding(NameList),
    /// What changed, in delta.
    Changes {
        /// Names that are wanted from now on, or wanted again.
        subscribe: NameList,
        /// Names that are no longer wanted.
        unsubscribe: NameList,
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
        /// The client's message, cut to a sane length.
        message: String,
        /// The resources that the message is about, as far as that can be told.
        blamed: Vec<Blamed>,
    },
}

/// One stream's side of the protocol.
#[derive(Debug)]
pub struct Session {
    variant: Variant,
    scope: Scope,
    place: Place,
    snapshot: Arc<Snapshot>,
    subscribers: [Subscriber; ResourceType::COUNT],
    unserved: Unserved,
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
    /// The unit of time for what waits. Answers are waited for as long as ten of them, five seconds ("Make before
    /// break" on the page of the crate); where no answer can come, one has to do.
    pub const TICK: Duration = Duration::from_millis(500);

    /// A session of the ADS stream with this number (unique in the process), for a client that should hold `snapshot`.
    pub fn new(variant: Variant, stream: u64, snapshot: Arc<Snapshot>) -> Self {
        Self::with(Scope::Aggregated, variant, stream, snapshot)
    }

    /// A session of the ADS stream of a client that asks for each resource only when it has what names it: the routes of its
    /// second target are not held back until it has their cluster, which it would never ask for then.
    pub fn by_name(variant: Variant, stream: u64, snapshot: Arc<Snapshot>) -> Self {
        Self::with(Scope::ByName, variant, stream, snapshot)
    }

    /// A session of a stream that carries only this type. What the client holds of other types isn't known to it.
    pub fn only(resource_type: ResourceType, variant: Variant, stream: u64, snapshot: Arc<Snapshot>) -> Self {
        Self::with(Scope::Only(resource_type), variant, stream, snapshot)
    }

    /// The same session, of a client that runs here.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    fn with(scope: Scope, variant: Variant, stream: u64, snapshot: Arc<Snapshot>) -> Self {
        Self {
            variant,
            scope,
            place: Place::default(),
            snapshot,
            subscribers: ResourceType::ALL.map(Subscriber::new),
            unserved: Unserved::default(),
            holdback: Holdback::default(),
            nonces: Nonces { stream, last: 0 },
        }
    }

    /// Takes in a request. Returns what it says about the response that it answers, if it answers the latest one.
    pub fn on_request(&mut self, ask: Ask) -> Option<Verdict> {
        let Ask { resource_type, nonce, error, asked } = ask;
        let map = self.snapshot.get(resource_type);
        let subscriber = self.subscribers.get_mut(resource_type.index())?;
        let answer = subscriber.on_answer(&nonce, error.is_some());
        let verdict =
            answer.map(|answer| verdict(answer, error.as_deref().unwrap_or_default(), subscriber, &self.snapshot));
        match asked {
            Asked::Names(names) => subscriber.on_names(&names, nonce.is_empty(), false, map),
            Asked::NamesHolding(names) => subscriber.on_names(&names, nonce.is_empty(), true, map),
            Asked::Changes { subscribe, unsubscribe, held } => {
                subscriber.on_changes(&subscribe, &unsubscribe, &held, map, &self.place);
            }
        }
        verdict
    }

    /// Takes in a delta request for a type that isn't served. (Those of the state of the world need no answer.)
    pub fn on_unserved(&mut self, type_url: &str, nonce: &str, subscribe: &NameList, unsubscribe: &NameList) {
        self.unserved.on_request(type_url, nonce, subscribe, unsubscribe);
    }

    /// Whether the client asks for so many names that the stream should end.
    pub fn is_excessive(&self) -> bool {
        let served: usize = self.subscribers.iter().map(|subscriber| subscriber.subscription.bytes()).sum();
        served + self.unserved.bytes() > MAX_NAMES_BYTES
    }

    /// Takes in what the client should hold from now on.
    pub fn on_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        self.snapshot = snapshot;
    }

    /// The next response that is due, if any. Call it until there is none, after every request, snapshot and
    /// [`Self::on_tick`].
    pub fn poll(&mut self) -> Option<Response> {
        let mut lingering = Holdback::lingering(self.scope, &self.subscribers, &self.snapshot);
        self.holdback.note_clusters(&lingering);
        lingering.retain(|cluster| self.holdback.holds_cluster(cluster.name()));

        for resource_type in ResourceType::ALL {
            if resource_type == ResourceType::Route {
                // Only now, because what goes before them has to be answered before it is worth the work.
                let (routes, blind) = Holdback::waiting_routes(self.scope, &self.subscribers, &self.snapshot);
                self.holdback.note_routes(&routes, blind);
                if self.holdback.holds_routes() {
                    continue;
                }
            }
            let held_back = Holdback::goal(resource_type, &self.snapshot, &lingering, &self.subscribers);
            let goal = held_back.as_ref().unwrap_or_else(|| self.snapshot.get(resource_type));
            let subscriber = self.subscribers.get_mut(resource_type.index())?;
            let Some(contents) = subscriber.due(self.variant, goal, &self.place) else { continue };
            if let Some(dependency) = resource_type.dependency() {
                let names = contents.resources.iter().flat_map(|resource| resource.references()).cloned().collect();
                self.subscribers.get_mut(dependency.index())?.owe(&names);
            }
            let nonce = self.nonces.next();
            let subscriber = self.subscribers.get_mut(resource_type.index())?;
            return Some(subscriber.sent(nonce, contents));
        }
        None
    }

    /// The next answer to a request for a type that isn't served, if one is due. Call it as [`Self::poll`].
    pub fn poll_unserved(&mut self) -> Option<Absence> {
        let nonces = &mut self.nonces;
        self.unserved.poll(|| nonces.next())
    }

    /// The names that the client asks for of this type, in order.
    pub fn names(&self, resource_type: ResourceType) -> &[Name] {
        let subscriber = self.subscribers.get(resource_type.index());
        subscriber.map_or(&[], |subscriber| subscriber.subscription.names().as_slice())
    }

    /// How far the client is with this type now, to be looked at elsewhere; `None` if it never asked for it.
    pub fn view(&self, resource_type: ResourceType) -> Option<View> {
        let subscriber = self.subscribers.get(resource_type.index())?;
        subscriber.is_asked().then(|| View::new(subscriber, self.snapshot.get(resource_type), &self.place))
    }

    /// What the client said against resources that it still refuses, by type and name.
    pub fn complaints(&self) -> impl Iterator<Item = (ResourceType, &Name, &Complaint)> {
        self.subscribers.iter().flat_map(|subscriber| {
            subscriber.complaints().map(|(name, complaint)| (subscriber.resource_type(), name, complaint))
        })
    }

    /// The versions of the last response of this type and of the last that the client took; `None` if it never asked.
    pub fn versions(&self, resource_type: ResourceType) -> Option<(Option<Version>, Option<Version>)> {
        let subscriber = self.subscribers.get(resource_type.index())?;
        subscriber.is_asked().then(|| subscriber.versions())
    }

    /// Whether something is held back until the client answers. The caller keeps the time, and calls [`Self::on_tick`]
    /// after each [`Self::TICK`] in which it was true.
    pub fn is_waiting(&self) -> bool {
        self.holdback.is_waiting()
    }

    /// A [`Self::TICK`] went by. What has been held back for too long goes out with the next [`Self::poll`]; says
    /// whether there is any.
    pub fn on_tick(&mut self) -> bool {
        self.holdback.on_tick()
    }
}

/// What an answer means, with what a complaint is about noted where it belongs.
fn verdict(answer: Answer, message: &str, subscriber: &mut Subscriber, snapshot: &Snapshot) -> Verdict {
    match answer {
        Answer::Ack => Verdict::Ack,
        Answer::Nack { version, names } => {
            let blamed = blame(subscriber, &names, start(message, MAX_SEARCHED), snapshot);
            let message = start(message.trim(), MAX_MESSAGE);
            let words: Arc<str> = message.into();
            let (sent, beside): (Vec<Blamed>, Vec<Blamed>) =
                blamed.iter().cloned().partition(|blamed| names.binary_search(&blamed.name).is_ok());
            for one in sent {
                let name = Arc::clone(&one.name);
                let blamed = if one.origin.is_some() { vec![one] } else { beside.clone() };
                subscriber.complain(name, Complaint { message: Arc::clone(&words), blamed });
            }
            Verdict::Nack { version: version.to_string(), message: message.to_owned(), blamed }
        }
    }
}

/// The first characters of a text.
fn start(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

impl Nonces {
    fn next(&mut self) -> String {
        self.last += 1;
        format!("{:x}.{}", self.stream, self.last)
    }
}
