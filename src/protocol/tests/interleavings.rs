//! Interleavings that the property tests (tests/session) found, each with the least that it takes.

use super::world::{World, sent, unchanged};
use crate::protocol::Variant;
use crate::xds::ResourceType::{Cluster, Endpoint, Listener, Route};

#[test]
fn r01_a_client_with_nothing_left_of_its_names_is_told() {
    // On an earlier stream it may have been sent `a`, and absence is the only way to say that it is gone.
    for resource_type in [Cluster, Listener] {
        let mut world = World::new(Variant::Sotw);
        world.names_again(resource_type, &["a"]);
        let (response, nonce) = world.response();
        assert_eq!(response, sent(resource_type, &[], &[]));
        world.names(resource_type, &nonce, &["a"]);
        world.silent();
    }
}

#[test]
fn r01_a_client_that_begins_anew_is_told_what_is_gone_meanwhile() {
    let mut world = World::new(Variant::Sotw);
    world.put(Cluster, &["a=1"]);
    world.names(Cluster, "", &["a"]);
    assert_eq!(world.response().0, sent(Cluster, &["a=1"], &[]));
    world.remove(Cluster, &["a"]);
    world.silent();
    world.names(Cluster, "", &["a", "b"]);
    assert_eq!(world.response().0, sent(Cluster, &[], &[]));
}

#[test]
fn d01_a_wildcard_that_is_repeated_loses_no_removal() {
    let mut world = World::new(Variant::Delta);
    world.put(Listener, &["a=1"]);
    world.changes(Listener, "", &["*"], &[]);
    let (_, nonce) = world.response();
    world.remove(Listener, &["a"]);
    world.changes(Listener, "", &["*"], &[]);
    world.changes(Listener, &nonce, &[], &[]);
    assert_eq!(world.response().0, sent(Listener, &[], &["a"]));
}

#[test]
fn w04_a_wildcard_that_comes_back_loses_no_removal_of_what_is_on_its_way() {
    let mut world = World::new(Variant::Delta);
    world.put(Listener, &["a=1"]);
    world.changes(Listener, "", &["*"], &[]);
    let (_, nonce) = world.response();
    world.changes(Listener, "", &[], &["*"]);
    world.remove(Listener, &["a"]);
    world.changes(Listener, "", &["*"], &[]);
    world.changes(Listener, &nonce, &[], &[]);
    assert_eq!(world.response().0, sent(Listener, &[], &["a"]));
}

#[test]
fn w06_what_the_wildcard_covered_is_not_due_without_it() {
    let mut world = World::new(Variant::Delta);
    world.changes(Cluster, "", &["*"], &[]);
    let (_, nonce) = world.response();
    world.changes(Cluster, "", &["a"], &["a"]);
    world.changes(Cluster, "", &[], &["*"]);
    world.changes(Cluster, &nonce, &[], &[]);
    world.silent();
}

#[test]
fn a03_what_is_owed_stays_owed_while_the_wildcard_covers_it() {
    let mut world = World::new(Variant::Sotw);
    world.put(Cluster, &["a=1>a"]).put(Endpoint, &["a=1"]);
    world.names(Endpoint, "", &["*", "a"]);
    let (_, nonce) = world.response();
    world.names(Cluster, "", &["*"]);
    assert_eq!(world.response().0, sent(Cluster, &["a=1"], &[]));
    world.names(Endpoint, &nonce, &["*"]);
    assert_eq!(world.response().0, sent(Endpoint, &["a=1"], &[]));
}

#[test]
fn s01_a_name_that_never_was_there_is_no_news_because_others_had_it() {
    let mut world = World::new(Variant::Sotw);
    world.put(Listener, &["a=1", "b=1"]);
    world.names(Listener, "", &["b"]);
    let (_, nonce) = world.response();
    world.remove(Listener, &["a"]);
    world.names(Listener, "stale", &["a", "b"]);
    world.names(Listener, &nonce, &["a", "b"]);
    world.silent();
}

