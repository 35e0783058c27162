//! Load reporting (LRS), by clients that report what they are told to.

use std::net::SocketAddr;
use std::time::Duration;

use chancery::xds::ResourceType::Cluster;
use data_plane_api::core::Node;
use data_plane_api::endpoint::{ClusterStats, UpstreamLocalityStats};
use data_plane_api::load_stats::client::LoadReportingServiceClient;
use data_plane_api::load_stats::{LoadStatsRequest, LoadStatsResponse};
use prometheus_client::encoding::text::encode;
use rig::ads::{self, envoy};
use rig::control_plane::ControlPlane;
use rig::soon;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use super::{channel, with_clusters};

/// A client that reports what it is told to.
pub struct Reporter {
    reports: mpsc::Sender<LoadStatsRequest>,
    pub responses: Streaming<LoadStatsResponse>,
}

impl Reporter {
    pub async fn open(address: SocketAddr) -> Result<Self, Status> {
        let (reports, receiver) = mpsc::channel(16);
        let mut client = LoadReportingServiceClient::new(channel(address).await);
        let responses = client.stream_load_stats(ReceiverStream::new(receiver)).await?.into_inner();
        Ok(Self { reports, responses })
    }

    /// Opens a stream, and says who it is.
    pub async fn start(address: SocketAddr, node: Node) -> Self {
        let reporter = Self::open(address).await.unwrap();
        reporter.send(Some(node), &[]).await;
        reporter
    }

    async fn send(&self, node: Option<Node>, stats: &[ClusterStats]) {
        self.reports.send(LoadStatsRequest { node, cluster_stats: stats.to_vec() }).await.unwrap();
    }

    pub async fn next(&mut self) -> LoadStatsResponse {
        soon("a response", self.responses.message()).await.unwrap().unwrap()
    }

    async fn refused(&mut self) -> Status {
        soon("a refusal", self.responses.message()).await.unwrap_err()
    }
}

/// The node of an Envoy, which can report all its clusters without a list of them.
pub fn sends_all(id: &str) -> Node {
    Node { client_features: vec!["envoy.lrs.supports_send_all_clusters".into()], ..envoy(id, "f") }
}

fn succeeded(cluster: &str, requests: u64) -> ClusterStats {
    let locality = UpstreamLocalityStats {
        total_issued_requests: requests,
        total_successful_requests: requests,
        ..UpstreamLocalityStats::default()
    };
    ClusterStats {
        cluster_name: cluster.to_owned(),
        upstream_locality_stats: vec![locality],
        ..ClusterStats::default()
    }
}

/// The samples about loads.
pub fn loads(control_plane: &ControlPlane) -> String {
    let mut text = String::new();
    encode(&mut text, &control_plane.registry).unwrap();
    text.split_inclusive('\n').filter(|line| line.starts_with("chancery_load_")).collect()
}

