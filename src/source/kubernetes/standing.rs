//! How a watch has fared, and what that means for its next attempt.

use std::time::{Duration, Instant};

use super::backoff::WatchBackoff;
use super::trouble::Trouble;

/// The longest wait after a failure. Short, because what changed meanwhile should reach clients within five seconds of
/// the API server's return; how many requests that makes of all watches together is bounded elsewhere.
const LAST: Duration = Duration::from_secs(3);

/// The longest wait after a denial of what there is service without. It may be for ever.
const LAST_DENIED: Duration = Duration::from_secs(10);

/// How long an answer may take at first and at most; twice as long after each time that none came, and never less than
/// twice what a page of a list took. The least is how soon a connection that is only half open is noticed; the most is how
/// long an API server works on a request.
const PATIENCE: [Duration; 2] = [Duration::from_secs(4), Duration::from_mins(1)];

/// How a watch has fared.
#[derive(Debug)]
pub(super) struct Standing {
    optional: bool,
    backoff: WatchBackoff,
    patience: Duration,
    /// The longest that a page of a list ever took.
    slowest: Duration,
    /// Where it failed, until a watch has proven to be in order.
    failed: Option<Stage>,
    /// Whether there was something since then that is no failure if a list helps.
    excused: bool,
}

/// Where a failure was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Listing,
    Watching,
    /// A watch said nothing of changes, so that another that says nothing proves nothing.
    Silence,
}

impl Standing {
    /// That of a watch that was never tried; `optional` says that there is service without it.
    pub(super) fn new(optional: bool) -> Self {
        let [patience, _] = PATIENCE;
        let backoff = WatchBackoff::default();
        Self { optional, backoff, patience, slowest: Duration::ZERO, failed: None, excused: false }
    }

    /// Whether nothing is wrong.
    pub(super) const fn is_good(&self) -> bool {
        self.failed.is_none()
    }

    /// Whether a watch has to say something to be in order.
    pub(super) fn is_suspicious(&self) -> bool {
        self.failed == Some(Stage::Silence)
    }

    /// How long to wait for an answer.
    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    /// A page of a list has come, after so long. Returns whether lists had failed before.
    pub(super) fn listed(&mut self, took: Duration) -> bool {
        self.slowest = self.slowest.max(took);
        let failed = self.failed == Some(Stage::Listing);
        if failed {
            self.failed = Some(Stage::Watching);
        }
        failed
    }

    /// A watch is in order. Returns whether it wasn't before.
    pub(super) fn proven(&mut self) -> bool {
        let [least, most] = PATIENCE;
        self.patience = (self.slowest * 2).clamp(least, most);
        self.excused = false;
        self.failed.take().is_some()
    }

    /// Something failed. Returns how long to wait before it is tried again; `None` if it may list at once, because that may
    /// be all that it takes.
    pub(super) fn failed(&mut self, trouble: &Trouble, now: Instant) -> Option<Duration> {
        let excusable = trouble.is_expiry() || matches!(trouble, Trouble::Ended);
        if excusable && self.is_good() && !std::mem::replace(&mut self.excused, true) {
            return None;
        }
        if let Trouble::Unanswered(..) = trouble {
            let [_, most] = PATIENCE;
            self.patience = (self.patience * 2).min(most);
        }
        self.failed = Some(match trouble {
            Trouble::Silent => Stage::Silence,
            Trouble::List(_) | Trouble::Unanswered("list", _) | Trouble::NoRevision => Stage::Listing,
            _ if self.is_suspicious() => Stage::Silence,
            _ => Stage::Watching,
        });
        let last = if self.optional && trouble.is_denial() { LAST_DENIED } else { LAST };
        let asked = trouble.retry_after().unwrap_or_default().min(LAST);
        Some(self.backoff.next(now, last).max(asked))
    }
}

#[cfg(test)]
mod tests;
