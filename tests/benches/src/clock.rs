//! The clock that all processes on one machine share.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds since some moment that is the same for every process (`CLOCK_MONOTONIC`).
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec).unwrap_or_default() * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or_default()
}
