use super::world::{World, sent, unchanged};
use crate::protocol::{Answer, Variant};
use crate::xds::ResourceType::{Cluster, Endpoint, Listener};

fn world() -> World {
    World::new(Variant::Delta)
}

#[test]
fn d06_d07_only_changes_are_sent_and_deletions_once() {
    let mut world = world();
    world.put(Cluster, &["a=1", "b=1", "c=1"]);
    world.changes(Cluster, "", &[], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["a=1", "b=1", "c=1"], &[]));
    assert_eq!(world.changes(Cluster, &nonce, &[], &[]), Some(Answer::Ack));
    world.put(Cluster, &["b=2"]).remove(Cluster, &["c"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["b=2"], &["c"]));
    world.changes(Cluster, &nonce, &[], &[]);
    world.silent();
}

#[test]
fn d01_a_name_that_is_subscribed_again_is_sent_again() {
    let mut world = world();
    world.put(Endpoint, &["a=1"]);
    world.changes(Endpoint, "", &["a"], &[]);
    let (_, nonce) = world.response();
    world.changes(Endpoint, &nonce, &["a"], &[]);
    assert_eq!(world.response().0, sent(Endpoint, &["a=1"], &[]));
}

#[test]
fn d02_a_missing_name_is_said_to_be_missing_and_sent_when_it_appears() {
    let mut world = world();
    world.changes(Endpoint, "", &["a"], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Endpoint, &[], &["a"]));
    world.changes(Endpoint, &nonce, &[], &[]);
    world.put(Endpoint, &["a=1"]);
    assert_eq!(world.response().0, sent(Endpoint, &["a=1"], &[]));
}

#[test]
fn d03_unsubscribing_is_not_answered() {
    let mut world = world();
    world.put(Endpoint, &["a=1", "b=1"]);
    world.changes(Endpoint, "", &["a", "b"], &[]);
    let (_, nonce) = world.response();
    world.changes(Endpoint, &nonce, &[], &[]);
    world.changes(Endpoint, "", &[], &["a", "unknown"]);
    world.silent();
    world.put(Endpoint, &["a=2"]);
    world.silent();
}

#[test]
fn d04_a_stale_nonce_still_changes_the_subscription() {
    let mut world = world();
    world.put(Endpoint, &["a=1", "b=1"]);
    world.changes(Endpoint, "", &["a"], &[]);
    let (_, first) = world.response();
    world.changes(Endpoint, &first, &[], &[]);
    world.put(Endpoint, &["a=2"]);
    let (_, second) = world.response();
    assert_eq!(world.changes(Endpoint, &first, &["b"], &[]), None);
    world.silent();
    world.changes(Endpoint, &second, &[], &[]);
    assert_eq!(world.response().0, sent(Endpoint, &["b=1"], &[]));
}

#[test]
fn d05_an_ack_may_change_the_subscription() {
    let mut world = world();
    world.put(Endpoint, &["a=1", "b=1"]);
    world.changes(Endpoint, "", &["a"], &[]);
    let (_, nonce) = world.response();
    assert_eq!(world.changes(Endpoint, &nonce, &["b"], &["a"]), Some(Answer::Ack));
    assert_eq!(world.response().0, sent(Endpoint, &["b=1"], &[]));
}

#[test]
fn d08_what_is_rejected_is_not_sent_again_until_it_changes_or_is_asked_for() {
    let mut world = world();
    world.put(Endpoint, &["a=bad"]);
    world.changes(Endpoint, "", &["a"], &[]);
    let (_, nonce) = world.response();
    assert!(matches!(world.nack(Endpoint, &nonce, unchanged()), Some(Answer::Nack { .. })));
    world.silent();
    world.changes(Endpoint, "", &["a"], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Endpoint, &["a=bad"], &[]));
    world.nack(Endpoint, &nonce, unchanged());
    world.put(Endpoint, &["a=good"]);
    assert_eq!(world.response().0, sent(Endpoint, &["a=good"], &[]));
}