#[test]
fn a02_a_route_that_is_subscribed_to_again_waits_for_its_cluster() {
    let mut world = World::new(Variant::Delta);
    world.put(Route, &["r=1>c"]);
    world.changes(Route, "", &["other"], &[]);
    let (_, routes) = world.response();
    world.changes(Cluster, "", &[], &[]);
    let (_, clusters) = world.response();
    world.changes(Cluster, &clusters, &[], &[]);
    world.put(Cluster, &["c=1"]);
    let (response, clusters) = world.response();
    assert_eq!(response, sent(Cluster, &["c=1"], &[]));
    world.changes(Route, &routes, &["r"], &[]);
    world.silent();
    assert!(world.session.is_waiting());
    world.changes(Cluster, &clusters, &[], &[]);
    assert_eq!(world.response().0, sent(Route, &["r=1"], &[]));
}

#[test]
fn a02_a_cluster_lingers_while_the_route_that_stopped_naming_it_is_nacked() {
    let mut world = World::new(Variant::Delta);
    world.put(Cluster, &["c=1"]).put(Route, &["r=1>c", "other=1"]);
    world.changes(Cluster, "", &[], &[]);
    let (_, nonce) = world.response();
    world.changes(Cluster, &nonce, &[], &[]);
    world.changes(Route, "", &["r", "other"], &[]);
    let (_, nonce) = world.response();
    world.changes(Route, &nonce, &[], &[]);
    world.put(Route, &["r=bad"]);
    let (_, nonce) = world.response();
    world.nack(Route, &nonce, unchanged());
    world.put(Route, &["other=2"]);
    let (_, nonce) = world.response();
    world.changes(Route, &nonce, &[], &[]);
    world.remove(Cluster, &["c"]);
    world.silent();
    assert!(world.session.is_waiting());
}

#[test]
fn a02_an_assignment_that_is_still_there_changes_while_its_cluster_lingers() {
    let mut world = World::new(Variant::Delta);
    world.put(Cluster, &["c=1>e"]).put(Endpoint, &["e=1"]).put(Route, &["r=1>c"]);
    world.changes(Route, "", &["r"], &[]);
    let (_, nonce) = world.response();
    world.changes(Route, &nonce, &[], &[]);
    world.changes(Endpoint, "", &["e"], &[]);
    let (_, nonce) = world.response();
    world.changes(Endpoint, &nonce, &[], &[]);
    world.changes(Cluster, "", &[], &[]);
    for (response, nonce) in world.responses() {
        world.changes(response.resource_type, &nonce, &[], &[]);
    }
    world.remove(Cluster, &["c"]);
    world.silent();
    world.put(Endpoint, &["e=2"]);
    assert_eq!(world.response().0, sent(Endpoint, &["e=2"], &[]));
}

#[test]
fn a02_a_route_that_a_wildcard_takes_over_is_still_in_use() {
    for variant in [Variant::Delta, Variant::Sotw] {
        let mut world = World::new(variant);
        let ask = |world: &mut World, of, nonce: &str, names: &[&str], dropped: &[&str]| match variant {
            Variant::Delta => world.changes(of, nonce, names, dropped),
            Variant::Sotw => world.names(of, nonce, names),
        };
        world.put(Cluster, &["b=1"]).put(Route, &["c=1>b"]);
        ask(&mut world, Cluster, "", &["b"], &[]);
        let (_, nonce) = world.response();
        ask(&mut world, Cluster, &nonce, if variant == Variant::Delta { &[] } else { &["b"] }, &[]);
        ask(&mut world, Route, "", &["c"], &[]);
        let (_, nonce) = world.response();
        ask(&mut world, Route, &nonce, if variant == Variant::Delta { &[] } else { &["c"] }, &[]);
        world.remove(Cluster, &["b"]);
        world.silent();
        // The route will come again; until then the client uses the one that it has.
        ask(&mut world, Route, &nonce, &["*"], &["c"]);
        assert!(world.responses().iter().all(|(response, _)| response.resource_type == Route));
    }
}
