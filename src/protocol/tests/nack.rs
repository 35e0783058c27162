//! What becomes of a complaint.

use std::collections::BTreeMap;

use super::world::World;
use crate::protocol::{Asked, Blamed, Complaint, NameList, Standing, Variant, Verdict, View};
use crate::xds::ResourceType::{self, Cluster, Route};

fn nothing() -> Asked {
    Asked::Changes { subscribe: NameList::default(), unsubscribe: NameList::default(), held: BTreeMap::new() }
}

/// `name standing`, for each resource that the client wants.
fn standings(world: &World, resource_type: ResourceType) -> Vec<String> {
    let named = |standing| match standing {
        Standing::Synced => "synced",
        Standing::NotSent => "not sent",
        Standing::Stale => "stale",
        Standing::Error => "error",
    };
    let view = world.session.view(resource_type);
    view.into_iter()
        .flat_map(View::statuses)
        .map(|status| format!("{} {}", status.name, named(status.standing)))
        .collect()
}

/// The names, objects and annotations that the message is traced back to.
fn blamed(world: &mut World, resource_type: ResourceType, message: &str) -> Vec<String> {
    let (_, nonce) = world.response();
    let Some(Verdict::Nack { blamed, .. }) = world.reject_with(resource_type, &nonce, nothing(), message) else {
        panic!("not a NACK");
    };
    let text = |blamed: Blamed| {
        let Blamed { name, origin, annotation } = blamed;
        let object = origin.map(|origin| origin.object.to_string()).unwrap_or_default();
        format!("{name} {object} {}", annotation.unwrap_or_default())
    };
    blamed.into_iter().map(text).collect()
}

fn three_clusters() -> World {
    let mut world = World::new(Variant::Delta);
    world.put_from(Cluster, "shop/cart/80=1", "cart", &["enabled", "lb-policy", "retry-on"]);
    world.put_from(Cluster, "shop/cart/8080=1", "cart", &["enabled"]);
    world.put_from(Cluster, "shop/pay/80=1", "pay", &["enabled"]);
    world.changes(Cluster, "", &[], &[]);
    world
}

#[test]
fn n07_a_complaint_is_traced_to_resource_service_and_annotation() {
    let message = "Error adding/updating cluster(s) shop/cart/80: Proto constraint validation failed \
                   (ClusterValidationError.LbPolicy: value must be one of the defined enum values)";
    assert_eq!(blamed(&mut three_clusters(), Cluster, message), ["shop/cart/80 Service shop/cart lb-policy"]);
    let two = "shop/pay/80: bad, \"shop/cart/8080\": worse";
    assert_eq!(
        blamed(&mut three_clusters(), Cluster, two),
        ["shop/cart/8080 Service shop/cart ", "shop/pay/80 Service shop/pay "]
    );
    assert_eq!(blamed(&mut three_clusters(), Cluster, "no"), [""; 0]);
}

#[test]
fn n07_the_only_resource_is_to_blame_whatever_is_said() {
    let mut world = World::new(Variant::Delta);
    world.put_from(Cluster, "a=1", "a", &[]);
    world.changes(Cluster, "", &[], &[]);
    assert_eq!(blamed(&mut world, Cluster, "no"), ["a Service shop/a "]);
}

#[test]
fn n07_a_route_configuration_is_blamed_with_the_service_whose_virtual_host_is_named() {
    let mut world = World::new(Variant::Delta);
    world.put_from(Cluster, "shop/cart/80=1", "cart", &["hosts"]);
    world.put(Route, &["http=1>shop/cart/80"]);
    world.changes(Route, "", &["http"], &[]);
    let message = "Only unique values for domains are permitted in virtual host shop/cart/80 (hosts)";
    assert_eq!(blamed(&mut world, Route, message), ["http  ", "shop/cart/80 Service shop/cart hosts"]);
}

#[test]
fn o02_the_standing_of_a_resource_follows_what_was_sent_and_said() {
    let mut world = three_clusters();
    world.changes(Cluster, "", &["missing"], &[]);
    // What is awaited beside the wildcard is told of, too.
    assert_eq!(standings(&world, Cluster)[..2], ["missing not sent", "shop/cart/80 not sent"]);
    let (_, nonce) = world.response();
    assert_eq!(standings(&world, Cluster)[1..], ["shop/cart/80 stale", "shop/cart/8080 stale", "shop/pay/80 stale"]);
    world.reject_with(Cluster, &nonce, nothing(), "shop/pay/80: bad");
    assert_eq!(standings(&world, Cluster)[1..], ["shop/cart/80 stale", "shop/cart/8080 stale", "shop/pay/80 error"]);

    world.put(Cluster, &["shop/pay/80=2"]);
    let (_, nonce) = world.response();
    world.put(Cluster, &["shop/pay/80=3", "shop/cart/80=2"]);
    world.changes(Cluster, &nonce, &[], &[]);
    assert_eq!(standings(&world, Cluster)[3], "shop/pay/80 not sent");
    let (_, nonce) = world.response();
    world.changes(Cluster, &nonce, &[], &[]);
    assert_eq!(standings(&world, Cluster)[1..], ["shop/cart/80 synced", "shop/cart/8080 stale", "shop/pay/80 synced"]);
    assert_eq!(standings(&world, Route), [""; 0]);
}

#[test]
fn n07_a_long_complaint_is_cut() {
    let mut world = three_clusters();
    let (_, nonce) = world.response();
    let message = "é".repeat(100_000);
    let Some(Verdict::Nack { message, .. }) = world.reject_with(Cluster, &nonce, nothing(), &message) else {
        panic!("not a NACK");
    };
    assert_eq!(message.chars().count(), 1000);
}

/// The resources that the client still refuses, with what they are traced back to.
fn complaints(world: &World) -> Vec<String> {
    let text = |(_, name, complaint): (_, &crate::xds::Name, &Complaint)| {
        let blamed: Vec<&str> = complaint.blamed.iter().map(|blamed| &*blamed.name).collect();
        format!("{name}: {} ({})", complaint.message, blamed.join(" "))
    };
    world.session.complaints().map(text).collect()
}

#[test]
fn n07_a_complaint_stands_until_something_else_of_that_name_is_taken() {
    let mut world = three_clusters();
    let (_, nonce) = world.response();
    world.reject_with(Cluster, &nonce, nothing(), "shop/pay/80: bad");
    assert_eq!(complaints(&world), ["shop/pay/80: shop/pay/80: bad (shop/pay/80)"]);

    // What is taken of other names says nothing about this one.
    world.put(Cluster, &["shop/cart/80=2"]);
    let (_, nonce) = world.response();
    world.changes(Cluster, &nonce, &[], &[]);
    assert_eq!(complaints(&world).len(), 1);

    world.put(Cluster, &["shop/pay/80=2"]);
    let (_, nonce) = world.response();
    assert_eq!(complaints(&world).len(), 1);
    world.changes(Cluster, &nonce, &[], &[]);
    assert_eq!(complaints(&world), [""; 0]);
}

#[test]
fn n07_a_complaint_about_routes_is_one_about_the_services_that_it_names() {
    let mut world = World::new(Variant::Delta);
    world.put_from(Cluster, "shop/cart/80=1", "cart", &["hosts"]);
    world.put(Route, &["http=1>shop/cart/80"]);
    world.changes(Route, "", &["http"], &[]);
    let (_, nonce) = world.response();
    world.reject_with(Route, &nonce, nothing(), "bad virtual host shop/cart/80");
    assert_eq!(complaints(&world), ["http: bad virtual host shop/cart/80 (shop/cart/80)"]);
}
