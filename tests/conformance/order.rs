//! A, order and warming on an aggregated stream: what goes first, what follows what, and what waits for how long.

use std::time::{Duration, Instant};

use chancery::xds::ResourceType::{Cluster, Endpoint, Listener, Route};
use data_plane_api::discovery::DeltaDiscoveryRequest;
use rig::ads::{Delta, Response, Sotw, changes, contents, delta_answer, delta_request};
use rig::control_plane::ControlPlane;

use crate::world::{delta, node, serving, sotw};

/// One listener whose routes name the clusters `x` and `z`.
async fn routes_to_x_and_z() -> ControlPlane {
    serving(&[
        (Cluster, &["x=1>x", "z=1>z"]),
        (Endpoint, &["x=1", "z=1"]),
        (Listener, &["http=1>http"]),
        (Route, &["http=xz>x,z"]),
    ])
    .await
}

/// A state-of-the-world client that holds all of [`routes_to_x_and_z`].
async fn settled_sotw(server: &ControlPlane) -> Sotw {
    let mut client = sotw(server).await;
    client.ask(node(), Cluster, &[]).await;
    client.take(&[]).await;
    client.ask(None, Endpoint, &["x", "z"]).await;
    client.take(&["x", "z"]).await;
    client.ask(None, Listener, &[]).await;
    client.take(&[]).await;
    client.ask(None, Route, &["http"]).await;
    client.take(&["http"]).await;
    // With the answer to the same again, the ACK is known to have been seen.
    client.ask(None, Route, &["http"]).await;
    client.take(&["http"]).await;
    client
}

/// A delta client that holds all of [`routes_to_x_and_z`], and has asked for the assignment of `y`, too.
async fn settled_delta(server: &ControlPlane) -> Delta {
    let mut client = delta(server).await;
    client.ask(node(), Cluster, &[]).await;
    client.take().await;
    client.ask(None, Endpoint, &["x", "y", "z"]).await;
    client.take().await;
    client.ask(None, Listener, &[]).await;
    client.take().await;
    client.ask(None, Route, &["http"]).await;
    client.take().await;
    // With the answer to the same again, the ACK is known to have been seen.
    client.change(Route, &["http"], &[]).await;
    client.take().await;
    client
}

/// The next response says this, in this type; the client takes it.
async fn told(client: &mut Delta, type_url: &str, resources: &[&str], removed: &[&str]) {
    let response = client.take().await;
    assert_eq!((response.type_url(), changes(&response)), (type_url, (resources.to_vec(), removed.to_vec())));
}

#[tokio::test]
async fn a01_a_change_that_spans_types_goes_out_in_order() {
    let mut server = routes_to_x_and_z().await;
    let (mut in_sotw, mut in_delta) = (settled_sotw(&server).await, settled_delta(&server).await);
    server.have(Route, &["http=zx>x,z"]).have(Listener, &["http=2>http"]);
    server.have(Endpoint, &["x=2"]).have(Cluster, &["x=2>x"]).publish();
    for resource_type in [Cluster, Endpoint, Listener, Route] {
        assert_eq!(in_sotw.next().await.type_url(), resource_type.type_url());
        assert_eq!(in_delta.next().await.type_url(), resource_type.type_url());
    }
}

#[tokio::test]
async fn a02_a_route_moves_only_once_its_new_cluster_is_there_and_the_old_one_goes_last() {
    let mut server = routes_to_x_and_z().await;
    let mut client = settled_delta(&server).await;
    server.have(Cluster, &["y=1>y"]).have(Endpoint, &["y=1"]).have(Route, &["http=yz>y,z"]);
    server.lose(Cluster, &["x"]).lose(Endpoint, &["x"]).publish();

    let clusters = client.next().await;
    assert_eq!((clusters.type_url(), changes(&clusters)), (Cluster.type_url(), (vec!["y=1"], vec![])));
    let endpoints = client.next().await;
    assert_eq!((endpoints.type_url(), changes(&endpoints)), (Endpoint.type_url(), (vec!["y=1"], vec![])));
    client.silent(Listener).await;
    client.ack(&clusters).await;
    client.silent(Listener).await;
    client.ack(&endpoints).await;

    let routes = client.next().await;
    assert_eq!((routes.type_url(), changes(&routes)), (Route.type_url(), (vec!["http=yz"], vec![])));
    client.silent(Listener).await;
    client.ack(&routes).await;
    told(&mut client, Cluster.type_url(), &[], &["x"]).await;
    told(&mut client, Endpoint.type_url(), &[], &["x"]).await;
    client.silent(Listener).await;
}

