//! What a rejection leaves behind (N07), and what CSDS tells of every client (O02).

use std::sync::Arc;

use chancery::xds::ResourceType::{self, Cluster, Endpoint};
use chancery::xds::{Place, Resource};
use data_plane_api::client_status::client::ClientStatusDiscoveryServiceClient;
use data_plane_api::client_status::{ClientConfig, ClientStatusRequest, GenericXdsConfig};
use data_plane_api::core::{Locality, Node};
use data_plane_api::matcher::{NodeMatcher, StringMatcher, StructMatcher, string_matcher::MatchPattern};
use test_support::ads::{self, delta_of};
use test_support::control_plane::{ControlPlane, resource};
use test_support::process::Serve;
use tonic::Code;

use crate::world::{delta, node, serving, sotw};

const CART: &str = "
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
  annotations: { chancery.dev/enabled: \"true\", chancery.dev/lb-policy: least-request }
spec:
  ports: [{ name: grpc, port: 50051 }]
";

/// What CSDS says of the clients that match, in the order in which they came.
async fn status(server: &ControlPlane, request: ClientStatusRequest) -> Vec<ClientConfig> {
    let mut client = ClientStatusDiscoveryServiceClient::new(ads::channel(server.address).await);
    client.fetch_client_status(request).await.unwrap().into_inner().config
}

/// `name status`, of one type.
fn standings(config: &ClientConfig, resource_type: ResourceType) -> Vec<String> {
    let of_type = config.generic_xds_configs.iter().filter(|config| config.type_url == resource_type.type_url());
    of_type.map(|config| format!("{} {}", config.name, config.config_status().as_str_name())).collect()
}

fn whose_id(pattern: MatchPattern) -> NodeMatcher {
    let node_id = Some(StringMatcher { match_pattern: Some(pattern), ..StringMatcher::default() });
    NodeMatcher { node_id, ..NodeMatcher::default() }
}

#[tokio::test]
async fn n07_a_rejection_is_seen_in_metrics_and_status_until_something_better_is_taken() {
    let mut server = serving(&[(Cluster, &["a=1", "b=bad"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let response = client.next().await;
    client.nack(&response, &[], "b: no such policy").await;
    client.silent(ResourceType::Listener).await;

    let [config] = &status(&server, ClientStatusRequest::default()).await[..] else { panic!("one stream") };
    assert_eq!(standings(config, Cluster), ["a STALE", "b ERROR"]);
    let [_, GenericXdsConfig { error_state: Some(error), version_info, .. }] = &config.generic_xds_configs[..2] else {
        panic!("an error: {config:?}");
    };
    assert_eq!(error.details, "b: no such policy");
    assert_eq!(&error.version_info, version_info);
    assert!(error.last_update_attempt.is_some() && error.failed_configuration.is_some());
    assert_eq!(server.count(r#"chancery_xds_nacks_total{type="cds",client="envoy"}"#), 1);

    server.have(Cluster, &["b=good"]);
    server.publish();
    client.take(&[]).await;
    client.silent(ResourceType::Listener).await;
    let [config] = &status(&server, ClientStatusRequest::default()).await[..] else { panic!("one stream") };
    assert_eq!(standings(config, Cluster), ["a SYNCED", "b SYNCED"]);
}

#[tokio::test]
async fn n07_the_log_names_the_client_the_resource_the_service_and_the_annotation_once() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("cart.yaml"), CART).unwrap();
    let manifests = directory.path().to_str().unwrap();
    let serve = Serve::start(env!("CARGO_BIN_EXE_chancery"), &["--manifests", manifests]);
    serve.ready().await;
    let mut client = ads::delta(serve.xds).await.unwrap();
    client.ask(node(), Cluster, &[]).await;
    let response = client.next().await;
    let message = "Error adding/updating cluster(s) shop/cart/50051: ClusterValidationError.LbPolicy: bad value";
    client.nack(&response, message).await;
    client.silent(Endpoint).await;
    let log = serve.log();
    let [line] = &log.lines().filter(|line| line.contains("Client rejected a response")).collect::<Vec<_>>()[..] else {
        panic!("one line:\n{log}");
    };
    for part in ["envoy-1", "shop/cart/50051", "Service shop/cart", "lb-policy", &response.nonce, "bad value"] {
        assert!(line.contains(part), "{part} isn't in {line}");
    }
}

#[tokio::test]
async fn o02_each_stream_is_told_of_with_what_it_was_sent_and_took() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1"]), (Endpoint, &["a=1"])]).await;
    let mut first = delta(&server).await;
    first.ask(node(), Cluster, &[]).await;
    first.take().await;
    first.ask(None, Endpoint, &["a", "missing"]).await;
    let unanswered = first.next().await;
    let mut second = delta_of(server.address, Cluster).await.unwrap();
    second.ask(Some(ads::envoy("other", "edge")), Cluster, &["b"]).await;
    second.take().await;
    second.silent(Cluster).await;
    server.have(Endpoint, &["a=2"]);
    server.publish();

    let configs = status(&server, ClientStatusRequest::default()).await;
    let [one, two] = &configs[..] else { panic!("two streams: {configs:?}") };
    assert_eq!(one.node.as_ref().unwrap().id, "envoy-1");
    assert_eq!(standings(one, Cluster), ["a SYNCED", "b SYNCED"]);
    assert_eq!(standings(one, Endpoint), ["a STALE", "missing STALE"]);
    assert_eq!(one.generic_xds_configs[0].xds_config.as_ref().unwrap().value, b"a=1");
    assert!(one.client_scope.starts_with("ads delta"), "{}", one.client_scope);
    assert_eq!(standings(two, Cluster), ["b SYNCED", "marker NOT_SENT"]);
    assert!(two.client_scope.starts_with("cds delta"), "{}", two.client_scope);

    first.ack(&unanswered).await;
    first.take().await;
    first.silent(Cluster).await;
    let configs = status(&server, ClientStatusRequest::default()).await;
    assert_eq!(standings(&configs[0], Endpoint), ["a SYNCED", "missing NOT_SENT"]);

    // Whoever is gone isn't told of.
    drop(first);
    while status(&server, ClientStatusRequest::default()).await.len() > 1 {}
}

#[tokio::test]
async fn o02_a_client_is_told_of_with_its_place_and_what_it_sees_from_there() {
    let mut server = serving(&[]).await;
    let of = |content: &str| Resource::clone(&resource(Endpoint, "a", content, &[]));
    let here = Place { zone: "eu-1a".into(), node: "".into() };
    let located = of("elsewhere").located("x", [here], move |_| of("here"));
    server.everyone.get_mut(Endpoint).insert(Arc::new(located));
    server.publish();
    let locality = Locality { region: "r".to_owned(), zone: "eu-1a".to_owned(), sub_zone: "worker-1".to_owned() };
    for (locality, content, told) in [
        (Some(locality.clone()), "here", Some(Locality { region: String::new(), ..locality })),
        (None, "elsewhere", None),
    ] {
        let mut stream = delta(&server).await;
        stream.ask(Some(Node { locality, ..ads::envoy("placed", "") }), Endpoint, &["a"]).await;
        stream.take().await;
        let configs = status(&server, ClientStatusRequest::default()).await;
        let config = configs.last().unwrap();
        assert_eq!(config.node.as_ref().unwrap().locality, told);
        assert_eq!(config.generic_xds_configs[0].xds_config.as_ref().unwrap().value, content.as_bytes());
    }
}

#[tokio::test]
async fn o02_one_asks_for_some_nodes_and_may_do_without_contents() {
    let server = serving(&[(Cluster, &["a=1"])]).await;
    let mut streams = Vec::new();
    for id in ["edge-1", "edge-2", "inner-1"] {
        let mut stream = delta(&server).await;
        stream.ask(Some(ads::envoy(id, "")), Cluster, &[]).await;
        stream.take().await;
        streams.push(stream);
    }
    let request = ClientStatusRequest {
        node_matchers: vec![
            whose_id(MatchPattern::Exact("inner-1".to_owned())),
            whose_id(MatchPattern::Suffix("-2".to_owned())),
        ],
        exclude_resource_contents: true,
        ..ClientStatusRequest::default()
    };
    let configs = status(&server, request.clone()).await;
    let ids: Vec<_> = configs.iter().map(|config| config.node.as_ref().unwrap().id.as_str()).collect();
    assert_eq!(ids, ["edge-2", "inner-1"]);
    let clusters: Vec<_> = configs.iter().flat_map(|config| &config.generic_xds_configs).collect();
    assert_eq!(clusters.len(), 2);
    assert!(clusters.iter().all(|cluster| cluster.xds_config.is_none() && !cluster.version_info.is_empty()));

    // The stream answers each request.
    let mut client = ClientStatusDiscoveryServiceClient::new(ads::channel(server.address).await);
    let requests = tokio_stream::iter([request, ClientStatusRequest::default()]);
    let mut answers = client.stream_client_status(requests).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().config.len(), 2);
    assert_eq!(answers.message().await.unwrap().unwrap().config.len(), 3);
    assert_eq!(answers.message().await.unwrap(), None);
}

#[tokio::test]
async fn o02_a_matcher_that_is_not_understood_is_refused_by_name() {
    let server = serving(&[(Cluster, &["a=1"])]).await;
    let mut client = ClientStatusDiscoveryServiceClient::new(ads::channel(server.address).await);
    let by_metadata = NodeMatcher { node_metadatas: vec![StructMatcher::default()], ..NodeMatcher::default() };
    let by_nothing = NodeMatcher { node_id: Some(StringMatcher::default()), ..NodeMatcher::default() };
    for (matcher, field) in [(by_metadata, "node_matchers.node_metadatas"), (by_nothing, "node_matchers.node_id")] {
        let request = ClientStatusRequest { node_matchers: vec![matcher], ..ClientStatusRequest::default() };
        let status = client.fetch_client_status(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(field), "{status}");
    }
}