#[test]
fn w05_a_legacy_wildcard_lasts_until_it_is_unsubscribed() {
    let mut world = world();
    world.put(Cluster, &["a=1"]);
    world.changes(Cluster, "", &[], &[]);
    let (_, nonce) = world.response();
    world.changes(Cluster, &nonce, &["b"], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &[], &["b"]));
    world.changes(Cluster, &nonce, &[], &[]);
    world.put(Cluster, &["c=1"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["c=1"], &[]));
    world.changes(Cluster, &nonce, &[], &["*"]);
    world.put(Cluster, &["c=2"]);
    world.silent();
    world.put(Cluster, &["b=1"]);
    assert_eq!(world.response().0, sent(Cluster, &["b=1"], &[]));
}

#[test]
fn w06_what_the_wildcard_still_covers_is_sent_and_the_rest_removed() {
    let mut world = world();
    world.put(Cluster, &["a=1"]);
    world.changes(Cluster, "", &["*", "a", "gone"], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["a=1"], &["gone"]));
    world.changes(Cluster, &nonce, &[], &["a", "gone"]);
    assert_eq!(world.response().0, sent(Cluster, &["a=1"], &["gone"]));
}

#[test]
fn w07_everything_and_nothing_in_one_request_is_nothing() {
    let mut world = world();
    world.put(Cluster, &["a=1"]);
    world.changes(Cluster, "", &["*"], &["*"]);
    world.silent();
}

#[test]
fn w08_a_wildcard_over_nothing_is_answered_once() {
    let mut world = world();
    world.changes(Listener, "", &["*"], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Listener, &[], &[]));
    world.changes(Listener, &nonce, &[], &[]);
    world.silent();
}

#[test]
fn w09_r02_who_reconnects_is_sent_what_differs() {
    let mut world = world();
    world.put(Cluster, &["same=1", "changed=2", "new=1"]);
    world.reconnect(Cluster, "", &[], &[], &["same=1", "changed=1", "gone=1"]);
    assert_eq!(world.response().0, sent(Cluster, &["changed=2", "new=1"], &["gone"]));
}

#[test]
fn r02_who_reconnects_by_name_is_sent_what_differs() {
    let mut world = world();
    world.put(Endpoint, &["same=1", "changed=2", "new=1", "other=1"]);
    world.reconnect(Endpoint, "", &["same", "changed", "gone", "new"], &[], &["same=1", "changed=1", "gone=1"]);
    assert_eq!(world.response().0, sent(Endpoint, &["changed=2", "new=1"], &["gone"]));
}

#[test]
fn r02_who_holds_everything_is_still_answered() {
    let mut world = world();
    world.put(Cluster, &["a=1"]).put(Endpoint, &["a=1"]);
    world.reconnect(Cluster, "", &[], &[], &["a=1"]);
    world.reconnect(Endpoint, "", &["a"], &[], &["a=1"]);
    let responses: Vec<_> = world.responses().into_iter().map(|(response, _)| response).collect();
    assert_eq!(responses, [sent(Cluster, &[], &[]), sent(Endpoint, &[], &[])]);
}

#[test]
fn r02_versions_later_in_the_stream_are_ignored() {
    let mut world = world();
    world.put(Endpoint, &["a=1", "b=1"]);
    world.changes(Endpoint, "", &["a"], &[]);
    let (_, nonce) = world.response();
    world.reconnect(Endpoint, &nonce, &["b"], &[], &["b=1"]);
    assert_eq!(world.response().0, sent(Endpoint, &["b=1"], &[]));
}

#[test]
fn r04_assignments_of_clusters_that_are_sent_are_due_whatever_the_client_holds() {
    let mut world = world();
    world.put(Cluster, &["a=2>a", "b=1>b"]).put(Endpoint, &["a=1", "b=1"]);
    world.reconnect(Cluster, "", &[], &[], &["a=1", "b=1"]);
    assert_eq!(world.response().0, sent(Cluster, &["a=2"], &[]));
    world.reconnect(Endpoint, "", &["a", "b"], &[], &["a=1", "b=1"]);
    assert_eq!(world.response().0, sent(Endpoint, &["a=1"], &[]));
}

#[test]
fn who_watches_only_assignments_is_resent_nothing_that_it_holds() {
    let mut world = world();
    world.put(Cluster, &["a=1>a"]).put(Endpoint, &["a=1"]);
    world.reconnect(Endpoint, "", &["a"], &[], &["a=1"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Endpoint, &[], &[]));
    world.changes(Endpoint, &nonce, &[], &[]);
    world.put(Cluster, &["a=2>a"]);
    world.silent();
}
