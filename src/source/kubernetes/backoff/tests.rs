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
