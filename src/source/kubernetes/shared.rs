//! What the watches and the probe of one API server share: a budget of requests, signals, and a revision.

use std::collections::BTreeMap;
use std::future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::token_bucket::TokenBucket;
use crate::model::Kind;

/// How often a request is made on average, whatever goes wrong, and how many at once after a rest. The first list and watch
/// of each kind, and the further pages of a list, aren't counted. In good times nine tenths of that are needed.
const PACE: (Duration, u32) = (Duration::from_millis(800), 2);

/// Shared by all that ask one API server.
#[derive(Debug)]
pub(super) struct Shared {
    pace: Mutex<TokenBucket>,
    calls: watch::Sender<Calls>,
    revisions: Mutex<BTreeMap<Kind, u64>>,
}

/// What one of them calls to the others, the lesser first; who follows a greater one needs no lesser one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    /// It has worked again: whoever waits after a failure may try now.
    Retry,
    /// The API server had fallen silent and answers again: requests from before may never be answered.
    Renew,
    /// The API server has lost a part of its history: all has to be listed again.
    Relist,
}

/// How often each was called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Calls {
    retry: u64,
    renew: u64,
    relist: u64,
}

/// Hears the calls of the others.
#[derive(Debug)]
pub(super) struct Ear {
    calls: watch::Receiver<Calls>,
    heard: Calls,
}

impl Shared {
    /// Nothing asked yet.
    pub(super) fn new(now: Instant) -> Arc<Self> {
        let (interval, burst) = PACE;
        let (calls, _) = watch::channel(Calls::default());
        Arc::new(Self { pace: Mutex::new(TokenBucket::new(interval, burst, now)), calls, revisions: Mutex::default() })
    }

    /// Counts a request, and says how long it has to wait for its turn.
    pub(super) fn turn(&self, now: Instant) -> Duration {
        locked(&self.pace).take(now)
    }

    /// Counts requests that can't wait.
    pub(super) fn spend(&self, requests: u32, now: Instant) {
        let mut pace = locked(&self.pace);
        for _ in 0..requests {
            pace.take(now);
        }
    }

    /// Calls to everybody who listens.
    pub(super) fn call(&self, call: Call) {
        self.calls.send_modify(|calls| calls.count(call));
    }

    /// Listens from now on.
    pub(super) fn ear(&self) -> Ear {
        let calls = self.calls.subscribe();
        let heard = *calls.borrow();
        Ear { calls, heard }
    }

    /// This kind is known as it was at this revision.
    pub(super) fn reached(&self, kind: Kind, revision: u64) {
        let mut revisions = locked(&self.revisions);
        let reached = revisions.entry(kind).or_default();
        *reached = (*reached).max(revision);
    }

    /// The newest revision at which objects of this kind are known.
    pub(super) fn revision(&self, kind: Kind) -> Option<u64> {
        locked(&self.revisions).get(&kind).copied()
    }

    /// The revisions have gone back: what was known of them is void.
    pub(super) fn went_back(&self) {
        locked(&self.revisions).clear();
    }
}

impl Calls {
    fn count(&mut self, call: Call) {
        match call {
            Call::Retry => self.retry += 1,
            Call::Renew => self.renew += 1,
            Call::Relist => self.relist += 1,
        }
    }

    /// The greatest call between then and now.
    fn since(self, then: Self) -> Option<Call> {
        if self.relist > then.relist {
            Some(Call::Relist)
        } else if self.renew > then.renew {
            Some(Call::Renew)
        } else {
            (self.retry > then.retry).then_some(Call::Retry)
        }
    }
}

impl Ear {
    /// Returns when something is called that is at least this. What is less is forgotten.
    pub(super) async fn at_least(&mut self, least: Call) -> Call {
        loop {
            if let Some(call) = self.catch_up()
                && call >= least
            {
                return call;
            }
            if self.calls.changed().await.is_err() {
                future::pending::<()>().await;
            }
        }
    }

    /// What was called since it last listened.
    pub(super) fn catch_up(&mut self) -> Option<Call> {
        let now = *self.calls.borrow_and_update();
        now.since(std::mem::replace(&mut self.heard, now))
    }

    /// Calls to the others.
    pub(super) fn call(&mut self, shared: &Shared, call: Call) {
        self.heard.count(call);
        shared.call(call);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
