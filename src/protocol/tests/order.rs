use super::world::{World, sent, unchanged};
use crate::protocol::Variant;
use crate::xds::ResourceType::{self, Cluster, Endpoint, Listener, Route};

/// A delta client that has asked for and taken everything: two clusters, both named by the one route configuration.
fn settled() -> World {
    let mut world = World::new(Variant::Delta);
    world
        .put(Cluster, &["a=1>a", "b=1>b"])
        .put(Endpoint, &["a=1", "b=1"])
        .put(Listener, &["http=1>http"])
        .put(Route, &["http=ab>a,b"]);
    world.changes(Cluster, "", &[], &[]);
    answer(&mut world, Cluster);
    world.changes(Endpoint, "", &["a", "b"], &[]);
    answer(&mut world, Endpoint);
    world.changes(Listener, "", &[], &[]);
    answer(&mut world, Listener);
    world.changes(Route, "", &["http"], &[]);
    answer(&mut world, Route);
    world.silent();
    world
}

/// Takes the one response that is due, which must be of this type.
#[track_caller]
fn answer(world: &mut World, resource_type: ResourceType) {
    let (response, nonce) = world.response();
    assert_eq!(response.resource_type, resource_type);
    world.changes(resource_type, &nonce, &[], &[]);
}

#[test]
fn a01_a_change_that_spans_types_goes_out_in_order() {
    let mut world = settled();
    world.put(Route, &["http=ab2>a,b"]).put(Listener, &["http=2>http"]);
    world.put(Endpoint, &["a=2"]).put(Cluster, &["a=2>a"]);
    let types: Vec<_> = world.responses().into_iter().map(|(response, _)| response.resource_type).collect();
    assert_eq!(types, [Cluster, Endpoint, Listener, Route]);
}

#[test]
fn a02_a_route_waits_until_its_new_cluster_and_assignment_are_taken() {
    let mut world = settled();
    world.put(Cluster, &["c=1>c"]).put(Endpoint, &["c=1"]).put(Route, &["http=abc>a,b,c"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["c=1"], &[]));
    assert!(world.session.is_waiting());
    world.changes(Cluster, &nonce, &[], &[]);
    world.silent();
    world.changes(Endpoint, "", &["c"], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Endpoint, &["c=1"], &[]));
    world.changes(Endpoint, &nonce, &[], &[]);
    assert_eq!(world.response().0, sent(Route, &["http=abc"], &[]));
    assert!(!world.session.is_waiting());
}

#[test]
fn a02_a_cluster_lingers_until_the_routes_that_named_it_are_replaced() {
    let mut world = settled();
    world.remove(Cluster, &["b"]).remove(Endpoint, &["b"]).put(Route, &["http=a>a"]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Route, &["http=a"], &[]));
    assert!(world.session.is_waiting());
    world.changes(Route, &nonce, &[], &[]);
    let responses: Vec<_> = world.responses().into_iter().map(|(response, _)| response).collect();
    assert_eq!(responses, [sent(Cluster, &[], &["b"]), sent(Endpoint, &[], &["b"])]);
    assert!(!world.session.is_waiting());
}

#[test]
fn a02_a_cluster_lingers_while_a_route_that_names_it_is_in_flight() {
    let mut world = settled();
    world.put(Cluster, &["c=1"]).put(Route, &["http=c>c"]);
    answer(&mut world, Cluster);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Route, &["http=c"], &[]));
    world.remove(Cluster, &["c"]).put(Route, &["http=ab>a,b"]);
    world.silent();
    world.changes(Route, &nonce, &[], &[]);
    answer(&mut world, Route);
    assert_eq!(world.response().0, sent(Cluster, &[], &["c"]));
}

#[test]
fn a02_a_cluster_does_not_linger_for_a_route_that_the_client_does_not_ask_for() {
    let mut world = settled();
    world.put(Cluster, &["c=1"]).put(Route, &["other=c>c"]);
    answer(&mut world, Cluster);
    world.remove(Cluster, &["c"]).remove(Route, &["other"]);
    assert_eq!(world.response().0, sent(Cluster, &[], &["c"]));
    assert!(!world.session.is_waiting());
}

#[test]
fn a03_assignments_follow_their_clusters_and_routes_their_listeners() {
    let mut world = settled();
    world.put(Cluster, &["a=2>a"]).put(Listener, &["http=2>http"]);
    let responses: Vec<_> = world.responses().into_iter().map(|(response, _)| response).collect();
    assert_eq!(
        responses,
        [
            sent(Cluster, &["a=2"], &[]),
            sent(Endpoint, &["a=1"], &[]),
            sent(Listener, &["http=2"], &[]),
            sent(Route, &["http=ab"], &[]),
        ]
    );
}

