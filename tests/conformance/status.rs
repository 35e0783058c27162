//! What a rejection leaves behind (N07), and what CSDS tells of every client (O02).

use std::sync::Arc;
use std::time::Duration;

use chancery::server::ServerLimits;
use chancery::xds::ResourceType::{self, Cluster, Endpoint, Listener, Route};
use chancery::xds::{Place, Resource};
use data_plane_api::client_status::client::ClientStatusDiscoveryServiceClient;
use data_plane_api::client_status::{ClientConfig, ClientStatusRequest, ClientStatusResponse, GenericXdsConfig};
use data_plane_api::core::{Locality, Node};
use data_plane_api::matcher::{NodeMatcher, StringMatcher, StructMatcher, string_matcher::MatchPattern};
use futures::StreamExt;
use rig::ads::{self, Delta, delta_of};
use rig::control_plane::{ControlPlane, resource};
use rig::serve::Serve;
use rig::soon;
use tonic::{Code, Status};

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

/// The messages with which CSDS answers these requests on a stream.
async fn streamed(server: &ControlPlane, requests: &[ClientStatusRequest]) -> Vec<ClientStatusResponse> {
    let mut client = ClientStatusDiscoveryServiceClient::new(ads::channel(server.address).await);
    let requests = tokio_stream::iter(requests.to_vec());
    let answers = client.stream_client_status(requests).await.unwrap().into_inner();
    answers.map(Result::unwrap).collect().await
}

/// The node that is told of.
fn id(config: &ClientConfig) -> &str {
    &config.node.as_ref().unwrap().id
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

    // The stream answers each request, client by client.
    let nobody = ClientStatusRequest {
        node_matchers: vec![whose_id(MatchPattern::Prefix("nobody".to_owned()))],
        ..ClientStatusRequest::default()
    };
    let answers = streamed(&server, &[request, nobody, ClientStatusRequest::default()]).await;
    let ids: Vec<Vec<_>> = answers.iter().map(|answer| answer.config.iter().map(id).collect()).collect();
    assert_eq!(ids, [vec!["edge-2"], vec!["inner-1"], vec![], vec!["edge-1"], vec!["edge-2"], vec!["inner-1"]]);
}

/// A server and three clients, each of which has so many clusters of a mebibyte.
async fn large(clusters: usize, limits: ServerLimits) -> (ControlPlane, Vec<Delta>) {
    let mut server = ControlPlane::start_limited(limits).await;
    for n in 0..clusters {
        server.put(Cluster, &format!("c{n}"), &n.to_string().repeat(1 << 20), &[]);
    }
    server.publish();
    let mut clients = Vec::new();
    for number in 0..3 {
        let mut client = delta(&server).await;
        client.ask(Some(ads::envoy(&format!("envoy-{number}"), "")), Cluster, &[]).await;
        client.next().await;
        clients.push(client);
    }
    (server, clients)
}

