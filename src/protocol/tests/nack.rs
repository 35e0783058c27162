//! NACKs, and what the session remembers of them.

use super::world::{World, unchanged};
use crate::protocol::{Answer, Nack, NackedResource, SubscriptionStatus, SyncStatus, Variant};
use crate::xds::ResourceType::{self, Cluster, Route};

/// `name status`, for each resource that the client subscribes to.
fn statuses(world: &World, resource_type: ResourceType) -> Vec<String> {
    let named = |sync| match sync {
        SyncStatus::Synced => "synced",
        SyncStatus::NotSent => "not sent",
        SyncStatus::Stale => "stale",
        SyncStatus::Error => "error",
    };
    let status = world.session.status(resource_type);
    status
        .into_iter()
        .flat_map(SubscriptionStatus::resources)
        .map(|status| format!("{} {}", status.name, named(status.sync)))
        .collect()
}

/// The names, objects and annotations that the message is traced back to.
fn nacked(world: &mut World, resource_type: ResourceType, message: &str) -> Vec<String> {
    let (_, nonce) = world.response();
    let Some(Answer::Nack { resources, .. }) = world.nack_with(resource_type, &nonce, unchanged(), message) else {
        panic!("not a NACK");
    };
    let text = |resource: NackedResource| {
        let NackedResource { name, origin, annotation } = resource;
        let object = origin.map(|origin| origin.object.to_string()).unwrap_or_default();
        format!("{name} {object} {}", annotation.unwrap_or_default())
    };
    resources.into_iter().map(text).collect()
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
fn n07_a_nack_is_traced_to_resource_service_and_annotation() {
    let message = "Error adding/updating cluster(s) shop/cart/80: Proto constraint validation failed \
                   (ClusterValidationError.LbPolicy: value must be one of the defined enum values)";
    assert_eq!(nacked(&mut three_clusters(), Cluster, message), ["shop/cart/80 Service shop/cart lb-policy"]);
    let two = "shop/pay/80: bad, \"shop/cart/8080\": worse";
    assert_eq!(
        nacked(&mut three_clusters(), Cluster, two),
        ["shop/cart/8080 Service shop/cart ", "shop/pay/80 Service shop/pay "]
    );
    assert_eq!(nacked(&mut three_clusters(), Cluster, "no"), [""; 0]);
}

#[test]
fn n07_the_only_resource_of_a_response_is_meant_whatever_the_message() {
    let mut world = World::new(Variant::Delta);
    world.put_from(Cluster, "a=1", "a", &[]);
    world.changes(Cluster, "", &[], &[]);
    assert_eq!(nacked(&mut world, Cluster, "no"), ["a Service shop/a "]);
}

#[test]
fn n07_to_a_route_configuration_belongs_the_service_whose_virtual_host_is_named() {
    let mut world = World::new(Variant::Delta);
    world.put_from(Cluster, "shop/cart/80=1", "cart", &["hosts"]);
    world.put(Route, &["http=1>shop/cart/80"]);
    world.changes(Route, "", &["http"], &[]);
    let message = "Only unique values for domains are permitted in virtual host shop/cart/80 (hosts)";
    assert_eq!(nacked(&mut world, Route, message), ["http  ", "shop/cart/80 Service shop/cart hosts"]);
}

#[test]
fn o02_the_status_of_a_resource_follows_responses_and_their_acks() {
    let mut world = three_clusters();
    world.changes(Cluster, "", &["missing"], &[]);
    // A name beside the wildcard that does not exist has a status, too.
    assert_eq!(statuses(&world, Cluster)[..2], ["missing not sent", "shop/cart/80 not sent"]);
    let (_, nonce) = world.response();
    assert_eq!(statuses(&world, Cluster)[1..], ["shop/cart/80 stale", "shop/cart/8080 stale", "shop/pay/80 stale"]);
    world.nack_with(Cluster, &nonce, unchanged(), "shop/pay/80: bad");
    assert_eq!(statuses(&world, Cluster)[1..], ["shop/cart/80 stale", "shop/cart/8080 stale", "shop/pay/80 error"]);

    world.put(Cluster, &["shop/pay/80=2"]);
    let (_, nonce) = world.response();
    world.put(Cluster, &["shop/pay/80=3", "shop/cart/80=2"]);
    world.changes(Cluster, &nonce, &[], &[]);
    assert_eq!(statuses(&world, Cluster)[3], "shop/pay/80 not sent");
    let (_, nonce) = world.response();
    world.changes(Cluster, &nonce, &[], &[]);
    assert_eq!(statuses(&world, Cluster)[1..], ["shop/cart/80 synced", "shop/cart/8080 stale", "shop/pay/80 synced"]);
    assert_eq!(statuses(&world, Route), [""; 0]);
}

#[test]
fn n07_a_long_message_is_cut() {
    let mut world = three_clusters();
    let (_, nonce) = world.response();
    let message = "é".repeat(100_000);
    let Some(Answer::Nack { message, .. }) = world.nack_with(Cluster, &nonce, unchanged(), &message) else {
        panic!("not a NACK");
    };
    assert_eq!(message.chars().count(), 1000);
}

/// The NACKs that still count, with the resources that they are traced back to.
fn nacks(world: &World) -> Vec<String> {
    let text = |(_, name, nack): (_, &crate::xds::Name, &Nack)| {
        let resources: Vec<&str> = nack.resources.iter().map(|resource| &*resource.name).collect();
        format!("{name}: {} ({})", nack.message, resources.join(" "))
    };
    world.session.nacks().map(text).collect()
}

#[test]
fn n07_a_nack_counts_until_another_version_of_the_resource_is_acked() {
    let mut world = three_clusters();
    let (_, nonce) = world.response();
    world.nack_with(Cluster, &nonce, unchanged(), "shop/pay/80: bad");
    assert_eq!(nacks(&world), ["shop/pay/80: shop/pay/80: bad (shop/pay/80)"]);

    // An ACK of other names says nothing about this one.
    world.put(Cluster, &["shop/cart/80=2"]);
    let (_, nonce) = world.response();
    world.changes(Cluster, &nonce, &[], &[]);
    assert_eq!(nacks(&world).len(), 1);

    world.put(Cluster, &["shop/pay/80=2"]);
    let (_, nonce) = world.response();
    assert_eq!(nacks(&world).len(), 1);
    world.changes(Cluster, &nonce, &[], &[]);
    assert_eq!(nacks(&world), [""; 0]);
}

#[test]
fn n07_a_nack_of_routes_is_traced_to_the_services_that_it_names() {
    let mut world = World::new(Variant::Delta);
    world.put_from(Cluster, "shop/cart/80=1", "cart", &["hosts"]);
    world.put(Route, &["http=1>shop/cart/80"]);
    world.changes(Route, "", &["http"], &[]);
    let (_, nonce) = world.response();
    world.nack_with(Route, &nonce, unchanged(), "bad virtual host shop/cart/80");
    assert_eq!(nacks(&world), ["http: bad virtual host shop/cart/80 (shop/cart/80)"]);
}
