//! How long to wait before a watch is tried again.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use kube::runtime::utils::Backoff;

/// Doubles from [`Self::FIRST`] to [`Self::LAST`], with jitter, and starts over when there was no trouble for a while.
///
/// The longest wait is short on purpose: when the API server returns, what changed meanwhile should reach clients within
/// two seconds, and a handful of cheap requests a second harm no API server.
#[derive(Debug, Default)]
pub(super) struct WatchBackoff {
    failed: Option<(Instant, Duration)>,
}

impl WatchBackoff {
    /// The first wait.
    const FIRST: Duration = Duration::from_millis(100);
    /// The longest wait.
    const LAST: Duration = Duration::from_secs(1);
    /// After so long without a failure the next one counts as the first.
    const CALM: Duration = Duration::from_secs(10);

    /// The wait after a failure at this time, before jitter.
    fn wait(&mut self, now: Instant) -> Duration {
        let wait = match self.failed {
            Some((at, wait)) if now.saturating_duration_since(at) < Self::CALM => (wait * 2).min(Self::LAST),
            _ => Self::FIRST,
        };
        self.failed = Some((now, wait));
        wait
    }
}

impl Iterator for WatchBackoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let wait = self.wait(Instant::now());
        // The standard library's only randomness: each `RandomState` hashes with another key.
        let jitter = RandomState::new().hash_one(()) % 50;
        Some(wait * u32::try_from(50 + jitter).unwrap_or(100) / 100)
    }
}

impl Backoff for WatchBackoff {
    /// Does nothing: kube calls it at every event, and each attempt to list begins with one, before it can fail.
    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests;