#[tokio::test]
async fn a02_a_route_moves_only_once_its_new_cluster_is_there_in_the_state_of_the_world() {
    let mut server = routes_to_x_and_z().await;
    let mut client = settled_sotw(&server).await;
    server.have(Cluster, &["y=1>y"]).have(Endpoint, &["y=1"]).have(Route, &["http=yz>y,z"]);
    server.lose(Cluster, &["x"]).lose(Endpoint, &["x"]).publish();

    // The old cluster is in the response still: absence would delete it.
    let clusters = client.take(&[]).await;
    assert_eq!((clusters.type_url(), contents(&clusters)), (Cluster.type_url(), vec!["x=1", "y=1", "z=1"]));
    let endpoints = client.next().await;
    assert_eq!((endpoints.type_url(), contents(&endpoints)), (Endpoint.type_url(), vec!["x=1", "z=1"]));
    client.ack(&endpoints, &["x", "y", "z"]).await;
    let endpoints = client.next().await;
    assert_eq!((endpoints.type_url(), contents(&endpoints)), (Endpoint.type_url(), vec!["y=1"]));
    client.ack(&endpoints, &["x", "y", "z"]).await;

    let routes = client.take(&["http"]).await;
    assert_eq!((routes.type_url(), contents(&routes)), (Route.type_url(), vec!["http=yz"]));
    let clusters = client.take(&[]).await;
    assert_eq!((clusters.type_url(), contents(&clusters)), (Cluster.type_url(), vec!["y=1", "z=1"]));
}

/// The client uses a route from the moment it gets it; its ACK comes later.
#[tokio::test]
async fn a02_a_cluster_stays_while_a_route_that_names_it_is_unanswered() {
    let mut server = routes_to_x_and_z().await;
    let mut client = settled_delta(&server).await;
    server.have(Cluster, &["y=1>y"]).have(Endpoint, &["y=1"]).have(Route, &["http=y>y"]).publish();
    told(&mut client, Cluster.type_url(), &["y=1"], &[]).await;
    told(&mut client, Endpoint.type_url(), &["y=1"], &[]).await;
    let routes = client.next().await;
    assert_eq!((routes.type_url(), changes(&routes)), (Route.type_url(), (vec!["http=y"], vec![])));

    server.lose(Cluster, &["y"]).lose(Endpoint, &["y"]).have(Route, &["http=xz>x,z"]).publish();
    client.silent(Listener).await;
    client.ack(&routes).await;
    told(&mut client, Route.type_url(), &["http=xz"], &[]).await;
    told(&mut client, Cluster.type_url(), &[], &["y"]).await;
    told(&mut client, Endpoint.type_url(), &[], &["y"]).await;
}

#[tokio::test]
async fn a03_assignments_follow_their_clusters_and_routes_their_listeners() {
    let mut server = routes_to_x_and_z().await;
    let (mut in_sotw, mut in_delta) = (settled_sotw(&server).await, settled_delta(&server).await);
    server.have(Cluster, &["x=2>x"]).have(Listener, &["http=2>http"]).publish();
    told(&mut in_delta, Cluster.type_url(), &["x=2"], &[]).await;
    told(&mut in_delta, Endpoint.type_url(), &["x=1"], &[]).await;
    told(&mut in_delta, Listener.type_url(), &["http=2"], &[]).await;
    told(&mut in_delta, Route.type_url(), &["http=xz"], &[]).await;
    in_delta.silent(Cluster).await;

    let response = in_sotw.take(&[]).await;
    assert_eq!((response.type_url(), contents(&response)), (Cluster.type_url(), vec!["x=2", "z=1"]));
    // All clusters were in the response, so all of them warm.
    let response = in_sotw.take(&["x", "z"]).await;
    assert_eq!((response.type_url(), contents(&response)), (Endpoint.type_url(), vec!["x=1", "z=1"]));
    let response = in_sotw.take(&[]).await;
    assert_eq!((response.type_url(), contents(&response)), (Listener.type_url(), vec!["http=2"]));
    let response = in_sotw.take(&["http"]).await;
    assert_eq!((response.type_url(), contents(&response)), (Route.type_url(), vec!["http=xz"]));
}

