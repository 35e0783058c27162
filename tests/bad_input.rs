//! What no client should send: it costs its sender the stream, by name of the field, and nobody else anything. The
//! program is the real one, so that its memory can be watched from outside.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::net::SocketAddr;

use bytes::{BufMut, Bytes};
use chancery::xds::ResourceType::{self, Cluster, Endpoint, Listener};
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use prost::Message;
use rig::ads::{self, Delta, delta_request, envoy, names, sotw_request};
use rig::serve::Serve;
use rig::soon;
use tempfile::TempDir;
use tonic::Code;

const CART: &str = "
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop, annotations: { chancery.dev/enabled: \"true\" } }
spec: { ports: [{ name: grpc, port: 50051 }] }
";

const ADS_DELTA: &str = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

const LOADS: &str = "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats";

/// How much the program may grow by what it was sent and refused. An allocator keeps some of what is freed for next time.
const SLACK_BYTES: usize = 96 << 20;

/// A server of one Service, and a well-behaved client of it.
struct Story {
    serve: Serve,
    bystander: Delta,
    _manifests: TempDir,
}

impl Story {
    async fn begin() -> Self {
        let manifests = tempfile::tempdir().unwrap();
        std::fs::write(manifests.path().join("cart.yaml"), CART).unwrap();
        let serve = Serve::start(env!("CARGO_BIN_EXE_chancery"), &["--manifests", manifests.path().to_str().unwrap()]);
        serve.ready().await;
        let mut bystander = ads::delta(serve.xds).await.unwrap();
        bystander.ask(Some(envoy("bystander", "f")), Cluster, &[]).await;
        assert_eq!(names(&bystander.take().await), ["shop/cart/50051"]);
        Self { serve, bystander, _manifests: manifests }
    }

    /// The well-behaved client is served as ever, on the stream that it has and on a new one.
    async fn others_notice_nothing(&mut self) {
        self.bystander.silent(Endpoint).await;
        let mut another = ads::delta(self.serve.xds).await.unwrap();
        another.ask(Some(envoy("another", "f")), Listener, &[]).await;
        assert_eq!(names(&another.take().await), ["http"]);
    }
}

fn a_million_names() -> Vec<String> {
    (0..1_000_000).map(|n| format!("name-{n}")).collect()
}

#[tokio::test]
async fn a_million_names_are_refused_by_name_of_the_field_and_forgotten() {
    let mut story = Story::begin().await;
    let mut resident = Vec::new();
    for _ in 0..5 {
        let mut stream = ads::delta(story.serve.xds).await.unwrap();
        let request = delta_request(Endpoint, &[], &[]);
        let resource_names_subscribe = a_million_names();
        stream
            .send(DeltaDiscoveryRequest { node: Some(envoy("many", "f")), resource_names_subscribe, ..request })
            .await;
        let status = stream.end().await.unwrap();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(status.message().starts_with("resource_names_subscribe: "), "{status}");

        let mut stream = ads::sotw(story.serve.xds).await.unwrap();
        let request = sotw_request(Endpoint, &[]);
        stream
            .send(DiscoveryRequest { node: Some(envoy("many", "f")), resource_names: a_million_names(), ..request })
            .await;
        let status = stream.end().await.unwrap();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(status.message().starts_with("resource_names: "), "{status}");
        story.others_notice_nothing().await;
        resident.push(story.serve.resident_bytes());
    }
    assert!(resident[4] <= resident[0] + SLACK_BYTES, "it grows: {resident:?}");
}

#[tokio::test]
async fn more_bytes_than_a_request_may_have_are_refused() {
    let mut story = Story::begin().await;
    let mut stream = ads::delta(story.serve.xds).await.unwrap();
    let name = "x".repeat(17 << 20);
    stream.ask(Some(envoy("large", "f")), Endpoint, &[&name]).await;
    let status = stream.end().await.unwrap();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    story.others_notice_nothing().await;
}

#[tokio::test]
async fn a_nonce_of_five_megabytes_is_a_nonce_that_nobody_gave() {
    let mut story = Story::begin().await;
    let before = story.serve.resident_bytes();
    for _ in 0..10 {
        let mut stream = ads::delta(story.serve.xds).await.unwrap();
        let response_nonce = "n".repeat(5 << 20);
        let request = delta_request(Cluster, &["shop/cart/50051"], &[]);
        stream.send(DeltaDiscoveryRequest { node: Some(envoy("odd", "f")), response_nonce, ..request }).await;
        assert_eq!(names(&stream.take().await), ["shop/cart/50051"]);
        story.others_notice_nothing().await;
    }
    let after = story.serve.resident_bytes();
    assert!(after <= before + SLACK_BYTES, "{before} to {after}");
}

#[tokio::test]
async fn a_second_node_on_a_stream_changes_nothing() {
    let mut story = Story::begin().await;
    let mut stream = ads::delta(story.serve.xds).await.unwrap();
    stream.ask(Some(envoy("one", "f")), Cluster, &[]).await;
    assert_eq!(names(&stream.take().await), ["shop/cart/50051"]);
    stream.ask(Some(envoy("two", "other")), Listener, &[]).await;
    assert_eq!(names(&stream.take().await), ["http"]);
    assert!(!story.serve.log().contains("two"), "the stream is still that of the first:\n{}", story.serve.log());
    story.others_notice_nothing().await;
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_refused_by_name_of_the_field() {
    let mut story = Story::begin().await;
    let type_url = Cluster.type_url();
    // type_url, then resource_names_subscribe with a byte that no text has.
    let mut request =
        DeltaDiscoveryRequest { type_url: type_url.to_owned(), ..DeltaDiscoveryRequest::default() }.encode_to_vec();
    request.extend([0x1a, 2, b'a', 0xff]);
    let (status, message) = raw(story.serve.xds, ADS_DELTA, &framed(&request), End::Wait).await.unwrap();
    assert_eq!(status, i32::from(Code::InvalidArgument).to_string());
    assert!(message.contains("resource_names_subscribe"), "{message}");
    story.others_notice_nothing().await;
}

#[tokio::test]
async fn a_stream_that_is_reset_in_the_middle_of_a_message_leaves_nothing() {
    let mut story = Story::begin().await;
    let request = delta_request_bytes(Cluster);
    let half = framed(&request).split_to(request.len() / 2);
    for _ in 0..50 {
        assert!(raw(story.serve.xds, ADS_DELTA, &half, End::Reset).await.is_none());
    }
    story.others_notice_nothing().await;
    let (_, metrics) = story.serve.get("/metrics").await.unwrap();
    assert!(metrics.contains(r#"chancery_xds_streams{client="envoy",variant="delta"} "#), "{metrics}");
}

/// Fields that cost two bytes each on the wire, and far more in memory if somebody keeps them.
const SMALL: usize = 8 << 20;

/// The same of a load report, which may have 4 MiB.
const REPORT: usize = (4 << 20) - 100;

#[tokio::test]
async fn a_compression_that_was_not_agreed_on_is_refused_by_name_of_the_header() {
    let mut story = Story::begin().await;
    let socket = tokio::net::TcpStream::connect(story.serve.xds).await.unwrap();
    let (client, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let mut client = client.ready().await.unwrap();
    for (encoding, refused) in [("gzip", true), ("identity", false)] {
        let request = http::Request::post(format!("http://{}{ADS_DELTA}", story.serve.xds))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("grpc-encoding", encoding)
            .body(())
            .unwrap();
        let (response, _requests) = client.send_request(request, false).unwrap();
        let response = soon("headers", response).await.unwrap();
        let text = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(text("grpc-status"), refused.then(|| (Code::Unimplemented as i32).to_string()), "{encoding}");
        assert_eq!(text("grpc-message").is_some_and(|text| text.contains("grpc-encoding")), refused, "{encoding}");
    }
    story.others_notice_nothing().await;
}

#[tokio::test]
async fn a_request_costs_memory_only_for_what_is_read_of_it() {
    let mut story = Story::begin().await;
    let list = |field: u8| field_of(field, &[]).repeat(SMALL / 2);
    // node { metadata { fields { key: "k" value { list_value { values {} values {} … } } } } }
    let value = field_of(2, &field_of(6, &list(1)));
    let metadata = field_of(3, &field_of(1, &[field_of(1, b"k"), value].concat()));
    let keys: Vec<u8> = (0..SMALL / 12).flat_map(|n| field_of(1, &field_of(1, format!("{n:08}").as_bytes()))).collect();
    let build = field_of(8, &field_of(2, &field_of(1, &field_of(2, &field_of(6, &list(1))))));
    let both = [
        ("node.extensions", list(9)),
        ("node.listening_addresses", list(11)),
        ("node.client_features", list(10)),
        ("node.metadata, a list in it", metadata),
        ("node.metadata, its keys", field_of(3, &keys)),
        ("node.user_agent_build_version.metadata", build),
    ];
    let node = |more: &[u8]| field_of(1, &[field_of(1, b"small"), more.to_vec()].concat());
    let delta = [
        ("resource_locators_subscribe", list(8)),
        ("resource_locators_unsubscribe", list(9)),
        ("error_detail.details", field_of(7, &list(3))),
    ];
    let requests = both
        .into_iter()
        .map(|(what, more)| (what, node(&more)))
        .chain(delta.into_iter().map(|(what, more)| (what, [node(&[]), more].concat())));
    let before = story.serve.peak_bytes();
    for (what, request) in requests {
        // Whoever it is, it asks for no type, and so the stream ends.
        let (_, message) = raw(story.serve.xds, ADS_DELTA, &framed(&request), End::Wait).await.unwrap();
        assert!(message.starts_with("type_url:"), "{what}: {message}");
        let peak = story.serve.peak_bytes();
        assert!(peak <= before + SLACK_BYTES, "{what}: {before} to {peak}");
    }
    story.others_notice_nothing().await;
}

#[tokio::test]
async fn names_without_letters_are_refused_before_they_cost_memory() {
    let mut story = Story::begin().await;
    let before = story.serve.peak_bytes();
    for (number, field) in
        [(3, "resource_names_subscribe"), (4, "resource_names_unsubscribe"), (5, "initial_resource_versions")]
    {
        let names = field_of(number, &[]).repeat(SMALL / 2);
        let request = [field_of(1, &field_of(1, b"small")), names].concat();
        let (status, message) = raw(story.serve.xds, ADS_DELTA, &framed(&request), End::Wait).await.unwrap();
        assert_eq!(status, i32::from(Code::ResourceExhausted).to_string());
        assert!(message.starts_with(&format!("{field}:")), "{message}");
        let peak = story.serve.peak_bytes();
        assert!(peak <= before + SLACK_BYTES, "{field}: {before} to {peak}");
    }
    story.others_notice_nothing().await;
}

#[tokio::test]
async fn a_load_report_costs_memory_only_for_what_is_summed_up() {
    let mut story = Story::begin().await;
    let before = story.serve.peak_bytes();
    let many = |number: u8| field_of(number, &[]).repeat(REPORT / 2);
    for (what, stats) in [
        ("cluster_stats", many(2)),
        ("upstream_locality_stats", field_of(2, &[field_of(1, b"a"), many(2)].concat())),
        ("upstream_endpoint_stats", field_of(2, &field_of(2, &many(7)))),
        ("dropped_requests", field_of(2, &many(5))),
    ] {
        // Without a node.id, and so the stream ends.
        let request = [field_of(1, &[]), stats].concat();
        let (_, message) = raw(story.serve.xds, LOADS, &framed(&request), End::Wait).await.unwrap();
        assert!(message.starts_with("node.id:"), "{what}: {message}");
        let peak = story.serve.peak_bytes();
        assert!(peak <= before + SLACK_BYTES, "{what}: {before} to {peak}");
    }
    story.others_notice_nothing().await;
}

/// A field of this number with these bytes.
fn field_of(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = Vec::with_capacity(bytes.len() + 5);
    field.push(number << 3 | 2);
    prost::encoding::encode_varint(bytes.len() as u64, &mut field);
    field.extend_from_slice(bytes);
    field
}

/// How the client ends its stream.
#[derive(Clone, Copy)]
enum End {
    /// It waits for the server to end it.
    Wait,
    /// It resets it.
    Reset,
}

/// Sends these bytes to this method. Returns the gRPC status and message, if the server ends the stream.
async fn raw(address: SocketAddr, method: &str, bytes: &Bytes, end: End) -> Option<(String, String)> {
    let socket = tokio::net::TcpStream::connect(address).await.unwrap();
    // As all clients of xDS do; without it the rest of each window waits for an ACK of TCP.
    socket.set_nodelay(true).unwrap();
    let (client, connection) = h2::client::handshake(socket).await.unwrap();
    let driver = tokio::spawn(connection);
    let mut client = client.ready().await.unwrap();
    let request = http::Request::post(format!("http://{address}{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap();
    let (response, mut stream) = client.send_request(request, false).unwrap();
    stream.send_data(bytes.clone(), false).unwrap();
    if let End::Reset = end {
        stream.send_reset(h2::Reason::CANCEL);
        drop((client, response, stream));
        soon("the end of the connection", driver).await.unwrap().unwrap();
        return None;
    }
    let response = soon("headers", response).await.unwrap();
    let mut body = response.into_body();
    let trailers = soon("trailers", body.trailers()).await.unwrap().unwrap();
    let text = |name| trailers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    Some((text("grpc-status"), text("grpc-message")))
}

fn delta_request_bytes(resource_type: ResourceType) -> Vec<u8> {
    let request = delta_request(resource_type, &["a", "b", "c"], &[]);
    DeltaDiscoveryRequest { node: Some(envoy("torn", "f")), ..request }.encode_to_vec()
}

/// A gRPC message: not compressed, its length, its bytes.
fn framed(message: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(message.len() + 5);
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.len()).unwrap());
    bytes.extend_from_slice(message);
    bytes.into()
}
