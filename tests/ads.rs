//! ADS over a real socket: what a client asks, and what it gets. The finer points of the protocol are tested beside the
//! state machines, in `src/protocol/tests`.

use std::sync::Arc;

use chancery::xds::ResourceType::{self, Cluster, Endpoint, Listener, Route};
use chancery::xds::{Name, Snapshot};
use data_plane_api::core::Node;
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use test_support::ads::{self, envoy, names};
use test_support::control_plane::{ControlPlane, resource};
use tonic::Code;

/// A control plane with one Service behind one listener.
async fn one_service() -> ControlPlane {
    let mut control_plane = ControlPlane::start().await;
    control_plane
        .put(Cluster, "shop/cart/80", "1", &["shop/cart/80"])
        .put(Endpoint, "shop/cart/80", "1", &[])
        .put(Listener, "http", "1", &["http"])
        .put(Route, "http", "1", &["shop/cart/80"])
        .publish();
    control_plane
}

#[tokio::test]
async fn nobody_is_served_before_something_is_published() {
    let mut control_plane = ControlPlane::start().await;
    let status = ads::sotw(control_plane.address).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    let status = ads::delta(control_plane.address).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");

    control_plane.put(Cluster, "a", "1", &[]).publish();
    let mut stream = ads::sotw(control_plane.address).await.unwrap();
    stream.ask(Some(envoy("e", "f")), Cluster, &[]).await;
    assert_eq!(stream.next().await.resources.len(), 1);
}

#[tokio::test]
async fn an_envoy_asks_step_by_step_in_the_state_of_the_world() {
    let control_plane = one_service().await;
    let mut stream = ads::sotw(control_plane.address).await.unwrap();
    let steps: [(ResourceType, &[&str]); 4] =
        [(Cluster, &[]), (Endpoint, &["shop/cart/80"]), (Listener, &[]), (Route, &["http"])];
    let mut node = Some(envoy("e", "f"));
    for (resource_type, names) in steps {
        stream.ask(node.take(), resource_type, names).await;
        let response = stream.next().await;
        assert_eq!(response.type_url, resource_type.type_url());
        assert_eq!(response.resources.len(), 1);
        assert_eq!(response.resources[0].type_url, resource_type.type_url());
        assert_eq!(response.control_plane.as_ref().unwrap().identifier, "test");
        stream.ack(&response, names).await;
    }
}

#[tokio::test]
async fn an_envoy_asks_for_all_at_once_in_delta_and_gets_it_in_order() {
    let mut control_plane = one_service().await;
    let mut stream = ads::delta(control_plane.address).await.unwrap();
    stream.ask(Some(envoy("e", "f")), Cluster, &[]).await;
    let clusters = stream.next().await;
    stream.ack(&clusters).await;
    stream.ask(None, Endpoint, &["shop/cart/80"]).await;
    let endpoints = stream.next().await;
    stream.ack(&endpoints).await;
    stream.ask(None, Listener, &[]).await;
    let listeners = stream.next().await;
    stream.ack(&listeners).await;
    stream.ask(None, Route, &["http"]).await;
    let routes = stream.next().await;
    stream.ack(&routes).await;
    assert_eq!(names(&clusters), ["shop/cart/80"]);
    assert_eq!(names(&routes), ["http"]);

    // One change of one assignment is one response with one resource.
    control_plane.put(Endpoint, "shop/cart/80", "2", &[]).publish();
    let change = stream.next().await;
    assert_eq!((change.type_url.as_str(), names(&change)), (Endpoint.type_url(), vec!["shop/cart/80"]));
    assert_ne!(change.resources[0].version, endpoints.resources[0].version);
}

#[tokio::test]
async fn a_client_that_cannot_be_told_from_others_is_refused_by_name_of_the_field() {
    let control_plane = one_service().await;
    for (node, field) in [(None, "node: missing"), (Some(Node::default()), "node.id: empty")] {
        let mut stream = ads::sotw(control_plane.address).await.unwrap();
        stream.ask(node, Cluster, &[]).await;
        let status = stream.end().await.unwrap();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(field), "{status}");
    }
    let mut stream = ads::sotw(control_plane.address).await.unwrap();
    stream.send(DiscoveryRequest { node: Some(envoy("e", "f")), ..DiscoveryRequest::default() }).await;
    let status = stream.end().await.unwrap();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().starts_with("type_url: empty"), "{status}");
}

