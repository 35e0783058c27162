//! All metrics, in one place.
//!
//! | Metric | What it counts or measures |
//! |---|---|
//! | `chancery_xds_connections` | open connections to the xDS port now |
//! | `chancery_xds_connections_unserved_total{reason}` | connections that were closed at once: over the `limit`, or no `handshake` |
//! | `chancery_xds_streams{client,variant}` | open streams now |
//! | `chancery_xds_responses_total{type,client}` | responses sent |
//! | `chancery_xds_acks_total{type}`, `chancery_xds_nacks_total{type,client}` | responses that clients accepted, and rejected |
//! | `chancery_push_to_ack_seconds{type}` | from sending a response to its ACK |
//! | `chancery_event_to_ack_seconds{type}` | from our watch delivering an event to the ACK of what came of it |
//! | `chancery_snapshot_resources{type,client}` | resources on offer |
//! | `chancery_translate_seconds`, `chancery_publish_seconds` | the two halves of the pipeline's work on a batch |
//! | `chancery_source_events_total{source,kind}` | events that sources delivered |
//! | `chancery_source_synced{kind}` | 1 once the kind was listed completely |
//! | `chancery_source_staleness_seconds` | how long the source hasn't been up to date; 0 while it is |
//! | `chancery_rejected_objects{reason}` | what is rejected now |
//! | `chancery_events_total{reason,outcome}` | Events for owners: `created`, `repeated`, `known`, `gone`, `failed`, `dropped` |
//! | `chancery_load_streams{client}` | open load-reporting (LRS) streams now |
//! | `chancery_load_requests_issued_total{cluster}` | requests that clients sent to a cluster, as they report it |
//! | `chancery_load_requests_total{cluster,outcome}` | how they ended: `success`, `error`; `dropped` were never sent |
//! | `chancery_build_info{version}` | always 1 |
//!
//! A node id is never a label: a fleet that rolls would leave a dead series per pod. A cluster is one for loads only, and
//! its series go when the cluster does.

mod labels;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use labels::{
    ByClient, ByClientVariant, ByCluster, ByClusterOutcome, ByKind, ByReason, ByReasonOutcome, BySourceKind, ByType,
    ByTypeClient,
};

/// Bounds of the latencies that cross the network, in seconds: half a millisecond to ten seconds.
const ROUND_TRIP_BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Bounds of the work that stays in this process, in seconds: ten microseconds to one second.
const WORK_BUCKETS: [f64; 11] = [0.00001, 0.000_025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 1.0];

/// How a request of a client to a cluster can end.
const OUTCOMES: [&str; 3] = ["success", "error", "dropped"];

type Latencies = Family<ByType, Histogram, fn() -> Histogram>;

/// All metrics of one process. Its methods are named for what happened.
///
/// Parameters named `resource_type`, `client`, `variant`, `kind` and `reason` are the short words of the types of the
/// same names (`ResourceType::as_str`, …).
#[derive(Debug)]
pub struct Metrics {
    connections: Gauge,
    connections_unserved: Family<ByReason, Counter>,
    streams: Family<ByClientVariant, Gauge>,
    responses: Family<ByTypeClient, Counter>,
    acks: Family<ByType, Counter>,
    nacks: Family<ByTypeClient, Counter>,
    push_to_ack: Latencies,
    event_to_ack: Latencies,
    snapshot_resources: Family<ByTypeClient, Gauge>,
    translate: Histogram,
    publish: Histogram,
    source_events: Family<BySourceKind, Counter>,
    source_synced: Family<ByKind, Gauge>,
    source_staleness: Gauge<f64, AtomicU64>,
    rejected: Family<ByReason, Gauge>,
    events: Family<ByReasonOutcome, Counter>,
    load_streams: Family<ByClient, Gauge>,
    load_issued: Family<ByCluster, Counter>,
    load_requests: Family<ByClusterOutcome, Counter>,
}

/// The requests of one client to one cluster, since it last reported them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Sent to an endpoint.
    pub issued: u64,
    /// Answered well.
    pub succeeded: u64,
    /// Failed.
    pub failed: u64,
    /// Dropped by the client before they were sent: by its circuit breakers or by a drop policy.
    pub dropped: u64,
}

/// Why a connection wasn't served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnservedConnection {
    /// As many are open as may be.
    Limit,
    /// HTTP/2 didn't begin on it in time.
    Handshake,
}