async fn until_loads(control_plane: &ControlPlane, what: &str, holds: impl Fn(&str) -> bool) {
    soon(what, async {
        while !holds(&loads(control_plane)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

async fn until_succeeded(control_plane: &ControlPlane, cluster: &str, requests: u64) {
    let line = format!(r#"chancery_load_requests_total{{cluster="{cluster}",outcome="success"}} {requests}"#);
    until_loads(control_plane, &line, |loads| loads.lines().any(|have| have == line)).await;
}

#[tokio::test]
async fn sums_are_of_all_reporters_and_these_are_counted_while_they_are_there() {
    let control_plane = with_clusters(&["shop/cart/80"]).await;
    let mut reporters = Vec::new();
    for (node, requests) in [(sends_all("e"), 3), (envoy("g", "f"), 4)] {
        let mut reporter = Reporter::start(control_plane.address, node).await;
        reporter.next().await;
        reporter.send(None, &[succeeded("shop/cart/80", requests)]).await;
        reporters.push(reporter);
    }
    until_succeeded(&control_plane, "shop/cart/80", 7).await;
    assert!(loads(&control_plane).contains(r#"chancery_load_streams{client="envoy"} 2"#));
    drop(reporters);
    until_loads(&control_plane, "no stream", |loads| loads.contains(r#"chancery_load_streams{client="envoy"} 0"#))
        .await;
}

#[tokio::test]
async fn a_client_that_needs_names_is_told_of_new_clusters_after_its_report_or_without_one() {
    let mut control_plane = with_clusters(&["a"]).await;
    let mut reporter = Reporter::start(control_plane.address, envoy("g", "f")).await;
    assert_eq!(reporter.next().await.clusters, ["", "a"]);
    control_plane.put(Cluster, "b", "1", &[]).publish();
    reporter.send(None, &[succeeded("a", 1)]).await;
    assert_eq!(reporter.next().await.clusters, ["", "a", "b"]);
    control_plane.put(Cluster, "c", "1", &[]).publish();
    assert_eq!(reporter.next().await.clusters, ["", "a", "b", "c"]);
}

#[tokio::test]
async fn nobody_reports_before_something_is_published() {
    let mut control_plane = ControlPlane::start().await;
    let status = Reporter::open(control_plane.address).await.err().unwrap();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    control_plane.put(Cluster, "a", "1", &[]).publish();
    let mut reporter = Reporter::start(control_plane.address, sends_all("e")).await;
    reporter.next().await;
}

#[tokio::test]
async fn a_report_from_nobody_is_refused_by_name_of_the_field_and_others_go_on() {
    let control_plane = with_clusters(&["a"]).await;
    let mut good = Reporter::start(control_plane.address, sends_all("e")).await;
    good.next().await;
    for (node, field) in [(None, "node: missing"), (Some(Node::default()), "node.id: empty")] {
        let mut reporter = Reporter::open(control_plane.address).await.unwrap();
        reporter.send(node, &[succeeded("a", 1000)]).await;
        let status = reporter.refused().await;
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(field), "{status}");
    }
    good.send(None, &[succeeded("a", 2)]).await;
    until_succeeded(&control_plane, "a", 2).await;
}

#[tokio::test]
async fn numbers_that_cannot_be_and_clusters_that_are_not_count_for_nothing() {
    let control_plane = with_clusters(&["a", "b"]).await;
    let mut reporter = Reporter::start(control_plane.address, sends_all("e")).await;
    reporter.next().await;
    let huge = succeeded("a", u64::MAX);
    reporter.send(None, &[huge.clone(), huge, succeeded("invented", 1), succeeded("", 1), succeeded("b", 5)]).await;
    reporter.send(None, &[succeeded("a", 2)]).await;
    until_succeeded(&control_plane, "a", 2).await;
    let loads = loads(&control_plane);
    assert!(loads.contains(r#"outcome="success"} 5"#), "{loads}");
    assert_eq!(loads.matches("cluster=").count(), 8, "{loads}");
}

/// The biggest report that is taken, one that is too big, and one that ends in the middle: the discovery stream on the
/// same port, and another reporter, notice nothing.
#[tokio::test]
async fn big_reports_and_resets_disturb_nobody() {
    let mut control_plane = with_clusters(&["a"]).await;
    let mut discovery = ads::delta(control_plane.address).await.unwrap();
    discovery.ask(Some(envoy("e", "f")), Cluster, &[]).await;
    let response = discovery.next().await;
    discovery.ack(&response).await;
    let mut good = Reporter::start(control_plane.address, sends_all("good")).await;
    good.next().await;

    let mut bad = Reporter::start(control_plane.address, sends_all("bad")).await;
    bad.next().await;
    let many: Vec<_> =
        (0..100_000).map(|n| succeeded(&format!("invented-{n}"), 1)).chain([succeeded("a", 1)]).collect();
    bad.send(None, &many).await;
    until_succeeded(&control_plane, "a", 1).await;
    assert_eq!(loads(&control_plane).matches("cluster=").count(), 4);
    bad.send(None, &[succeeded(&"x".repeat(5 << 20), 1)]).await;
    let status = bad.refused().await;
    assert_eq!(status.code(), Code::OutOfRange, "{status}");

    let bad = Reporter::start(control_plane.address, sends_all("bad")).await;
    bad.send(None, &many).await;
    drop(bad);

    good.send(None, &[succeeded("a", 10)]).await;
    until_loads(&control_plane, "the report of the other", |loads| {
        // With or without the one request of the report that was reset.
        [11, 12].iter().any(|n| loads.contains(&format!(r#"outcome="success"}} {n}"#)))
    })
    .await;
    control_plane.put(Cluster, "b", "1", &[]).publish();
    assert_eq!(ads::names(&discovery.next().await), ["b"]);
}

#[tokio::test]
async fn the_sums_of_a_cluster_go_with_it_though_nobody_reports() {
    let mut control_plane = with_clusters(&["a", "b"]).await;
    let mut reporter = Reporter::start(control_plane.address, sends_all("e")).await;
    reporter.next().await;
    reporter.send(None, &[succeeded("a", 1), succeeded("b", 1)]).await;
    until_succeeded(&control_plane, "b", 1).await;
    drop(reporter);
    control_plane.everyone.get_mut(Cluster).remove("a");
    control_plane.publish();
    until_loads(&control_plane, "the end of a's series", |loads| !loads.contains(r#"cluster="a""#)).await;
    assert_eq!(loads(&control_plane).matches(r#"cluster="b""#).count(), 4);
}

/// A report whose `cluster_stats` are bytes of the test's choice.
#[derive(Clone, PartialEq, prost::Message)]
struct RawReport {
    #[prost(message, optional, tag = "1")]
    node: Option<Node>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    cluster_stats: Vec<Vec<u8>>,
}

#[tokio::test]
async fn a_report_that_cannot_be_read_is_refused_by_name_of_the_field() {
    let control_plane = with_clusters(&["a"]).await;
    let mut client = tonic::client::Grpc::new(channel(control_plane.address).await);
    client.ready().await.unwrap();
    // Field 1, one byte, which is no UTF-8.
    let report = RawReport { node: Some(sends_all("e")), cluster_stats: vec![vec![0x0a, 1, 0xff]] };
    let path = "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats".parse().unwrap();
    let codec = tonic_prost::ProstCodec::<RawReport, LoadStatsResponse>::default();
    let request = tonic::Request::new(tokio_stream::once(report));
    let mut responses = client.streaming(request, path, codec).await.unwrap().into_inner();
    let status = soon("a refusal", responses.message()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert!(status.message().contains("ClusterStats.cluster_name"), "{status}");
}
