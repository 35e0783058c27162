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
mod tests;