impl UnservedConnection {
    const ALL: [Self; 2] = [Self::Limit, Self::Handshake];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Handshake => "handshake",
        }
    }
}

/// A connection or a stream that counts as open until this is dropped.
#[derive(Debug)]
#[must_use = "it counts as open only while this lives"]
pub struct OpenGuard(Gauge);

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// All metrics at zero, registered in `registry` under the prefix `chancery_`.
    pub fn new(registry: &mut Registry) -> Self {
        let latencies = || Latencies::new_with_constructor(|| Histogram::new(ROUND_TRIP_BUCKETS));
        let metrics = Self {
            connections: Gauge::default(),
            connections_unserved: Family::default(),
            streams: Family::default(),
            responses: Family::default(),
            acks: Family::default(),
            nacks: Family::default(),
            push_to_ack: latencies(),
            event_to_ack: latencies(),
            snapshot_resources: Family::default(),
            translate: Histogram::new(WORK_BUCKETS),
            publish: Histogram::new(WORK_BUCKETS),
            source_events: Family::default(),
            source_synced: Family::default(),
            source_staleness: Gauge::default(),
            rejected: Family::default(),
            events: Family::default(),
            load_streams: Family::default(),
            load_issued: Family::default(),
            load_requests: Family::default(),
        };
        for reason in UnservedConnection::ALL {
            drop(metrics.connections_unserved.get_or_create(&ByReason { reason: reason.as_str() }));
        }
        metrics.register(registry.sub_registry_with_prefix("chancery"));
        metrics
    }

    /// The registry adds `_total` to counters, `_info` to the build, and the units.
    fn register(&self, registry: &mut Registry) {
        let Self {
            connections,
            connections_unserved,
            streams,
            responses,
            acks,
            nacks,
            push_to_ack,
            event_to_ack,
            snapshot_resources,
            translate,
            publish,
            source_events,
            source_synced,
            source_staleness,
            rejected,
            events,
            load_streams,
            load_issued,
            load_requests,
        } = self;
        registry.register("xds_connections", "Open connections to the xDS port", connections.clone());
        let help = "Connections to the xDS port that were closed instead of being served";
        registry.register("xds_connections_unserved", help, connections_unserved.clone());
        registry.register("xds_streams", "Open xDS streams", streams.clone());
        registry.register("xds_responses", "xDS responses sent", responses.clone());
        registry.register("xds_acks", "xDS responses that a client accepted", acks.clone());
        registry.register("xds_nacks", "xDS responses that a client rejected", nacks.clone());
        let help = "Time from sending a response to its ACK";
        registry.register_with_unit("push_to_ack", help, Unit::Seconds, push_to_ack.clone());
        let help = "Time from the watch delivering an event to the ACK of what came of it";
        registry.register_with_unit("event_to_ack", help, Unit::Seconds, event_to_ack.clone());
        registry.register("snapshot_resources", "Resources on offer", snapshot_resources.clone());
        let help = "Time to merge and render what one batch of events changed";
        registry.register_with_unit("translate", help, Unit::Seconds, translate.clone());
        let help = "Time to assemble and publish the snapshots of one batch";
        registry.register_with_unit("publish", help, Unit::Seconds, publish.clone());
        registry.register("source_events", "Events that the source delivered", source_events.clone());
        let help = "Whether the kind has been listed completely once";
        registry.register("source_synced", help, source_synced.clone());
        let help = "How long the source has been out of touch with what it watches; 0 when in touch";
        registry.register_with_unit("source_staleness", help, Unit::Seconds, source_staleness.clone());
        registry.register("rejected_objects", "Settings, objects and files that can't be used", rejected.clone());
        registry.register("events", "Events that were to be written for owners of objects", events.clone());
        registry.register("load_streams", "Open load-reporting streams", load_streams.clone());
        let help = "Requests that clients sent to a cluster, as they report it";
        registry.register("load_requests_issued", help, load_issued.clone());
        let help = "How the requests of clients to a cluster ended, as they report it";
        registry.register("load_requests", help, load_requests.clone());
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What this is a build of", build);
    }

    /// A client opened a connection.
    pub fn connection_opened(&self) -> OpenGuard {
        self.connections.inc();
        OpenGuard(self.connections.clone())
    }

    /// A connection was closed instead of being served.
    pub fn connection_unserved(&self, reason: UnservedConnection) {
        self.connections_unserved.get_or_create(&ByReason { reason: reason.as_str() }).inc();
    }

    /// A client opened a stream of `variant`: `sotw` or `delta`.
    pub fn stream_opened(&self, client: &'static str, variant: &'static str) -> OpenGuard {
        let gauge = self.streams.get_or_create_owned(&ByClientVariant { client, variant });
        gauge.inc();
        OpenGuard(gauge)
    }

    /// A response left for a client.
    pub fn response_sent(&self, resource_type: &'static str, client: &'static str) {
        self.responses.get_or_create(&ByTypeClient { r#type: resource_type, client }).inc();
    }

    /// A client accepted a response, `after` its being sent.
    pub fn acked(&self, resource_type: &'static str, after: Duration) {
        let labels = ByType { r#type: resource_type };
        self.acks.get_or_create(&labels).inc();
        self.push_to_ack.get_or_create(&labels).observe(after.as_secs_f64());
    }

    /// A client accepted what came of an event, `after` our watch delivered that event.
    pub fn event_acked(&self, resource_type: &'static str, after: Duration) {
        self.event_to_ack.get_or_create(&ByType { r#type: resource_type }).observe(after.as_secs_f64());
    }

    /// A client rejected a response.
    pub fn nacked(&self, resource_type: &'static str, client: &'static str) {
        self.nacks.get_or_create(&ByTypeClient { r#type: resource_type, client }).inc();
    }

    /// The snapshots now hold `count` different resources of this type for this family of clients.
    pub fn snapshot_resources(&self, resource_type: &'static str, client: &'static str, count: usize) {
        self.snapshot_resources.get_or_create(&ByTypeClient { r#type: resource_type, client }).set(to_gauge(count));
    }

    /// A batch of events was merged and rendered.
    pub fn translated(&self, took: Duration) {
        self.translate.observe(took.as_secs_f64());
    }

    /// A batch of events was assembled into snapshots and published.
    pub fn published(&self, took: Duration) {
        self.publish.observe(took.as_secs_f64());
    }

    /// A source delivered an event about an object of this kind.
    pub fn source_event(&self, source: &'static str, kind: &'static str) {
        self.source_events.get_or_create(&BySourceKind { source, kind }).inc();
    }

    /// Whether objects of this kind have been listed completely once.
    pub fn synced(&self, kind: &'static str, synced: bool) {
        self.source_synced.get_or_create(&ByKind { kind }).set(i64::from(synced));
    }

    /// How long the source hasn't been up to date; zero while it is. Set at each scrape, since it grows by itself.
    pub fn staleness(&self, staleness: Duration) {
        self.source_staleness.set(staleness.as_secs_f64());
    }

    /// A client opened a stream to report its load.
    pub fn load_stream_opened(&self, client: &'static str) -> OpenGuard {
        let gauge = self.load_streams.get_or_create_owned(&ByClient { client });
        gauge.inc();
        OpenGuard(gauge)
    }

    /// A client reported its load on a cluster. The first request makes all series of the cluster: an Envoy reports every
    /// cluster that it has, and most of its clusters it may never use.
    pub fn load_reported(&self, cluster: &Arc<str>, load: &Load) {
        if *load == Load::default() {
            return;
        }
        let Load { issued, succeeded, failed, dropped } = *load;
        self.load_issued.get_or_create(&ByCluster { cluster: Arc::clone(cluster) }).inc_by(issued);
        for (outcome, count) in OUTCOMES.into_iter().zip([succeeded, failed, dropped]) {
            let labels = ByClusterOutcome { cluster: Arc::clone(cluster), outcome };
            self.load_requests.get_or_create(&labels).inc_by(count);
        }
    }

    /// A cluster is gone, and its series go with it.
    pub fn load_forgotten(&self, cluster: &Arc<str>) {
        if self.load_issued.remove(&ByCluster { cluster: Arc::clone(cluster) }) {
            for outcome in OUTCOMES {
                self.load_requests.remove(&ByClusterOutcome { cluster: Arc::clone(cluster), outcome });
            }
        }
    }

    /// How many things can't be used now, by reason; every reason is to be named, with 0 where nothing is wrong.
    pub fn rejected(&self, counts: impl IntoIterator<Item = (&'static str, usize)>) {
        for (reason, count) in counts {
            self.rejected.get_or_create(&ByReason { reason }).set(to_gauge(count));
        }
    }

    /// An Event was to be written, and this is what became of it.
    pub fn event(&self, reason: &'static str, outcome: &'static str) {
        self.events.get_or_create(&ByReasonOutcome { reason, outcome }).inc();
    }
}

fn to_gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
