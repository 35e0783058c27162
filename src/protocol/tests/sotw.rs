use super::world::{World, all, sent};
use crate::protocol::{Answer, Variant};
use crate::xds::ResourceType::{Cluster, Endpoint, Listener, Route};

fn world() -> World {
    World::new(Variant::Sotw)
}

#[test]
fn b01_the_first_request_is_answered_and_w01_no_names_mean_all() {
    let mut world = world();
    world.put(Cluster, &["a=1", "b=1"]);
    world.names(Cluster, "", &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["a=1", "b=1"], &[]));
    assert!(!nonce.is_empty());
}

#[test]
fn b08_a_type_that_nobody_asked_for_is_never_pushed() {
    let mut world = world();
    world.put(Cluster, &["a=1"]).put(Listener, &["l=1"]).put(Route, &["r=1"]);
    world.silent();
}

#[test]
fn s01_an_ack_is_not_answered() {
    let mut world = world();
    world.put(Endpoint, &["a=1", "b=1"]);
    world.names(Endpoint, "", &["a", "b"]);
    let (_, nonce) = world.response();
    assert_eq!(world.names(Endpoint, &nonce, &["b", "a", "b"]), Some(Answer::Ack));
    world.silent();
    world.put(Endpoint, &["c=1"]);
    world.silent();
}

#[test]
fn s02_names_that_are_added_are_answered_at_once() {
    let mut world = world();
    world.put(Endpoint, &["a=1", "b=1"]);
    world.names(Endpoint, "", &["a"]);
    let (_, nonce) = world.response();
    world.names(Endpoint, &nonce, &["a", "b"]);
    assert_eq!(world.response().0, sent(Endpoint, &["b=1"], &[]));
}

#[test]
fn s03_a_name_that_returns_is_sent_again() {
    let mut world = world();
    world.put(Endpoint, &["a=1", "b=1"]);
    world.names(Endpoint, "", &["a", "b"]);
    let (_, nonce) = world.response();
    world.names(Endpoint, &nonce, &["a"]);
    world.silent();
    world.names(Endpoint, &nonce, &["a", "b"]);
    assert_eq!(world.response().0, sent(Endpoint, &["b=1"], &[]));
}

#[test]
fn s04_clusters_come_whole_and_absence_deletes() {
    let mut world = world();
    world.put(Cluster, &["a=1", "b=1"]);
    world.names(Cluster, "", &[]);
    let (_, nonce) = world.response();
    world.names(Cluster, &nonce, &[]);
    world.put(Cluster, &["b=2"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["a=1", "b=2"], &[]));
    world.names(Cluster, &nonce, &[]);
    world.remove(Cluster, &["a", "b"]);
    assert_eq!(world.response().0, sent(Cluster, &[], &[]));
}

#[test]
fn s05_assignments_come_as_they_change() {
    let mut world = world();
    world.put(Endpoint, &["a=1", "b=1"]);
    world.names(Endpoint, "", &["a", "b"]);
    let (_, nonce) = world.response();
    world.names(Endpoint, &nonce, &["a", "b"]);
    world.put(Endpoint, &["b=2"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Endpoint, &["b=2"], &[]));
    world.names(Endpoint, &nonce, &["a", "b"]);
    world.remove(Endpoint, &["a"]);
    world.silent();
}

#[test]
fn s06_the_existing_names_do_not_wait_for_the_others() {
    for resource_type in [Endpoint, Listener] {
        let mut world = world();
        world.put(resource_type, &["a=1"]);
        world.names(resource_type, "", &["a", "later"]);
        let (response, nonce) = world.response();
        assert_eq!(response.resources, ["a=1"]);
        world.names(resource_type, &nonce, &["a", "later"]);
        world.silent();
        world.put(resource_type, &["later=1"]);
        assert!(world.response().0.resources.contains(&"later=1".to_owned()));
    }
}

#[test]
fn s08_a_stale_nonce_is_no_ack_but_its_names_count() {
    let mut world = world();
    world.put(Endpoint, &["a=1", "b=1"]);
    world.names(Endpoint, "", &["a"]);
    let (_, first) = world.response();
    world.names(Endpoint, &first, &["a"]);
    world.put(Endpoint, &["a=2"]);
    let (_, second) = world.response();
    assert_eq!(world.names(Endpoint, &first, &["a", "b"]), None);
    world.silent();
    assert_eq!(world.names(Endpoint, &second, &["a", "b"]), Some(Answer::Ack));
    assert_eq!(world.response().0, sent(Endpoint, &["b=1"], &[]));
}

