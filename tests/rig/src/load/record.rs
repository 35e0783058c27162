//! What became of requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The pod that answered, or the status that the client got instead.
pub type Outcome = Result<Arc<str>, Arc<str>>;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// When the client sent it.
    pub started: Instant,
    /// When the client had the answer, or had to give up.
    pub ended: Instant,
    /// What the answer was.
    pub outcome: Outcome,
}

/// Requests, in the order in which they ended.
#[derive(Debug, Clone, Default)]
pub struct Record {
    requests: Vec<Request>,
    answered: u64,
    failed: u64,
}

impl Record {
    /// Writes down a request that has just ended.
    pub(super) fn add(&mut self, started: Instant, outcome: Outcome) {
        *(if outcome.is_ok() { &mut self.answered } else { &mut self.failed }) += 1;
        self.requests.push(Request { started, ended: Instant::now(), outcome });
    }

    /// Forgets all about the requests that ended before a moment but how many they were.
    pub(super) fn forget(&mut self, before: Instant) {
        self.requests.retain(|request| request.ended >= before);
    }

    /// How many were answered.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// How many failed.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Those that ended since a moment.
    pub fn since(&self, moment: Instant) -> &[Request] {
        let from = self.requests.partition_point(|request| request.ended < moment);
        self.requests.get(from..).unwrap_or_default()
    }

    /// How many each pod answered since a moment.
    pub fn spread(&self, since: Instant) -> BTreeMap<Arc<str>, u64> {
        let mut spread = BTreeMap::new();
        for pod in self.since(since).iter().filter_map(|request| request.outcome.as_ref().ok()) {
            *spread.entry(Arc::clone(pod)).or_default() += 1;
        }
        spread
    }

    /// The statuses of those that failed since a moment.
    pub fn failures(&self, since: Instant) -> impl Iterator<Item = &str> {
        self.since(since).iter().filter_map(|request| request.outcome.as_ref().err().map(AsRef::as_ref))
    }

    /// When `pod` first answered a request that was started at or after a moment.
    pub fn first_answer(&self, pod: &str, since: Instant) -> Option<Instant> {
        self.answered_by(pod, since).map(|request| request.ended).next()
    }

    /// When the last request was started, at or after a moment, that `pod` answered.
    pub fn last_started(&self, pod: &str, since: Instant) -> Option<Instant> {
        self.answered_by(pod, since).map(|request| request.started).max()
    }

    /// How long the slowest took of those that were answered since a moment.
    pub fn slowest(&self, since: Instant) -> Option<Duration> {
        self.durations(since).max()
    }

    /// How long they took in the middle, of those that were answered since a moment.
    pub fn median(&self, since: Instant) -> Option<Duration> {
        let mut durations: Vec<_> = self.durations(since).collect();
        durations.sort_unstable();
        durations.get(durations.len() / 2).copied()
    }

    fn durations(&self, since: Instant) -> impl Iterator<Item = Duration> {
        let answered = self.since(since).iter().filter(|request| request.outcome.is_ok());
        answered.map(|request| request.ended - request.started)
    }

    fn answered_by(&self, pod: &str, since: Instant) -> impl Iterator<Item = &Request> {
        let answers = move |request: &&Request| request.outcome.as_deref() == Ok(pod) && request.started >= since;
        self.since(since).iter().filter(answers)
    }
}

#[cfg(test)]
mod tests;
