//! O, other services: load reports (LRS). Client status (O02) is in [`status`](crate::status), secrets (O03) in
//! [`single`](crate::single).

use chancery::xds::ResourceType::Cluster;
use data_plane_api::core::Node;
use data_plane_api::endpoint::{ClusterStats, UpstreamLocalityStats};
use data_plane_api::load_stats::client::LoadReportingServiceClient;
use data_plane_api::load_stats::{LoadStatsRequest, LoadStatsResponse};
use rig::ads;
use rig::control_plane::ControlPlane;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::world::{node, serving};

/// What a client is asked to report that introduces itself so, and where its reports go.
async fn introduced(server: &ControlPlane, node: Option<Node>) -> (LoadStatsResponse, mpsc::Sender<LoadStatsRequest>) {
    let (reports, receiver) = mpsc::channel(4);
    reports.send(LoadStatsRequest { node, cluster_stats: vec![] }).await.unwrap();
    let mut client = LoadReportingServiceClient::new(ads::channel(server.address).await);
    let mut responses = client.stream_load_stats(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    (responses.message().await.unwrap().unwrap(), reports)
}

/// grpc-js takes the first of the clusters for none, so the first is none.
#[tokio::test]
async fn o01_load_reports_are_asked_for_and_become_metrics() {
    let server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
    let capable =
        node().map(|node| Node { client_features: vec!["envoy.lrs.supports_send_all_clusters".to_owned()], ..node });
    let (response, reports) = introduced(&server, capable).await;
    assert!(response.send_all_clusters && response.clusters.is_empty());
    assert!(response.load_reporting_interval.is_some_and(|interval| interval.seconds > 0 || interval.nanos > 0));
    let (response, _open) = introduced(&server, node()).await;
    assert!(!response.send_all_clusters);
    assert_eq!(response.clusters, ["", "a", "b"]);

    let locality = UpstreamLocalityStats {
        total_successful_requests: 5,
        total_error_requests: 2,
        ..UpstreamLocalityStats::default()
    };
    let of = |cluster: &str| ClusterStats {
        cluster_name: cluster.to_owned(),
        upstream_locality_stats: vec![locality.clone()],
        total_dropped_requests: 1,
        ..ClusterStats::default()
    };
    for _ in 0..2 {
        reports.send(LoadStatsRequest { node: None, cluster_stats: vec![of("a"), of("no-such")] }).await.unwrap();
    }
    let counted = |cluster: &str, outcome: &str| {
        server.count(&format!(r#"chancery_load_requests_total{{cluster="{cluster}",outcome="{outcome}"}}"#))
    };
    rig::soon("the reports", async {
        while counted("a", "dropped") < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!((counted("a", "success"), counted("a", "error"), counted("no-such", "success")), (10, 4, 0));
}
