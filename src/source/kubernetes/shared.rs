//! State that the watches and the probe of one API server share: a request budget, signals, known resource versions.

use std::collections::BTreeMap;
use std::future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::token_bucket::TokenBucket;
use crate::model::Kind;

/// How often a request is made on average, whatever goes wrong, and how many at once after a rest. The first list and watch
/// of each kind, and the further pages of a list, aren't counted. In good times nine tenths of that are needed. With three at
/// once, all kinds are listed again within five seconds after the history was lost: three until the probe notices, and
/// then two waits.
const REQUEST_RATE: (Duration, u32) = (Duration::from_millis(800), 3);

/// Shared by all clients of one API server.
#[derive(Debug)]
pub(super) struct Shared {
    budget: Mutex<TokenBucket>,
    signals: watch::Sender<SignalCounts>,
    versions: Mutex<BTreeMap<Kind, u64>>,
}

/// What one of them signals to the others, the weakest first; a stronger one includes the weaker ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signal {
    /// The API server works again: retry now instead of backing off.
    Retry,
    /// The API server had stopped answering and answers again: requests from before may never be answered, so make them
    /// again.
    Reconnect,
    /// The API server has lost a part of its history: list again.
    Relist,
}

/// How often each signal was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct SignalCounts {
    retry: u64,
    reconnect: u64,
    relist: u64,
}

/// Receives the signals of the others.
#[derive(Debug)]
pub(super) struct SignalReceiver {
    counts: watch::Receiver<SignalCounts>,
    seen: SignalCounts,
}

impl Shared {
    /// No requests made yet.
    pub(super) fn new(now: Instant) -> Arc<Self> {
        let (interval, burst) = REQUEST_RATE;
        let (signals, _) = watch::channel(SignalCounts::default());
        let budget = Mutex::new(TokenBucket::new(interval, burst, now));
        Arc::new(Self { budget, signals, versions: Mutex::default() })
    }

    /// Counts a request. Returns how long it has to wait.
    pub(super) fn reserve(&self, now: Instant) -> Duration {
        locked(&self.budget).take(now)
    }

    /// Counts requests that don't wait.
    pub(super) fn charge(&self, requests: u32, now: Instant) {
        let mut budget = locked(&self.budget);
        for _ in 0..requests {
            budget.take(now);
        }
    }

    /// Sends a signal to every receiver.
    pub(super) fn send(&self, signal: Signal) {
        self.signals.send_modify(|counts| counts.count(signal));
    }

    /// A receiver of the signals that are sent from now on.
    pub(super) fn subscribe(&self) -> SignalReceiver {
        let counts = self.signals.subscribe();
        let seen = *counts.borrow();
        SignalReceiver { counts, seen }
    }

    /// Objects of this kind are known up to this resource version.
    pub(super) fn reached_version(&self, kind: Kind, version: u64) {
        let mut versions = locked(&self.versions);
        let reached = versions.entry(kind).or_default();
        *reached = (*reached).max(version);
    }

    /// The newest resource version up to which objects of this kind are known.
    pub(super) fn newest_version(&self, kind: Kind) -> Option<u64> {
        locked(&self.versions).get(&kind).copied()
    }

    /// Forgets all resource versions, because they went back.
    pub(super) fn forget_versions(&self) {
        locked(&self.versions).clear();
    }
}

impl SignalCounts {
    fn count(&mut self, signal: Signal) {
        match signal {
            Signal::Retry => self.retry += 1,
            Signal::Reconnect => self.reconnect += 1,
            Signal::Relist => self.relist += 1,
        }
    }

    /// The strongest signal between then and now.
    fn since(self, then: Self) -> Option<Signal> {
        if self.relist > then.relist {
            Some(Signal::Relist)
        } else if self.reconnect > then.reconnect {
            Some(Signal::Reconnect)
        } else {
            (self.retry > then.retry).then_some(Signal::Retry)
        }
    }
}

impl SignalReceiver {
    /// Waits for a signal that is at least this strong. Weaker ones are dropped.
    pub(super) async fn at_least(&mut self, least: Signal) -> Signal {
        loop {
            if let Some(signal) = self.take_pending()
                && signal >= least
            {
                return signal;
            }
            if self.counts.changed().await.is_err() {
                future::pending::<()>().await;
            }
        }
    }

    /// The strongest signal since the last call, if there was one.
    pub(super) fn take_pending(&mut self) -> Option<Signal> {
        let now = *self.counts.borrow_and_update();
        now.since(std::mem::replace(&mut self.seen, now))
    }

    /// Sends a signal to all receivers but this one.
    pub(super) fn send(&mut self, shared: &Shared, signal: Signal) {
        self.seen.count(signal);
        shared.send(signal);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
