//! Streams of a single type: nobody knows how far the client is with the others.

use super::world::{World, sent};
use crate::protocol::Variant;
use crate::xds::ResourceType::{Cluster, Endpoint, Route};

#[test]
fn a05_a_removed_cluster_lingers_until_the_time_is_up() {
    for variant in [Variant::Sotw, Variant::Delta] {
        let mut world = World::only(Cluster, variant);
        world.put(Cluster, &["a=1", "b=1"]);
        let answer = |world: &mut World, nonce: &str| match variant {
            Variant::Sotw => world.names(Cluster, nonce, &[]),
            Variant::Delta => world.changes(Cluster, nonce, &[], &[]),
        };
        answer(&mut world, "");
        let (_, nonce) = world.response();
        answer(&mut world, &nonce);
        world.remove(Cluster, &["a"]);
        world.silent();
        assert!(world.session.is_waiting());
        world.expire();
        let (response, _) = world.response();
        match variant {
            Variant::Sotw => assert_eq!(response, sent(Cluster, &["b=1"], &[])),
            Variant::Delta => assert_eq!(response, sent(Cluster, &[], &["a"])),
        }
        assert!(!world.session.is_waiting());
    }
}

#[test]
fn a05_what_only_the_client_remembers_goes_at_once() {
    let mut world = World::only(Cluster, Variant::Delta);
    world.reconnect(Cluster, "", &[], &[], &["gone=1"]);
    assert_eq!(world.response().0, sent(Cluster, &[], &["gone"]));
}

#[test]
fn a05_a_route_to_a_new_cluster_waits_until_the_time_is_up_unless_it_is_the_first() {
    let mut world = World::only(Route, Variant::Delta);
    world.put(Cluster, &["a=1", "b=1"]).put(Route, &["http=1>a"]);
    world.changes(Route, "", &["http"], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response.resources, ["http=1"]);
    world.changes(Route, &nonce, &[], &[]);

    world.put(Route, &["http=2>a"]);
    let (response, nonce) = world.response();
    assert_eq!(response.resources, ["http=2"]);
    world.changes(Route, &nonce, &[], &[]);

    world.put(Route, &["http=3>a,b"]);
    world.silent();
    assert!(world.session.is_waiting());
    world.expire();
    assert_eq!(world.response().0.resources, ["http=3"]);
}

#[test]
fn a05_assignments_wait_for_nothing() {
    let mut world = World::only(Endpoint, Variant::Delta);
    world.put(Endpoint, &["a=1"]);
    world.changes(Endpoint, "", &["a"], &[]);
    let (_, nonce) = world.response();
    world.changes(Endpoint, &nonce, &[], &[]);
    world.remove(Endpoint, &["a"]);
    assert_eq!(world.response().0, sent(Endpoint, &[], &["a"]));
}

#[test]
fn a05_each_cluster_has_its_own_time() {
    let mut world = World::only(Cluster, Variant::Delta);
    world.put(Cluster, &["a=1", "b=1"]);
    world.changes(Cluster, "", &[], &[]);
    let (_, nonce) = world.response();
    world.changes(Cluster, &nonce, &[], &[]);
    world.remove(Cluster, &["a"]);
    world.silent();
    for _ in 0..9 {
        assert!(!world.session.on_tick());
        world.silent();
    }
    world.remove(Cluster, &["b"]);
    world.silent();
    assert!(world.session.on_tick());
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &[], &["a"]));
    world.changes(Cluster, &nonce, &[], &[]);
    for _ in 0..8 {
        assert!(!world.session.on_tick());
        world.silent();
    }
    assert!(world.session.on_tick());
    assert_eq!(world.response().0, sent(Cluster, &[], &["b"]));
    assert!(!world.session.is_waiting());
}

#[test]
fn a05_routes_wait_also_where_only_the_clusters_come_on_another_stream_and_after_a_reconnection() {
    let mut world = World::new(Variant::Delta);
    world.put(Cluster, &["a=1", "b=1"]).put(Route, &["http=1>a"]);
    world.reconnect(Route, "", &["http"], &[], &["http=0"]);
    world.silent();
    world.expire();
    let (response, nonce) = world.response();
    assert_eq!(response.resources, ["http=1"]);
    world.changes(Route, &nonce, &[], &[]);
    world.put(Route, &["http=2>a,b"]);
    world.silent();
    assert!(world.session.on_tick(), "one tick has to do where no answer can come");
    assert_eq!(world.response().0.resources, ["http=2"]);
}
