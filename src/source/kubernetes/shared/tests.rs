use futures::FutureExt;

use super::*;

#[test]
fn requests_beyond_the_budget_wait_for_their_turn() {
    let now = Instant::now();
    let shared = Shared::new(now);
    shared.charge(3, now);
    let waits: Vec<_> = (0..3).map(|_| shared.reserve(now).as_millis()).collect();
    assert_eq!(waits, [800, 1600, 2400]);
}

#[tokio::test]
async fn a_receiver_gets_the_strongest_signal_and_not_its_own() {
    let shared = Shared::new(Instant::now());
    let mut receiver = shared.subscribe();
    assert_eq!(receiver.at_least(Signal::Retry).now_or_never(), None);
    shared.send(Signal::Retry);
    shared.send(Signal::Relist);
    shared.send(Signal::Reconnect);
    assert_eq!(receiver.at_least(Signal::Retry).await, Signal::Relist);
    assert_eq!(receiver.at_least(Signal::Retry).now_or_never(), None);
    receiver.send(&shared, Signal::Reconnect);
    assert_eq!(receiver.at_least(Signal::Retry).now_or_never(), None);
    // Its own doesn't hide another one's.
    shared.send(Signal::Reconnect);
    receiver.send(&shared, Signal::Reconnect);
    assert_eq!(receiver.at_least(Signal::Retry).await, Signal::Reconnect);
}

#[tokio::test]
async fn weaker_signals_than_the_awaited_one_are_dropped() {
    let shared = Shared::new(Instant::now());
    let mut receiver = shared.subscribe();
    shared.send(Signal::Retry);
    assert_eq!(receiver.at_least(Signal::Reconnect).now_or_never(), None);
    assert_eq!(receiver.at_least(Signal::Retry).now_or_never(), None);
}

#[test]
fn each_kind_is_known_up_to_its_newest_version_until_versions_go_back() {
    let shared = Shared::new(Instant::now());
    assert_eq!(shared.newest_version(Kind::Service), None);
    shared.reached_version(Kind::Service, 7);
    shared.reached_version(Kind::Service, 5);
    shared.reached_version(Kind::EndpointSlice, 9);
    assert_eq!(shared.newest_version(Kind::Service), Some(7));
    shared.forget_versions();
    assert_eq!(shared.newest_version(Kind::EndpointSlice), None);
}
