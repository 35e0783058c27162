//! Exponential backoff of a watch.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Doubles from [`Self::FIRST`] up to a limit, with jitter, and starts over when nothing failed for a while.
#[derive(Debug, Default)]
pub(super) struct WatchBackoff {
    failed: Option<(Instant, Duration)>,
}

impl WatchBackoff {
    /// The first wait.
    const FIRST: Duration = Duration::from_millis(200);
    /// After so long without a failure the next one counts as the first.
    const CALM: Duration = Duration::from_secs(20);

    /// The wait after a failure at this time; at most `last`.
    pub(super) fn next(&mut self, now: Instant, last: Duration) -> Duration {
        // The standard library's only randomness: each `RandomState` hashes with another key.
        let jitter = RandomState::new().hash_one(()) % 50;
        self.wait(now, last) * u32::try_from(50 + jitter).unwrap_or(100) / 100
    }

    /// The same, before jitter.
    fn wait(&mut self, now: Instant, last: Duration) -> Duration {
        let wait = match self.failed {
            Some((at, wait)) if now.saturating_duration_since(at) < Self::CALM => (wait * 2).min(last),
            _ => Self::FIRST.min(last),
        };
        self.failed = Some((now, wait));
        wait
    }
}

#[cfg(test)]
mod tests;
