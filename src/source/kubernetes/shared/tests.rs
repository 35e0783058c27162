use futures::FutureExt;

use super::*;

#[test]
fn requests_beyond_the_budget_wait_for_their_turn() {
    let now = Instant::now();
    let shared = Shared::new(now);
    shared.spend(2, now);
    let turns: Vec<_> = (0..3).map(|_| shared.turn(now).as_millis()).collect();
    assert_eq!(turns, [800, 1600, 2400]);
}

#[tokio::test]
async fn who_listens_hears_the_greatest_call_and_not_its_own() {
    let shared = Shared::new(Instant::now());
    let mut ear = shared.ear();
    assert_eq!(ear.at_least(Call::Retry).now_or_never(), None);
    shared.call(Call::Retry);
    shared.call(Call::Relist);
    shared.call(Call::Renew);
    assert_eq!(ear.at_least(Call::Retry).await, Call::Relist);
    assert_eq!(ear.at_least(Call::Retry).now_or_never(), None);
    ear.call(&shared, Call::Renew);
    assert_eq!(ear.at_least(Call::Retry).now_or_never(), None);
    // Its own doesn't hide another one's.
    shared.call(Call::Renew);
    ear.call(&shared, Call::Renew);
    assert_eq!(ear.at_least(Call::Retry).await, Call::Renew);
}

#[tokio::test]
async fn what_is_less_than_what_is_waited_for_is_forgotten() {
    let shared = Shared::new(Instant::now());
    let mut ear = shared.ear();
    shared.call(Call::Retry);
    assert_eq!(ear.at_least(Call::Renew).now_or_never(), None);
    assert_eq!(ear.at_least(Call::Retry).now_or_never(), None);
}

#[test]
fn each_kind_is_known_at_its_greatest_revision_until_they_go_back() {
    let shared = Shared::new(Instant::now());
    assert_eq!(shared.revision(Kind::Service), None);
    shared.reached(Kind::Service, 7);
    shared.reached(Kind::Service, 5);
    shared.reached(Kind::EndpointSlice, 9);
    assert_eq!(shared.revision(Kind::Service), Some(7));
    shared.went_back();
    assert_eq!(shared.revision(Kind::EndpointSlice), None);
}
