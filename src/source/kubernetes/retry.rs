//! Decides after an error how long a watch backs off, and how long its next requests may take.

use std::time::{Duration, Instant};

use super::backoff::WatchBackoff;
use super::error::{Verb, WatchError};

/// The longest wait after an error. Short, because what changed meanwhile should reach clients within five seconds of
/// the API server's return; how many requests that makes of all watches together is bounded elsewhere.
const MAX_BACKOFF: Duration = Duration::from_secs(3);

/// The longest wait of an optional watch that is forbidden. It may be for ever.
const MAX_BACKOFF_DENIED: Duration = Duration::from_secs(10);

/// How long a response may take at first and at most; twice as long after each timeout, and never less than twice what a page
/// of a list took. The least is how soon a connection that is only half open is noticed; the most is how long an API server
/// works on a request.
const REQUEST_TIMEOUT: [Duration; 2] = [Duration::from_secs(4), Duration::from_mins(1)];

/// The errors of a watch since it last worked.
#[derive(Debug)]
pub(super) struct RetryState {
    optional: bool,
    backoff: WatchBackoff,
    request_timeout: Duration,
    /// The longest that a page of a list ever took.
    slowest: Duration,
    /// What failed, until a watch works again.
    failed: Option<Failed>,
    /// Whether it has listed at once after an error, to see whether that helps.
    relisted: bool,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failed {
    List,
    Watch,
    /// A watch brought no events of changes, so that another without events proves nothing.
    Stalled,
}

impl RetryState {
    /// Of a watch that was never tried; `optional` if Services are served without it.
    pub(super) fn new(optional: bool) -> Self {
        let [request_timeout, _] = REQUEST_TIMEOUT;
        let backoff = WatchBackoff::default();
        Self { optional, backoff, request_timeout, slowest: Duration::ZERO, failed: None, relisted: false }
    }

    /// Whether nothing failed since a watch worked.
    pub(super) const fn is_healthy(&self) -> bool {
        self.failed.is_none()
    }

    /// Whether a watch stalled, so that the next one has to bring an event to count as working.
    pub(super) fn is_stalled(&self) -> bool {
        self.failed == Some(Failed::Stalled)
    }

    /// How long a response may take.
    pub(super) const fn request_timeout(&self) -> Duration {
        self.request_timeout
    }

    /// A page of a list has come, after so long. Returns whether lists had failed before.
    pub(super) fn page_listed(&mut self, took: Duration) -> bool {
        self.slowest = self.slowest.max(took);
        let failed = self.failed == Some(Failed::List);
        if failed {
            self.failed = Some(Failed::Watch);
        }
        failed
    }

    /// A watch works. Returns whether anything had failed before.
    pub(super) fn succeeded(&mut self) -> bool {
        let [least, most] = REQUEST_TIMEOUT;
        self.request_timeout = (self.slowest * 2).clamp(least, most);
        self.relisted = false;
        self.failed.take().is_some()
    }

    /// Something failed. Returns how long to back off; `None` if it may list at once, because that may be all that it takes.
    pub(super) fn failed(&mut self, error: &WatchError, now: Instant) -> Option<Duration> {
        let may_relist = error.is_expired() || matches!(error, WatchError::EndedAtOnce);
        if may_relist && self.is_healthy() && !std::mem::replace(&mut self.relisted, true) {
            return None;
        }
        if let WatchError::Timeout { .. } = error {
            let [_, most] = REQUEST_TIMEOUT;
            self.request_timeout = (self.request_timeout * 2).min(most);
        }
        self.failed = Some(match error {
            WatchError::Stalled => Failed::Stalled,
            WatchError::List(_) | WatchError::Timeout { verb: Verb::List, .. } | WatchError::NoResourceVersion => {
                Failed::List
            }
            _ if self.is_stalled() => Failed::Stalled,
            _ => Failed::Watch,
        });
        let most = if self.optional && error.is_forbidden() { MAX_BACKOFF_DENIED } else { MAX_BACKOFF };
        let requested = error.retry_after().unwrap_or_default().min(MAX_BACKOFF);
        Some(self.backoff.next(now, most).max(requested))
    }
}

#[cfg(test)]
mod tests;