#[tokio::test]
async fn a_type_that_is_not_served_does_not_disturb_the_others() {
    let control_plane = one_service().await;
    let mut stream = ads::delta(control_plane.address).await.unwrap();
    stream
        .send(DeltaDiscoveryRequest {
            node: Some(envoy("e", "f")),
            type_url: "type.googleapis.com/envoy.service.runtime.v3.Runtime".to_owned(),
            resource_names_subscribe: vec!["r".to_owned()],
            ..DeltaDiscoveryRequest::default()
        })
        .await;
    stream.ask(None, Cluster, &[]).await;
    // Nobody waits for what will never come.
    assert_eq!(stream.next().await.removed_resources, ["r"]);
    assert_eq!(names(&stream.next().await), ["shop/cart/80"]);
}

#[tokio::test]
async fn each_fleet_sees_its_own_world() {
    let mut control_plane = one_service().await;
    let mut edge = Snapshot::default();
    edge.get_mut(Cluster).insert(resource(Cluster, "edge-only", "1", &[]));
    control_plane.world.fleets.insert(Name::from("edge"), Arc::new(edge));
    control_plane.publish();
    for (fleet, cluster) in [("edge", "edge-only"), ("other", "shop/cart/80"), ("", "shop/cart/80")] {
        let mut stream = ads::delta(control_plane.address).await.unwrap();
        stream.ask(Some(envoy("same-id", fleet)), Cluster, &[]).await;
        assert_eq!(names(&stream.next().await), [cluster]);
    }
}

#[tokio::test]
async fn a_rejection_is_counted_and_what_is_good_goes_on() {
    let mut control_plane = one_service().await;
    let mut stream = ads::delta(control_plane.address).await.unwrap();
    stream.ask(Some(envoy("e", "f")), Cluster, &[]).await;
    let response = stream.next().await;
    stream.nack(&response, "no such thing").await;
    control_plane.put(Cluster, "shop/cart/80", "2", &[]).publish();
    let response = stream.next().await;
    assert_eq!(names(&response), ["shop/cart/80"]);
    let mut metrics = String::new();
    prometheus_client::encoding::text::encode(&mut metrics, &control_plane.registry).unwrap();
    assert!(metrics.contains(r#"chancery_xds_nacks_total{type="cds",client="envoy"} 1"#), "{metrics}");
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_up_nobody() {
    let mut control_plane = one_service().await;
    // More than all windows and buffers between the two could take.
    let big = "x".repeat(40 << 20);
    control_plane.put(Cluster, "big", &big, &[]).publish();
    let stuck = ads::delta(control_plane.address).await.unwrap();
    stuck.ask(Some(envoy("stuck", "f")), Cluster, &["big"]).await;

    let mut stream = ads::delta(control_plane.address).await.unwrap();
    stream.ask(Some(envoy("e", "f")), Endpoint, &["shop/cart/80"]).await;
    let mut response = stream.next().await;
    for content in ["2", "3", "4"] {
        stream.ack(&response).await;
        control_plane.put(Endpoint, "shop/cart/80", content, &[]).publish();
        response = stream.next().await;
        assert_eq!(names(&response), ["shop/cart/80"]);
    }
}

#[tokio::test]
async fn an_envoy_that_reconnects_may_list_every_version_it_holds() {
    let control_plane = one_service().await;
    let mut stream = ads::delta(control_plane.address).await.unwrap();
    let held = (0..100_000).map(|n| (format!("some-namespace/some-service-{n}/50051"), "0".repeat(32))).collect();
    stream
        .send(DeltaDiscoveryRequest {
            node: Some(envoy("e", "f")),
            type_url: Cluster.type_url().to_owned(),
            initial_resource_versions: held,
            ..DeltaDiscoveryRequest::default()
        })
        .await;
    let response = stream.next().await;
    assert_eq!(names(&response), ["shop/cart/80"]);
    let removed = response.removed_resources.len();
    stream.ack(&response).await;
    assert_eq!(removed + stream.next().await.removed_resources.len(), 100_000);
}

#[tokio::test]
async fn when_the_server_ends_its_streams_end_without_an_error() {
    let control_plane = one_service().await;
    let mut stream = ads::sotw(control_plane.address).await.unwrap();
    stream.ask(Some(envoy("e", "f")), Cluster, &[]).await;
    stream.next().await;
    control_plane.stop().await;
    assert!(stream.end().await.is_none());
}
