//! T and G, time to live, data errors and names: what we never send, and what a proxyless gRPC client must always get, and
//! must never get.
//!
//! Chancery never sets a TTL: what it serves is valid until it changes, and a client that loses its server should keep what
//! it holds. So nothing is wrapped in the state of the world, and there is nothing to keep alive by heartbeats, whatever a
//! client says it could do. Nor does it send `resource_errors`, which no client needs.

use chancery::xds::ResourceType::{self, Cluster, Endpoint, Listener, Route};
use data_plane_api::core::Node;
use rig::ads::{self, Response, changes, contents};
use rig::control_plane::ControlPlane;

use crate::world::{delta, node, serving, sotw};

const TYPES: [ResourceType; 4] = [Cluster, Endpoint, Listener, Route];

/// A client that says, in all spellings, that it knows TTLs and wrapped resources.
fn with_ttl() -> Option<Node> {
    let features = [
        "xds.config.supports-resource-ttl",
        "xds.config.supports-resource-in-sotw",
        "xds.config.resource-in-sotw",
        "envoy.config.supports-resource-ttl",
        "envoy.config.supports-resource-in-sotw",
    ];
    let client_features = features.map(str::to_owned).to_vec();
    node().map(|node| Node { client_features, ..node })
}

/// One resource of each type, called `a`.
async fn one_of_each() -> ControlPlane {
    serving(&[(Cluster, &["a=1"]), (Endpoint, &["a=1"]), (Listener, &["a=1"]), (Route, &["a=1"])]).await
}

#[tokio::test]
async fn t01_no_client_gets_a_ttl() {
    let server = one_of_each().await;
    let mut client = delta(&server).await;
    let mut node = with_ttl();
    for resource_type in TYPES {
        client.ask(node.take(), resource_type, &["a"]).await;
        let response = client.take().await;
        assert_eq!((contents(&response), &response.resources[0].ttl), (vec!["a=1"], &None));
    }
}

#[tokio::test]
async fn t02_nothing_is_wrapped_in_the_state_of_the_world() {
    let server = one_of_each().await;
    let mut client = sotw(&server).await;
    let mut node = with_ttl();
    for resource_type in TYPES {
        client.ask(node.take(), resource_type, &["a"]).await;
        let response = client.take(&["a"]).await;
        let any = &response.resources[0];
        assert_eq!((any.type_url.as_str(), any.value.as_slice()), (resource_type.type_url(), &b"a=1"[..]));
    }
}

#[tokio::test]
async fn t03_there_are_no_heartbeats_and_no_resource_without_content() {
    let server = one_of_each().await;
    let (mut in_sotw, mut in_delta) = (sotw(&server).await, delta(&server).await);
    in_sotw.ask(with_ttl(), Endpoint, &["a"]).await;
    in_sotw.take(&["a"]).await;
    in_delta.ask(with_ttl(), Endpoint, &["a"]).await;
    in_delta.take().await;
    in_sotw.silent(Listener).await;
    in_delta.silent(Listener).await;
    // Even what the client holds in this very version comes with its content.
    in_delta.change(Endpoint, &["a"], &[]).await;
    assert_eq!(contents(&in_delta.take().await), ["a=1"]);
}

#[tokio::test]
async fn g01_what_is_not_there_is_no_error() {
    let server = one_of_each().await;
    for resource_type in TYPES {
        let mut client = sotw(&server).await;
        client.ask(Some(ads::grpc("g")), resource_type, &["a", "missing"]).await;
        let response = client.take(&["a", "missing"]).await;
        assert_eq!((contents(&response), response.resource_errors.len()), (vec!["a=1"], 0));

        let mut client = delta(&server).await;
        client.ask(Some(ads::grpc("g")), resource_type, &["a", "missing"]).await;
        let response = client.take().await;
        assert_eq!((changes(&response), response.resource_errors.len()), ((vec!["a=1"], vec!["missing"]), 0));
    }
}

/// A listener or cluster that is left out of a response fails a gRPC client's calls.
#[tokio::test]
async fn g02_what_a_grpc_client_asked_for_is_in_every_response_until_it_is_gone() {
    for (resource_type, marker) in [(Listener, Cluster), (Cluster, Listener)] {
        let mut server = serving(&[(resource_type, &["a=1", "b=1", "c=1", "other=1"])]).await;
        let mut client = sotw(&server).await;
        client.ask(Some(ads::grpc("g")), resource_type, &["a", "b"]).await;
        let response = client.take(&["a", "b", "c"]).await;
        assert_eq!(contents(&response), ["a=1", "b=1"]);
        let response = client.next().await;
        assert_eq!(contents(&response), ["a=1", "b=1", "c=1"]);

        // What was refused stays, too, and so does the rest when something changes that a stale answer asks for.
        client.nack(&response, &["a", "b", "c"], "c: no").await;
        server.have(resource_type, &["b=2"]).publish();
        let unanswered = client.next().await;
        assert_eq!(contents(&unanswered), ["a=1", "b=2", "c=1"]);
        client.ack(&response, &["a", "b", "c", "d"]).await;
        server.have(resource_type, &["d=1"]).publish();
        client.silent(marker).await;
        client.ack(&unanswered, &["a", "b", "c", "d"]).await;
        assert_eq!(contents(&client.take(&["a", "b", "c", "d"]).await), ["a=1", "b=2", "c=1", "d=1"]);

        server.lose(resource_type, &["c"]).publish();
        assert_eq!(contents(&client.take(&["a", "b", "c", "d"]).await), ["a=1", "b=2", "d=1"]);
    }
}

#[tokio::test]
async fn g03_a_grpc_client_gets_nothing_that_it_did_not_ask_for() {
    let mut server = ControlPlane::start().await;
    for resource_type in TYPES {
        server.have(resource_type, &["asked=1", "foreign=1", "z=1"]);
    }
    server.have(Cluster, &["asked=1>asked,foreign"]).have(Listener, &["asked=1>asked,foreign"]).publish();
    let mut client = sotw(&server).await;
    let mut node = Some(ads::grpc("g"));
    for resource_type in [Listener, Route, Cluster, Endpoint] {
        client.ask(node.take(), resource_type, &["asked"]).await;
        let response = client.take(&["asked"]).await;
        assert_eq!((response.type_url(), contents(&response)), (resource_type.type_url(), vec!["asked=1"]));
    }
    for resource_type in TYPES {
        server.have(resource_type, &["foreign=2", "new=1"]).lose(resource_type, &["z"]).publish();
        server.have(resource_type, &["asked=2"]).publish();
        let response = client.take(&["asked"]).await;
        assert_eq!((response.type_url(), contents(&response)), (resource_type.type_url(), vec!["asked=2"]));
    }
}

/// How a gRPC server asks for its listener, and other names with signs in them.
#[tokio::test]
async fn g05_a_name_may_have_any_sign_in_it() {
    let names = [
        "grpc/server?xds.resource.listening_address=[::]:80",
        "grpc/server?xds.resource.listening_address=0.0.0.0:8080",
        "shop/cart%2F50051#fragment&more=1 \u{e9}\u{4e16}",
    ];
    for name in names {
        let mut server = ControlPlane::start().await;
        server.put(Listener, name, "1", &[]).publish();
        let mut client = sotw(&server).await;
        client.ask(Some(ads::grpc("g")), Listener, &[name]).await;
        assert_eq!(contents(&client.next().await), ["1"]);
        let mut client = delta(&server).await;
        client.ask(Some(ads::grpc("g")), Listener, &[name]).await;
        assert_eq!(ads::names(&client.next().await), [name]);
    }
}
