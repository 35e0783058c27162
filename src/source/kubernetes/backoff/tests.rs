use std::time::{Duration, Instant};

use super::WatchBackoff;

#[test]
fn waits_double_up_to_a_second_and_start_over_after_a_calm() {
    let start = Instant::now();
    let mut backoff = WatchBackoff::default();
    let waits: Vec<_> = (0..6).map(|second| backoff.wait(start + Duration::from_secs(second)).as_millis()).collect();
    assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
    assert_eq!(backoff.wait(start + Duration::from_secs(14)).as_millis(), 1000);
    assert_eq!(backoff.wait(start + Duration::from_secs(25)).as_millis(), 100);
}

#[test]
fn jitter_takes_at_most_half_and_differs() {
    let first = || WatchBackoff::default().next().unwrap();
    let waits: Vec<_> = (0..100).map(|_| first()).collect();
    assert!(waits.iter().all(|wait| (WatchBackoff::FIRST / 2..=WatchBackoff::FIRST).contains(wait)), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait != waits[0]));
}