#[test]
fn s09_one_response_is_in_flight_and_the_latest_wins() {
    let mut world = world();
    world.put(Endpoint, &["a=1"]);
    world.names(Endpoint, "", &["a"]);
    let (_, nonce) = world.response();
    for content in ["a=2", "a=3", "a=4"] {
        world.put(Endpoint, &[content]);
        world.silent();
    }
    world.names(Endpoint, &nonce, &["a"]);
    assert_eq!(world.response().0, sent(Endpoint, &["a=4"], &[]));
}

#[test]
fn s10_a_nonce_of_another_stream_is_an_initial_request() {
    let mut world = world();
    world.put(Endpoint, &["a=1"]);
    assert_eq!(world.names(Endpoint, "f00.7", &["a"]), None);
    assert_eq!(world.response().0, sent(Endpoint, &["a=1"], &[]));
}

#[test]
fn s11_a_type_that_is_no_longer_watched_is_not_answered() {
    let mut world = world();
    world.put(Endpoint, &["a=1"]);
    world.names(Endpoint, "", &["a"]);
    let (_, nonce) = world.response();
    world.names(Endpoint, &nonce, &[]);
    world.silent();
    world.put(Endpoint, &["a=2"]);
    world.silent();
}

#[test]
fn w02_no_names_mean_nothing_for_assignments_and_routes() {
    let mut world = world();
    world.put(Endpoint, &["a=1"]).put(Route, &["r=1"]);
    world.names(Endpoint, "", &[]);
    world.names(Route, "", &[]);
    world.silent();
}

#[test]
fn w03_no_names_after_names_mean_nothing() {
    let mut world = world();
    world.put(Cluster, &["a=1", "b=1"]);
    world.names(Cluster, "", &["a"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["a=1"], &[]));
    world.names(Cluster, &nonce, &[]);
    world.put(Cluster, &["a=2"]);
    world.silent();
}

#[test]
fn w04_the_explicit_wildcard_comes_and_goes() {
    let mut world = world();
    world.put(Cluster, &["a=1", "b=1"]);
    world.names(Cluster, "", &["*"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["a=1", "b=1"], &[]));
    world.names(Cluster, &nonce, &["*", "a"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["a=1", "b=1"], &[]));
    world.names(Cluster, &nonce, &["a"]);
    world.put(Cluster, &["b=2"]);
    world.silent();
    world.names(Cluster, &nonce, &["*"]);
    assert_eq!(world.response().0, sent(Cluster, &["a=1", "b=2"], &[]));
}

#[test]
fn w08_a_wildcard_over_nothing_is_answered_once() {
    let mut world = world();
    world.names(Listener, "", &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Listener, &[], &[]));
    world.names(Listener, &nonce, &[]);
    world.silent();
}

#[test]
fn n01_n02_a_nack_is_not_followed_by_the_same_but_by_the_next() {
    let mut world = world();
    world.put(Cluster, &["a=bad"]);
    world.names(Cluster, "", &[]);
    let (_, nonce) = world.response();
    let answer = world.nack(Cluster, &nonce, all(&[]));
    assert!(matches!(answer, Some(Answer::Nack { message, .. }) if message == "no"));
    world.silent();
    world.put(Cluster, &["a=good"]);
    assert_eq!(world.response().0, sent(Cluster, &["a=good"], &[]));
}

#[test]
fn n03_a_nack_may_change_the_names() {
    let mut world = world();
    world.put(Endpoint, &["a=bad", "b=1"]);
    world.names(Endpoint, "", &["a"]);
    let (_, nonce) = world.response();
    world.nack(Endpoint, &nonce, all(&["a", "b"]));
    assert_eq!(world.response().0, sent(Endpoint, &["b=1"], &[]));
}

#[test]
fn n04_a_nonce_is_rejected_once() {
    let mut world = world();
    world.put(Endpoint, &["a=bad"]);
    world.names(Endpoint, "", &["a"]);
    let (_, nonce) = world.response();
    assert!(world.nack(Endpoint, &nonce, all(&["a"])).is_some());
    assert!(world.nack(Endpoint, &nonce, all(&["a"])).is_none());
    world.silent();
}

#[test]
fn a_client_that_begins_anew_is_sent_everything_again() {
    let mut world = world();
    world.put(Cluster, &["a=1"]).put(Endpoint, &["a=1"]);
    world.names(Cluster, "", &[]);
    world.names(Endpoint, "", &["a"]);
    assert_eq!(world.responses().len(), 2);
    world.names(Cluster, "", &[]);
    world.names(Endpoint, "", &["a"]);
    let types: Vec<_> = world.responses().into_iter().map(|(response, _)| response.resource_type).collect();
    assert_eq!(types, [Cluster, Endpoint]);
}
