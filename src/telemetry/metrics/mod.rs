//! All metrics, in one place.
//!
//! ```text
//! table ──▶ Metrics         a field for each metric; its methods are named for what happened
//!       └─▶ docs/metrics.md
//! ```
//!
//! To add a metric: define it in [`table`], add a field to [`Metrics`], register it in [`Metrics::register`].
//!
//! A node id is never a label: a fleet that rolls would leave a dead series per pod. A cluster is one for loads only, and
//! its series go when the cluster does.

mod definitions;
mod labels;
mod table;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use labels::{
    ByClient, ByClientVariant, ByCluster, ByClusterOutcome, ByKind, ByReason, ByReasonOutcome, BySourceKind, ByType,
    ByTypeClient,
};

pub use definitions::{MetricAlert, MetricDefinition, MetricGroup, MetricKind, MetricLabel};
pub use table::METRIC_GROUPS;

use definitions::{PREFIX, register};

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
    /// Requests that succeeded.
    pub succeeded: u64,
    /// Requests that failed.
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
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::Limit, Self::Handshake];

    /// The word for it in the metric.
    pub const fn as_str(self) -> &'static str {
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
        let metrics = Self {
            connections: Gauge::default(),
            connections_unserved: Family::default(),
            streams: Family::default(),
            responses: Family::default(),
            acks: Family::default(),
            nacks: Family::default(),
            push_to_ack: Latencies::new_with_constructor(|| table::PUSH_TO_ACK.histogram()),
            event_to_ack: Latencies::new_with_constructor(|| table::EVENT_TO_ACK.histogram()),
            snapshot_resources: Family::default(),
            translate: table::TRANSLATE.histogram(),
            publish: table::PUBLISH.histogram(),
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
        metrics.register(registry.sub_registry_with_prefix(PREFIX));
        metrics
    }

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
        register(registry, &table::XDS_CONNECTIONS, connections.clone());
        register(registry, &table::XDS_CONNECTIONS_UNSERVED, connections_unserved.clone());
        register(registry, &table::XDS_STREAMS, streams.clone());
        register(registry, &table::XDS_RESPONSES, responses.clone());
        register(registry, &table::XDS_ACKS, acks.clone());
        register(registry, &table::XDS_NACKS, nacks.clone());
        register(registry, &table::PUSH_TO_ACK, push_to_ack.clone());
        register(registry, &table::EVENT_TO_ACK, event_to_ack.clone());
        register(registry, &table::SNAPSHOT_RESOURCES, snapshot_resources.clone());
        register(registry, &table::TRANSLATE, translate.clone());
        register(registry, &table::PUBLISH, publish.clone());
        register(registry, &table::SOURCE_EVENTS, source_events.clone());
        register(registry, &table::SOURCE_SYNCED, source_synced.clone());
        register(registry, &table::SOURCE_STALENESS, source_staleness.clone());
        register(registry, &table::REJECTED_OBJECTS, rejected.clone());
        register(registry, &table::EVENTS, events.clone());
        register(registry, &table::LOAD_STREAMS, load_streams.clone());
        register(registry, &table::LOAD_REQUESTS_ISSUED, load_issued.clone());
        register(registry, &table::LOAD_REQUESTS, load_requests.clone());
        register(registry, &table::BUILD, Info::new([("version", env!("CARGO_PKG_VERSION"))]));
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
