use std::collections::BTreeSet;

use prometheus_client::encoding::text::encode;

use super::*;

/// The names and label names that users rely on.
const STABLE: [&str; 20] = [
    "xds_connections",
    "xds_connections_unserved_total{reason}",
    "xds_streams{client,variant}",
    "xds_responses_total{type,client}",
    "xds_acks_total{type}",
    "xds_nacks_total{type,client}",
    "push_to_ack_seconds{type}",
    "event_to_ack_seconds{type}",
    "snapshot_resources{type,client}",
    "translate_seconds",
    "publish_seconds",
    "source_events_total{source,kind}",
    "source_synced{kind}",
    "source_staleness_seconds",
    "rejected_objects{reason}",
    "events_total{reason,outcome}",
    "load_streams{client}",
    "load_requests_issued_total{cluster}",
    "load_requests_total{cluster,outcome}",
    "build_info{version}",
];

fn text(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    text
}

fn everything_happened() -> (Registry, Metrics, OpenGuard) {
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let stream = metrics.stream_opened("envoy", "delta");
    metrics.connection_unserved(UnservedConnection::Limit);
    metrics.response_sent("eds", "envoy");
    metrics.acked("eds", Duration::from_millis(3));
    metrics.event_acked("eds", Duration::from_millis(4));
    metrics.nacked("cds", "grpc");
    metrics.snapshot_resources("cds", "envoy", 7);
    metrics.translated(Duration::from_micros(30));
    metrics.published(Duration::from_micros(20));
    metrics.source_event("manifests", "Service");
    metrics.synced("Service", true);
    metrics.staleness(Duration::from_millis(1500));
    metrics.rejected([("Duplicate", 2), ("Unparsable", 0)]);
    metrics.event("InvalidAnnotation", "created");
    drop(metrics.load_stream_opened("grpc"));
    metrics.load_reported(&"shop/cart/80".into(), &Load { issued: 10, succeeded: 7, failed: 2, dropped: 1 });
    (registry, metrics, stream)
}

/// A sample line as [`STABLE`] writes it: the name without the prefix and without what a histogram adds, the names
/// of the labels.
fn shape(line: &str) -> String {
    let series = line.rsplit_once(' ').unwrap().0;
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let name = name.strip_prefix("chancery_").unwrap();
    let name = ["_bucket", "_sum", "_count"].iter().find_map(|s| name.strip_suffix(s)).unwrap_or(name);
    let labels: Vec<_> = labels
        .trim_end_matches('}')
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(label, _)| label)
        .filter(|label| *label != "le")
        .collect();
    if labels.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", labels.join(",")) }
}

#[test]
fn names_and_labels_are_the_stable_ones() {
    let (registry, _metrics, _stream) = everything_happened();
    let text = text(&registry);
    let shapes: BTreeSet<_> = text.lines().filter(|line| !line.starts_with('#')).map(shape).collect();
    let expected: BTreeSet<_> = STABLE.iter().map(ToString::to_string).collect();
    assert_eq!(shapes, expected, "{text}");
}

#[test]
fn values_are_what_happened() {
    let (registry, _metrics, _stream) = everything_happened();
    let text = text(&registry);
    for line in [
        r#"chancery_xds_connections_unserved_total{reason="limit"} 1"#,
        r#"chancery_xds_connections_unserved_total{reason="handshake"} 0"#,
        r#"chancery_xds_streams{client="envoy",variant="delta"} 1"#,
        r#"chancery_xds_responses_total{type="eds",client="envoy"} 1"#,
        r#"chancery_xds_nacks_total{type="cds",client="grpc"} 1"#,
        r#"chancery_push_to_ack_seconds_sum{type="eds"} 0.003"#,
        r#"chancery_event_to_ack_seconds_count{type="eds"} 1"#,
        r#"chancery_snapshot_resources{type="cds",client="envoy"} 7"#,
        "chancery_source_staleness_seconds 1.5",
        r#"chancery_source_synced{kind="Service"} 1"#,
        r#"chancery_rejected_objects{reason="Duplicate"} 2"#,
        r#"chancery_rejected_objects{reason="Unparsable"} 0"#,
        r#"chancery_load_streams{client="grpc"} 0"#,
        r#"chancery_load_requests_issued_total{cluster="shop/cart/80"} 10"#,
        r#"chancery_load_requests_total{cluster="shop/cart/80",outcome="success"} 7"#,
        r#"chancery_load_requests_total{cluster="shop/cart/80",outcome="error"} 2"#,
        r#"chancery_load_requests_total{cluster="shop/cart/80",outcome="dropped"} 1"#,
        concat!(r#"chancery_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
        "# UNIT chancery_push_to_ack_seconds seconds",
        "# EOF",
    ] {
        assert!(text.lines().any(|have| have == line), "no line {line} in\n{text}");
    }
}

#[test]
fn a_connection_counts_until_it_is_dropped() {
    let (registry, metrics, _stream) = everything_happened();
    let connections = [metrics.connection_opened(), metrics.connection_opened()];
    assert!(text(&registry).contains("chancery_xds_connections 2\n"));
    drop(connections);
    assert!(text(&registry).contains("chancery_xds_connections 0\n"));
}

#[test]
fn a_stream_counts_until_it_is_dropped() {
    let (registry, metrics, stream) = everything_happened();
    let second = metrics.stream_opened("envoy", "delta");
    assert!(text(&registry).contains(r#"chancery_xds_streams{client="envoy",variant="delta"} 2"#));
    drop((stream, second));
    assert!(text(&registry).contains(r#"chancery_xds_streams{client="envoy",variant="delta"} 0"#));
}

#[test]
fn the_series_of_a_cluster_go_with_it_and_others_stay() {
    let (registry, metrics, _stream) = everything_happened();
    metrics.load_reported(&"shop/web/80".into(), &Load { failed: 1, ..Load::default() });
    metrics.load_forgotten(&"shop/cart/80".into());
    let text = text(&registry);
    assert!(!text.contains("shop/cart/80"), "{text}");
    assert_eq!(text.matches(r#"cluster="shop/web/80""#).count(), 4, "{text}");
}

#[test]
fn a_cluster_that_nobody_uses_has_no_series() {
    let (registry, metrics, _stream) = everything_happened();
    metrics.load_reported(&"shop/web/80".into(), &Load::default());
    assert!(!text(&registry).contains("shop/web/80"));
}
