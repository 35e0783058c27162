use std::time::Duration;

use data_plane_api::core::{Locality, Node};
use data_plane_api::endpoint::cluster_stats::DroppedRequests;
use data_plane_api::endpoint::{
    ClusterStats, EndpointLoadMetricStats, UnnamedEndpointLoadMetricStats, UpstreamEndpointStats, UpstreamLocalityStats,
};
use data_plane_api::load_stats::LoadStatsRequest as Sent;
use prometheus_client::registry::Registry;
use prost::Message;
use prost_types::Duration as ProtoDuration;

use super::*;
use crate::channels::{self, Publication, SnapshotWriter};
use crate::server::fixtures::metrics_text;
use crate::telemetry::{Load, Metrics};
use crate::xds::{ClientKind, Name, Resource, ResourceMap, Snapshot, World};

const INTERVAL: Duration = Duration::from_secs(10);

fn cluster(name: &str, content: &str) -> Arc<Resource> {
    let url = ResourceType::Cluster.type_url().to_owned();
    Arc::new(Resource::from_value(Name::from(name), url, content.as_bytes().to_vec(), []))
}

fn clusters(names: &[&str]) -> ResourceMap {
    names.iter().map(|name| cluster(name, "1")).collect()
}

fn listed(response: Option<LoadStatsResponse>) -> Option<Vec<String>> {
    response.map(|response| response.clusters)
}

#[test]
fn a_response_lists_the_clusters_of_the_snapshot_after_an_entry_that_may_be_dropped() {
    let now = Instant::now();
    let mut plan = ReportingPlan::new(false, clusters(&["b", "a"]), INTERVAL);
    let response = plan.poll(now).unwrap();
    assert_eq!(response.clusters, ["", "a", "b"]);
    assert_eq!(response.load_reporting_interval.unwrap().seconds, 10);
    assert!(!response.send_all_clusters && !response.report_endpoint_granularity);
    assert_eq!(plan.poll(now), None);
    assert_eq!(plan.deadline(), None);
}

#[test]
fn a_client_that_can_report_all_gets_one_response() {
    let now = Instant::now();
    let mut plan = ReportingPlan::new(true, clusters(&["a"]), INTERVAL);
    let response = plan.poll(now).unwrap();
    assert!(response.send_all_clusters);
    assert_eq!(response.clusters, [""; 0]);
    plan.on_clusters(clusters(&["b"]));
    plan.on_report();
    assert_eq!((plan.poll(now + 2 * INTERVAL), plan.deadline()), (None, None));
}

#[test]
fn a_new_list_waits_for_the_report_that_is_under_way() {
    let now = Instant::now();
    let mut plan = ReportingPlan::new(false, clusters(&["a"]), INTERVAL);
    plan.poll(now).unwrap();
    plan.on_clusters(clusters(&["a", "b"]));
    assert_eq!(plan.poll(now + INTERVAL), None, "a response now would restart the interval");
    plan.on_report();
    assert_eq!(listed(plan.poll(now + INTERVAL)).unwrap(), ["", "a", "b"]);
    plan.on_clusters(clusters(&["b"]));
    assert_eq!(plan.poll(now + INTERVAL), None, "the report was for the list before");
}

#[test]
fn a_client_without_load_gets_its_new_list_when_a_report_is_overdue() {
    let now = Instant::now();
    let mut plan = ReportingPlan::new(false, clusters(&["a"]), INTERVAL);
    plan.poll(now).unwrap();
    plan.on_clusters(clusters(&["b"]));
    let deadline = plan.deadline().unwrap();
    assert!(deadline > now + INTERVAL);
    assert_eq!(listed(plan.poll(deadline)).unwrap(), ["", "b"]);
    assert_eq!(plan.deadline(), None);
}

