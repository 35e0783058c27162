//! A token bucket, which limits the rate of requests.

use std::time::{Duration, Instant};

/// Admits a burst, and after that a steady rate. It is kept as the time at which the bucket is full again.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    interval: Duration,
    burst: u32,
    full_at: Instant,
}

impl TokenBucket {
    /// `burst` at once, then one every `interval`.
    pub const fn new(interval: Duration, burst: u32, now: Instant) -> Self {
        Self { interval, burst, full_at: now }
    }

    /// Takes a token. Returns how long to wait for it.
    pub fn take(&mut self, now: Instant) -> Duration {
        let wait = self.wait(now);
        self.full_at = self.full_at.max(now) + self.interval;
        wait
    }

    /// Takes a token if there is one.
    pub fn try_take(&mut self, now: Instant) -> bool {
        let admitted = self.wait(now).is_zero();
        if admitted {
            self.take(now);
        }
        admitted
    }

    /// Whether it holds all its tokens.
    pub fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }

    fn wait(&self, now: Instant) -> Duration {
        (self.full_at.max(now) + self.interval).saturating_duration_since(now + self.interval * self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: Duration = Duration::from_millis(100);

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_a_steady_rate() {
        let start = Instant::now();
        let mut pace = TokenBucket::new(TENTH, 30, start);
        for n in 0..30 {
            assert_eq!(pace.take(start), Duration::ZERO, "{n}");
        }
        assert_eq!(pace.take(start), TENTH);
        assert_eq!(pace.take(start), TENTH * 2);
        assert_eq!(pace.take(start + TENTH * 2), TENTH);
    }

    #[test]
    fn a_rest_saves_up_one_burst_and_no_more() {
        let start = Instant::now();
        let mut pace = TokenBucket::new(TENTH, 30, start);
        let later = start + Duration::from_hours(1);
        assert_eq!((0..32).filter(|_| !pace.take(later).is_zero()).count(), 2);
    }

    #[test]
    fn what_is_not_let_through_costs_nothing() {
        let start = Instant::now();
        let mut pace = TokenBucket::new(TENTH, 2, start);
        assert!(pace.is_full(start));
        assert_eq!((0..100).filter(|_| pace.try_take(start)).count(), 2);
        assert!(!pace.is_full(start + TENTH));
        assert!(pace.try_take(start + TENTH));
        assert!(pace.is_full(start + TENTH * 3));
    }
}