#[tokio::test]
async fn o02_an_answer_that_is_too_large_is_refused_with_what_to_do_instead() {
    let (server, _clients) = large(2, ServerLimits::default()).await;
    let mut client = ClientStatusDiscoveryServiceClient::new(ads::channel(server.address).await);
    let refused = client.fetch_client_status(ClientStatusRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    for advice in ["node_matchers.node_id", "exclude_resource_contents", "StreamClientStatus"] {
        assert!(refused.message().contains(advice), "{advice} isn't in {refused}");
    }
    let one = ClientStatusRequest {
        node_matchers: vec![whose_id(MatchPattern::Exact("envoy-1".to_owned()))],
        ..ClientStatusRequest::default()
    };
    let answer = client.fetch_client_status(one).await.unwrap().into_inner();
    assert_eq!(answer.config.iter().map(id).collect::<Vec<_>>(), ["envoy-1"]);
    let names = ClientStatusRequest { exclude_resource_contents: true, ..ClientStatusRequest::default() };
    assert_eq!(client.fetch_client_status(names).await.unwrap().into_inner().config.len(), 3);
    let answers = streamed(&server, &[ClientStatusRequest::default()]).await;
    let ids: Vec<Vec<_>> = answers.iter().map(|answer| answer.config.iter().map(id).collect()).collect();
    assert_eq!(ids, [["envoy-0"], ["envoy-1"], ["envoy-2"]]);
}

#[tokio::test]
async fn o02_a_client_that_holds_much_comes_in_messages_that_everybody_takes() {
    let (server, _clients) = large(10, ServerLimits::default()).await;
    let one = ClientStatusRequest {
        node_matchers: vec![whose_id(MatchPattern::Exact("envoy-1".to_owned()))],
        ..ClientStatusRequest::default()
    };
    let mut names = Vec::new();
    for answer in streamed(&server, &[one]).await {
        assert!(prost::Message::encoded_len(&answer) < 4 << 20);
        let [config] = &answer.config[..] else { panic!("one client") };
        assert_eq!(id(config), "envoy-1");
        assert!(config.client_scope.starts_with("ads delta"), "{}", config.client_scope);
        names.extend(config.generic_xds_configs.iter().map(|config| config.name.clone()));
    }
    assert_eq!(names, (0..10).map(|n| format!("c{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn o02_who_leaves_the_answer_unread_is_cut_and_keeps_nobody_from_theirs() {
    let limits = ServerLimits { send_deadline: Duration::from_millis(300), ..ServerLimits::default() };
    let (server, mut clients) = large(3, limits).await;
    for client in &mut clients {
        client.silent(Endpoint).await;
    }
    let mut unread = Vec::new();
    for _ in 0..4 {
        let mut client = ClientStatusDiscoveryServiceClient::new(ads::channel(server.address).await);
        let requests = tokio_stream::iter([ClientStatusRequest::default()]);
        unread.push(client.stream_client_status(requests).await.unwrap().into_inner());
    }
    assert_eq!(soon("the answer", streamed(&server, &[ClientStatusRequest::default()])).await.len(), 3);
    // Somebody's place became free for that.
    let mut cut = 0;
    for mut answer in unread {
        let end = async {
            while answer.message().await?.is_some() {}
            Ok::<_, Status>(())
        };
        cut += usize::from(soon("the end", end).await.is_err());
    }
    assert!(cut > 0);
    for client in &mut clients {
        client.silent(Listener).await;
    }
}

/// What the issue asks for: a hundred Envoys, a thousand Services.
#[tokio::test]
async fn o02_the_status_of_a_fleet_costs_a_few_messages() {
    const SERVICES: usize = 1000;
    const MOST: usize = 20_000_000;
    let manifests = tempfile::tempdir().unwrap();
    std::fs::write(manifests.path().join("all.yaml"), many_services(SERVICES)).unwrap();
    let serve = Serve::start(env!("CARGO_BIN_EXE_chancery"), &["--manifests", manifests.path().to_str().unwrap()]);
    serve.ready().await;
    let names: Vec<String> = (0..SERVICES).map(|n| format!("shop/s{n}/80")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut clients = Vec::new();
    for number in 0..100 {
        let mut client = ads::delta(serve.xds).await.unwrap();
        client.ask(Some(ads::envoy(&format!("envoy-{number}"), "edge")), Cluster, &[]).await;
        assert_eq!(client.take().await.resources.len(), SERVICES);
        client.ask(None, Endpoint, &names).await;
        assert_eq!(client.take().await.resources.len(), SERVICES);
        client.ask(None, Route, &["http"]).await;
        client.take().await;
        client.silent(Listener).await;
        clients.push(client);
    }
    let before = serve.resident_bytes();
    serve.process().forget_peak().unwrap();
    let mut csds = ClientStatusDiscoveryServiceClient::new(ads::channel(serve.xds).await);
    let refused = csds.fetch_client_status(ClientStatusRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let ask = || async {
        let requests = tokio_stream::iter([ClientStatusRequest::default()]);
        let mut answers = csds.clone().stream_client_status(requests).await.unwrap().into_inner();
        let (mut clients, mut bytes) = (0, 0);
        while let Some(answer) = answers.message().await.unwrap() {
            // Beside the clusters and their assignments the routes, and what there isn't.
            assert_eq!(answer.config[0].generic_xds_configs.len(), 2 * SERVICES + 2);
            clients += answer.config.len();
            bytes += prost::Message::encoded_len(&answer);
        }
        assert_eq!(clients, 100);
        bytes
    };
    let (bytes, ..) = tokio::join!(ask(), ask(), ask(), ask());
    let more = serve.peak_bytes().saturating_sub(before);
    println!("resident: {before} bytes before, {more} more at the peak; an answer has {bytes}");
    assert!(
        bytes > 5 * MOST && more < MOST,
        "{more} bytes more than the {before} before, for answers of {bytes} bytes"
    );
}

/// Services with ten endpoints each.
fn many_services(count: usize) -> String {
    let endpoints: Vec<_> = (1..=10).map(|n| format!("{{ addresses: [10.0.0.{n}] }}")).collect();
    let service = |n: usize| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{ name: s{n}, namespace: shop, annotations: {{ \
             chancery.dev/enabled: \"true\" }} }}\nspec: {{ ports: [{{ name: grpc, port: 80 }}] }}\n---\n\
             apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{ name: s{n}-x, namespace: shop, labels: {{ \
             kubernetes.io/service-name: s{n} }} }}\naddressType: IPv4\nports: [{{ name: grpc, port: 80 }}]\n\
             endpoints: [{}]\n---\n",
            endpoints.join(", ")
        )
    };
    (0..count).map(service).collect()
}

#[tokio::test]
async fn o02_a_matcher_that_is_not_understood_is_refused_by_name() {
    let server = serving(&[(Cluster, &["a=1"])]).await;
    let mut client = ClientStatusDiscoveryServiceClient::new(ads::channel(server.address).await);
    let by_metadata = NodeMatcher { node_metadatas: vec![StructMatcher::default()], ..NodeMatcher::default() };
    let by_nothing = NodeMatcher { node_id: Some(StringMatcher::default()), ..NodeMatcher::default() };
    let too_many = vec![NodeMatcher::default(); 1001];
    for (node_matchers, field) in [
        (vec![by_metadata], "node_matchers.node_metadatas: "),
        (vec![by_nothing], "node_matchers.node_id: "),
        (too_many, "node_matchers: 1001; expected at most 1000"),
    ] {
        let request = ClientStatusRequest { node_matchers, ..ClientStatusRequest::default() };
        let status = client.fetch_client_status(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(field), "{status}");
    }
}