#[test]
fn a_change_of_content_or_one_that_was_undone_is_no_new_list() {
    let now = Instant::now();
    let mut plan = ReportingPlan::new(false, clusters(&["a", "b"]), INTERVAL);
    plan.poll(now).unwrap();
    plan.on_report();
    plan.on_clusters([cluster("a", "2"), cluster("b", "1")].into_iter().collect());
    assert_eq!((plan.poll(now), plan.deadline()), (None, None));
    plan.on_clusters(clusters(&["a", "c"]));
    plan.on_clusters(clusters(&["a", "b"]));
    assert_eq!((plan.poll(now), plan.deadline()), (None, None));
    plan.on_clusters(clusters(&["a", "c"]));
    assert_eq!(listed(plan.poll(now)).unwrap(), ["", "a", "c"]);
}

/// Sums over two snapshots: that of everyone, and that of the fleet `edge`.
struct Sums {
    registry: Registry,
    writer: SnapshotWriter,
    totals: Totals,
}

impl Sums {
    fn new(everyone: &[&str], edge: &[&str]) -> Self {
        let mut registry = Registry::default();
        let (writer, snapshots) = channels::snapshot_channel();
        let totals = Totals::new(Arc::new(Metrics::new(&mut registry)), snapshots);
        let sums = Self { registry, writer, totals };
        sums.publish(everyone, edge);
        sums
    }

    fn publish(&self, everyone: &[&str], edge: &[&str]) {
        let snapshot = |names: &[&str]| {
            let mut snapshot = Snapshot::default();
            *snapshot.get_mut(ResourceType::Cluster) = clusters(names);
            Arc::new(snapshot)
        };
        let fleets = [(Name::from("edge"), snapshot(edge))].into();
        let world = World { everyone: snapshot(everyone), fleets, ..World::default() };
        self.writer.publish(Publication { world, observed_at: Instant::now() });
    }

    fn add(&self, fleet: &str, stats: &ClusterStats) -> Result<(), ClusterStatsError> {
        let target = Target { kind: ClientKind::Envoy, fleet: fleet.into() };
        self.totals.add(&target, &report::ClusterStats::decode(stats.encode_to_vec().as_slice()).unwrap())
    }

    /// The samples about loads.
    fn text(&self) -> String {
        metrics_text(&self.registry).split_inclusive('\n').filter(|line| line.starts_with("chancery_load_")).collect()
    }
}

fn locality(issued: u64, succeeded: u64, failed: u64) -> UpstreamLocalityStats {
    UpstreamLocalityStats {
        total_issued_requests: issued,
        total_successful_requests: succeeded,
        total_error_requests: failed,
        ..UpstreamLocalityStats::default()
    }
}

fn stats(cluster: &str, localities: &[UpstreamLocalityStats]) -> ClusterStats {
    ClusterStats {
        cluster_name: cluster.to_owned(),
        upstream_locality_stats: localities.to_vec(),
        ..ClusterStats::default()
    }
}

#[test]
fn of_a_report_with_every_field_is_read_what_counts() {
    let place = Locality { zone: "a".into(), ..Locality::default() };
    let full = UpstreamLocalityStats {
        locality: Some(place),
        total_requests_in_progress: 100,
        total_active_connections: 100,
        total_new_connections: 100,
        total_fail_connections: 100,
        upstream_endpoint_stats: vec![
            UpstreamEndpointStats {
                total_issued_requests: 100,
                ..UpstreamEndpointStats::default()
            };
            3
        ],
        load_metric_stats: vec![EndpointLoadMetricStats::default(); 3],
        cpu_utilization: Some(UnnamedEndpointLoadMetricStats::default()),
        mem_utilization: Some(UnnamedEndpointLoadMetricStats::default()),
        application_utilization: Some(UnnamedEndpointLoadMetricStats::default()),
        priority: 100,
        ..locality(9, 5, 1)
    };
    let sent = ClusterStats {
        cluster_service_name: "service".into(),
        total_dropped_requests: 4,
        dropped_requests: vec![DroppedRequests { category: "x".into(), dropped_count: 100 }; 3],
        load_report_interval: Some(ProtoDuration::default()),
        ..stats("a", &[full, locality(3, 2, 1)])
    };
    let node = Node {
        id: "e".into(),
        client_features: vec!["envoy.lrs.supports_send_all_clusters".into()],
        ..Node::default()
    };
    let sent = Sent { node: Some(node), cluster_stats: vec![ClusterStats::default(), sent] };
    let LoadStatsRequest { node, cluster_stats } = LoadStatsRequest::decode(sent.encode_to_vec().as_slice()).unwrap();
    let node = node.unwrap();
    assert_eq!((node.id.as_str(), node.sends_all_clusters()), ("e", true));
    let load = Load { issued: 12, succeeded: 7, failed: 2, dropped: 4 };
    assert_eq!(cluster_stats, [report::ClusterStats { cluster_name: "a".into(), load }]);
    let error = LoadStatsRequest::decode([0x12, 3, 0x0a, 1, 0xff].as_slice()).unwrap_err().to_string();
    assert!(error.contains(": ClusterStats.cluster_name: LoadStatsRequest.cluster_stats: "), "{error}");
}

