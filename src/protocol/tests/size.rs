//! What is too large for one response, or for us.

use super::world::World;
use crate::protocol::{MAX_RESPONSE_BYTES, Variant};
use crate::xds::ResourceType::{self, Cluster, Endpoint};

/// Resources of a megabyte each.
fn put_megabytes(world: &mut World, resource_type: ResourceType, names: &[&str]) {
    for name in names {
        world.put(resource_type, &[&format!("{name}={}", name.repeat(1 << 20))]);
    }
}

/// The names in each of the responses that come one after the other, taking all.
fn parts(world: &mut World, resource_type: ResourceType, names: Option<&[&str]>) -> Vec<Vec<String>> {
    let mut parts = Vec::new();
    while let Some(response) = world.session.poll() {
        assert!(response.bytes() <= MAX_RESPONSE_BYTES, "{}", response.bytes());
        world.silent();
        parts.push(response.resources.iter().map(|resource| resource.name().to_string()).collect());
        match names {
            Some(names) => world.names(resource_type, &response.nonce, names),
            None => world.changes(resource_type, &response.nonce, &[], &[]),
        };
    }
    parts
}

#[test]
fn d11_a_big_delta_comes_in_parts_each_with_its_nonce() {
    let mut world = World::new(Variant::Delta);
    put_megabytes(&mut world, Cluster, &["a", "b", "c", "d", "e", "f", "g"]);
    world.changes(Cluster, "", &[], &[]);
    assert_eq!(parts(&mut world, Cluster, None), [vec!["a", "b", "c"], vec!["d", "e", "f"], vec!["g"]]);
    world.silent();
    put_megabytes(&mut world, Cluster, &["h"]);
    assert_eq!(parts(&mut world, Cluster, None), [["h"]]);
}

#[test]
fn d11_what_changes_meanwhile_comes_once_and_new() {
    let mut world = World::new(Variant::Delta);
    put_megabytes(&mut world, Cluster, &["a", "b", "c", "d", "e"]);
    world.changes(Cluster, "", &[], &[]);
    let first = world.session.poll().unwrap();
    assert_eq!(first.resources.len(), 3);
    world.put(Cluster, &["a=new", "e=new"]).remove(Cluster, &["b", "d"]);
    world.changes(Cluster, &first.nonce, &[], &[]);
    let (response, nonce) = world.response();
    assert_eq!((response.resources, response.removed), (vec!["a=new".into(), "e=new".into()], vec!["b".into()]));
    world.changes(Cluster, &nonce, &[], &[]);
    world.silent();
}

#[test]
fn d11_a_million_removals_come_in_parts() {
    let mut world = World::new(Variant::Delta);
    let gone: Vec<String> = (0..300_000).map(|n| format!("gone-{n:06}=1")).collect();
    world.reconnect(Cluster, "", &[], &[], &gone.iter().map(String::as_str).collect::<Vec<_>>());
    let mut removed = 0;
    let mut responses = 0;
    while let Some(response) = world.session.poll() {
        assert!(response.bytes() <= MAX_RESPONSE_BYTES);
        removed += response.removed.len();
        responses += 1;
        world.changes(Cluster, &response.nonce, &[], &[]);
    }
    assert_eq!((removed, responses), (300_000, 2));
}

#[test]
fn x02_assignments_can_be_split_in_the_state_of_the_world_too() {
    let mut world = World::new(Variant::Sotw);
    put_megabytes(&mut world, Endpoint, &["a", "b", "c", "d", "e"]);
    let names = ["a", "b", "c", "d", "e", "missing"];
    world.names(Endpoint, "", &names);
    assert_eq!(parts(&mut world, Endpoint, Some(&names)), [vec!["a", "b", "c"], vec!["d", "e"]]);
}

#[test]
fn x02_clusters_in_the_state_of_the_world_come_whole_however_large() {
    let mut world = World::new(Variant::Sotw);
    put_megabytes(&mut world, Cluster, &["a", "b", "c", "d", "e"]);
    world.names(Cluster, "", &[]);
    let response = world.session.poll().unwrap();
    assert_eq!(response.resources.len(), 5);
    assert!(response.bytes() > MAX_RESPONSE_BYTES);
}

#[test]
fn one_resource_that_is_too_large_goes_alone() {
    let mut world = World::new(Variant::Delta);
    world.put(Cluster, &["a=1", &format!("b={}", "b".repeat(5 << 20)), "c=1"]);
    world.changes(Cluster, "", &[], &[]);
    let mut sizes = Vec::new();
    while let Some(response) = world.session.poll() {
        sizes.push(response.resources.len());
        world.changes(Cluster, &response.nonce, &[], &[]);
    }
    assert_eq!(sizes, [1, 1, 1]);
}

#[test]
fn names_without_end_are_too_many() {
    let mut world = World::new(Variant::Delta);
    let names = |from: usize| (from..from + 300_000).map(|n| format!("some-namespace/some-service-{n}/50051"));
    let mut from = 0;
    while !world.session.is_excessive() {
        let names: Vec<String> = names(from).collect();
        world.changes(Endpoint, "", &names.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
        from += 300_000;
        assert!(from < 2_000_000, "never too many");
    }
    assert_eq!(from, 900_000);
    // Who lets go of them is welcome again.
    let names: Vec<String> = names(0).collect();
    world.changes(Endpoint, "", &[], &names.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!world.session.is_excessive());
}
