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
mod tests {
    use std::time::{Duration, Instant};

    use super::WatchBackoff;

    const LAST: Duration = Duration::from_secs(3);

    #[test]
    fn waits_double_up_to_the_limit_and_start_over_after_a_calm() {
        let start = Instant::now();
        let mut backoff = WatchBackoff::default();
        let mut wait = |second| backoff.wait(start + Duration::from_secs(second), LAST).as_millis();
        assert_eq!([0, 1, 2, 3, 4, 5].map(&mut wait), [200, 400, 800, 1600, 3000, 3000]);
        assert_eq!(wait(24), 3000);
        assert_eq!(wait(45), 200);
    }

    #[test]
    fn jitter_takes_at_most_half_and_differs() {
        let first = || WatchBackoff::default().next(Instant::now(), LAST);
        let waits: Vec<_> = (0..100).map(|_| first()).collect();
        assert!(waits.iter().all(|wait| (WatchBackoff::FIRST / 2..=WatchBackoff::FIRST).contains(wait)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }
}