#[test]
fn localities_reports_and_fleets_add_up_by_cluster() {
    let sums = Sums::new(&["a"], &["a"]);
    let first = ClusterStats { total_dropped_requests: 4, ..stats("a", &[locality(9, 5, 1), locality(3, 2, 1)]) };
    assert_eq!(sums.add("edge", &first), Ok(()));
    assert_eq!(sums.add("other", &stats("a", &[locality(1, 1, 0)])), Ok(()));
    for line in [
        r#"chancery_load_requests_issued_total{cluster="a"} 13"#,
        r#"chancery_load_requests_total{cluster="a",outcome="success"} 8"#,
        r#"chancery_load_requests_total{cluster="a",outcome="error"} 2"#,
        r#"chancery_load_requests_total{cluster="a",outcome="dropped"} 4"#,
    ] {
        assert!(sums.text().lines().any(|have| have == line), "no {line} in\n{}", sums.text());
    }
}

#[test]
fn a_client_adds_only_to_clusters_of_its_own_snapshot() {
    let sums = Sums::new(&["a"], &["b"]);
    for (fleet, cluster) in [("edge", "a"), ("other", "b"), ("edge", "invented"), ("edge", "")] {
        assert_eq!(sums.add(fleet, &stats(cluster, &[locality(1, 1, 0)])), Err(ClusterStatsError::Unknown));
    }
    assert_eq!(sums.text(), "");
}

#[test]
fn a_number_that_is_too_large_costs_its_cluster_only_and_names_the_field() {
    let sums = Sums::new(&["a", "b"], &[]);
    let huge = [
        stats("a", &[locality(u64::MAX, 0, 0)]),
        stats("a", &[locality(0, u64::MAX, 0), locality(0, u64::MAX, 0)]),
        stats("a", &[locality(0, 0, (1 << 40) + 1)]),
        ClusterStats { total_dropped_requests: u64::MAX, ..stats("a", &[]) },
    ];
    for stats in huge {
        assert!(matches!(sums.add("", &stats), Err(ClusterStatsError::TooLarge { .. })), "{stats:?}");
    }
    let error = sums.add("", &stats("a", &[locality(0, 0, u64::MAX)])).unwrap_err().to_string();
    assert!(error.starts_with("cluster_stats[a].total_error_requests: 18446744073709551615: expected"), "{error}");
    assert_eq!(sums.text(), "");
    sums.add("", &stats("b", &[locality(1 << 40, 0, 0)])).unwrap();
    assert!(sums.text().contains(r#"issued_total{cluster="b"} 1099511627776"#), "{}", sums.text());
}

#[test]
fn the_sums_of_a_cluster_go_when_no_snapshot_has_it() {
    let sums = Sums::new(&["a", "b"], &["a"]);
    for name in ["a", "b"] {
        sums.add("other", &stats(name, &[locality(1, 1, 0)])).unwrap();
    }
    sums.publish(&["c"], &["a"]);
    assert_eq!(sums.add("other", &stats("a", &[locality(1, 1, 0)])), Err(ClusterStatsError::Unknown));
    assert!(sums.text().contains(r#"cluster="a""#), "the other fleet still has it: {}", sums.text());
    assert!(!sums.text().contains(r#"cluster="b""#), "{}", sums.text());
    sums.publish(&["c"], &[]);
    sums.add("other", &stats("c", &[locality(1, 1, 0)])).unwrap();
    assert!(!sums.text().contains(r#"cluster="a""#), "{}", sums.text());
}
