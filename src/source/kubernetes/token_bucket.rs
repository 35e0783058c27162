//! How fast Events are written.

use std::time::{Duration, Instant};

/// Lets a burst through, and after that a steady rate (a token bucket, kept as the time at which it is full again).
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

    /// Goes on, and says how long to wait before that.
    pub fn take(&mut self, now: Instant) -> Duration {
        let wait = self.wait(now);
        self.full_at = self.full_at.max(now) + self.interval;
        wait
    }

    /// Goes on if that needs no waiting.
    pub fn try_take(&mut self, now: Instant) -> bool {
        let admitted = self.wait(now).is_zero();
        if admitted {
            self.take(now);
        }
        admitted
    }

    /// Whether it is as if nothing had ever been taken.
    pub fn is_rested(&self, now: Instant) -> bool {
        self.full_at <= now
    }

    fn wait(&self, now: Instant) -> Duration {
        (self.full_at.max(now) + self.interval).saturating_duration_since(now + self.interval * self.burst)
    }
}

#[cfg(test)]
mod tests;