/// The specification leaves open whether a NACK or silence holds the route back. Our choice is that it waits for what it newly
/// names, but not for ever.
#[tokio::test]
async fn a04_a_route_does_not_go_out_to_a_cluster_that_was_refused_and_other_types_go_on() {
    let mut server = routes_to_x_and_z().await;
    let mut client = settled_delta(&server).await;
    server.have(Cluster, &["y=bad>y"]).have(Endpoint, &["y=1"]).have(Route, &["http=xyz>x,y,z"]).publish();
    let clusters = client.next().await;
    client.nack(&clusters, "no").await;
    told(&mut client, Endpoint.type_url(), &["y=1"], &[]).await;
    client.silent(Listener).await;

    server.have(Endpoint, &["x=2"]).have(Listener, &["other=1"]).publish();
    told(&mut client, Endpoint.type_url(), &["x=2"], &[]).await;
    told(&mut client, Listener.type_url(), &["other=1"], &[]).await;
    client.silent(Listener).await;

    server.have(Cluster, &["y=good>y"]).publish();
    told(&mut client, Cluster.type_url(), &["y=good"], &[]).await;
    told(&mut client, Endpoint.type_url(), &["y=1"], &[]).await;
    told(&mut client, Route.type_url(), &["http=xyz"], &[]).await;
}

/// This one waits: five seconds are what it is about.
#[tokio::test]
async fn a04_a_route_whose_clusters_are_never_answered_goes_out_after_five_seconds() {
    let mut server = routes_to_x_and_z().await;
    let mut client = settled_delta(&server).await;
    let published_at = Instant::now();
    server.have(Cluster, &["y=1>y"]).have(Endpoint, &["y=1"]).have(Route, &["http=xyz>x,y,z"]).publish();
    let unanswered = client.next().await;
    assert_eq!(unanswered.type_url(), Cluster.type_url());
    told(&mut client, Endpoint.type_url(), &["y=1"], &[]).await;
    client.silent(Listener).await;

    told(&mut client, Route.type_url(), &["http=xyz"], &[]).await;
    let waited = published_at.elapsed();
    assert!(waited >= Duration::from_secs(5), "it went out after {waited:?}");
    assert!(waited < Duration::from_secs(10), "it went out only after {waited:?}");

    // The answer may still come, and what follows isn't late for ever.
    client.send(DeltaDiscoveryRequest { response_nonce: unanswered.nonce, ..delta_request(Cluster, &[], &[]) }).await;
    server.have(Cluster, &["y=2>y"]).publish();
    told(&mut client, Cluster.type_url(), &["y=2"], &[]).await;
}

/// Our choice is no debounce: the first change goes out at once, and those that come while it is unanswered become one,
/// the latest. So a burst costs a client two responses however long it is, and a lone change waits for nothing.
#[tokio::test]
async fn a06_a_burst_is_the_first_change_at_once_and_then_the_latest() {
    let mut server = routes_to_x_and_z().await;
    let mut client = settled_delta(&server).await;
    for n in 2..=100 {
        server.have(Endpoint, &[&format!("x={n}"), &format!("z={n}")]).publish();
        // Lets the server see each of them.
        tokio::task::yield_now().await;
    }
    let first = client.next().await;
    assert_eq!(changes(&first), (vec!["x=2", "z=2"], vec![]));
    client.silent(Listener).await;
    client.send(delta_answer(&first)).await;
    told(&mut client, Endpoint.type_url(), &["x=100", "z=100"], &[]).await;
    client.silent(Listener).await;
}