#[test]
fn a04_what_waits_goes_out_when_the_time_is_up() {
    let mut world = settled();
    world.put(Cluster, &["c=1>c"]).put(Endpoint, &["c=1"]).put(Route, &["http=abc>a,b,c"]);
    let (response, _) = world.response();
    assert_eq!(response.resource_type, Cluster);
    world.expire();
    assert_eq!(world.response().0, sent(Route, &["http=abc"], &[]));
}

#[test]
fn a04_a_route_does_not_go_out_for_a_cluster_that_was_rejected() {
    let mut world = settled();
    world.put(Cluster, &["c=bad>c"]).put(Endpoint, &["c=1"]).put(Route, &["http=abc>a,b,c"]);
    let (_, nonce) = world.response();
    let asked = unchanged();
    world.nack(Cluster, &nonce, asked);
    world.silent();
    assert!(world.session.is_waiting());
    // Other types go on.
    world.put(Endpoint, &["a=2"]);
    assert_eq!(world.response().0, sent(Endpoint, &["a=2"], &[]));
}

#[test]
fn a04_a_rejected_cluster_counts_as_missing_until_a_good_one_is_taken() {
    let mut world = World::new(Variant::Delta);
    world.put(Cluster, &["a=bad"]).put(Route, &["http=a>a"]);
    world.changes(Cluster, "", &[], &[]);
    world.changes(Route, "", &["http"], &[]);
    let (response, nonce) = world.response();
    assert_eq!(response, sent(Cluster, &["a=bad"], &[]));
    let asked = unchanged();
    world.nack(Cluster, &nonce, asked);
    world.silent();
    world.put(Cluster, &["a=good"]);
    answer(&mut world, Cluster);
    assert_eq!(world.response().0, sent(Route, &["http=a"], &[]));
}

#[test]
fn a04_a_cluster_whose_routes_are_never_answered_goes_when_the_time_is_up() {
    let mut world = settled();
    world.remove(Cluster, &["b"]).remove(Endpoint, &["b"]).put(Route, &["http=a>a"]);
    assert_eq!(world.response().0.resource_type, Route);
    world.expire();
    let types: Vec<_> = world.responses().into_iter().map(|(response, _)| response.resource_type).collect();
    assert_eq!(types, [Cluster, Endpoint]);
}

#[test]
fn a05_nothing_waits_for_a_client_that_keeps_its_own_routes() {
    let mut world = World::new(Variant::Delta);
    world.put(Cluster, &["a=1>a"]).put(Endpoint, &["a=1"]).put(Route, &["http=a>a"]);
    world.changes(Cluster, "", &[], &[]);
    answer(&mut world, Cluster);
    world.remove(Cluster, &["a"]);
    assert_eq!(world.response().0, sent(Cluster, &[], &["a"]));
}

#[test]
fn a02_a_client_that_asks_by_name_gets_routes_before_it_knows_of_their_clusters() {
    for variant in [Variant::Sotw, Variant::Delta] {
        let mut world = World::by_name(variant);
        world.put(Cluster, &["a=1>a", "b=1>b"]).put(Route, &["ra=1>a", "rb=1>b"]);
        let ask = |world: &mut World, resource_type, names: &[&str]| {
            let nonce = "";
            match variant {
                Variant::Sotw => world.names(resource_type, nonce, names),
                Variant::Delta => world.changes(resource_type, nonce, names, &[]),
            };
            let (response, nonce) = world.response();
            match variant {
                Variant::Sotw => world.names(resource_type, &nonce, names),
                Variant::Delta => world.changes(resource_type, &nonce, &[], &[]),
            };
            response
        };
        assert_eq!(ask(&mut world, Route, &["ra"]), sent(Route, &["ra=1"], &[]));
        assert_eq!(ask(&mut world, Cluster, &["a"]), sent(Cluster, &["a=1"], &[]));
        // A second target: it asks for the cluster once it has the route.
        let (response, resent) = (ask(&mut world, Route, &["ra", "rb"]), sent(Route, &["rb=1"], &[]));
        assert!(response == resent || response == sent(Route, &["ra=1", "rb=1"], &[]), "{response:?}");
        assert!(!world.session.is_waiting());
    }
}
