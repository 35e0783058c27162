//! The table of all metrics.

use super::definitions::MetricKind::{Counter, Gauge, GaugeSeconds, HistogramSeconds, Info};
use super::definitions::{MetricAlert, MetricDefinition, MetricGroup, MetricLabel};

/// Bounds of the latencies that cross the network, in seconds: half a millisecond to ten seconds.
const ROUND_TRIP: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Bounds of the work that stays in this process, in seconds: ten microseconds to one second.
const WORK: &[f64] = &[0.00001, 0.000_025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 1.0];

/// The type of a resource, as `ResourceType::as_str` says it.
const TYPE: MetricLabel = words("type", &["cds", "eds", "lds", "rds", "sds"]);

/// The kind of client, as `ClientKind::as_str` says it.
const CLIENT: MetricLabel = words("client", &["envoy", "grpc"]);

/// The variant of the protocol: state of the world, or incremental.
const VARIANT: MetricLabel = words("variant", &["sotw", "delta"]);

/// The source, as `--source` has it.
const SOURCE: MetricLabel = words("source", &["kubernetes", "manifests"]);

/// The kind of object that an event was about; `File` is a manifest file that holds none.
const EVENT_KIND: MetricLabel = words("kind", &["Namespace", "Service", "EndpointSlice", "Pod", "File"]);

/// The kinds that a source lists, as `Kind::as_str` says them.
const LISTED_KIND: MetricLabel = words("kind", &["Namespace", "Service", "EndpointSlice", "Pod"]);

/// Why a connection was closed at once, as `UnservedConnection::as_str` says it.
const UNSERVED: MetricLabel = words("reason", &["limit", "handshake"]);

/// What is wrong, as `Reason::as_str` says it.
const REASON: MetricLabel = words(
    "reason",
    &[
        "InvalidAnnotation",
        "UnknownAnnotation",
        "DoubtfulAnnotation",
        "InvalidObject",
        "DoubtfulObject",
        "InvalidEndpoint",
        "Unsupported",
        "Duplicate",
        "Unparsable",
        "RejectedByClient",
    ],
);

/// The reasons that Events have; empty for Events that were dropped before anybody knew theirs.
const EVENT_REASON: MetricLabel = words("reason", &["InvalidAnnotation", "UnknownAnnotation", "RejectedByClient", ""]);

/// What became of an Event, as `EventOutcome::as_str` says it.
const EVENT_OUTCOME: MetricLabel = words("outcome", &["created", "repeated", "known", "gone", "failed", "dropped"]);

/// How a request ended.
const LOAD_OUTCOME: MetricLabel = words("outcome", &super::OUTCOMES);

/// A cluster, by the name that clients know it under.
const CLUSTER: MetricLabel = MetricLabel { name: "cluster", values: &[], what: "`<namespace>/<service>/<port>`" };

/// The version of Chancery.
const VERSION: MetricLabel = MetricLabel { name: "version", values: &[], what: "the version of Chancery" };

const fn words(name: &'static str, values: &'static [&'static str]) -> MetricLabel {
    MetricLabel { name, values, what: "" }
}

/// Every metric, in the order of the reference.
pub static METRIC_GROUPS: [MetricGroup; 7] = [
    MetricGroup {
        title: "Connections and streams",
        about: "How many clients this replica serves. Compare replicas by them: clients spread again as their \
                connections reach `max-connection-age`.",
        metrics: &[&XDS_CONNECTIONS, &XDS_CONNECTIONS_UNSERVED, &XDS_STREAMS, &LOAD_STREAMS],
    },
    MetricGroup {
        title: "Responses and their answers",
        about: "What clients make of what they are sent. A client that rejects a response (NACK) keeps its previous \
                configuration.",
        metrics: &[&XDS_RESPONSES, &XDS_ACKS, &XDS_NACKS, &SNAPSHOT_RESOURCES],
    },
    MetricGroup {
        title: "Latency",
        about: "How long a change takes. Clients answer when they have applied a response, so the latencies to the ACK \
                include the client's work.",
        metrics: &[&EVENT_TO_ACK, &PUSH_TO_ACK, &TRANSLATE, &PUBLISH],
    },
    MetricGroup {
        title: "The source",
        about: "Whether Chancery sees what happens in the cluster, or in its directory of manifests.",
        metrics: &[&SOURCE_SYNCED, &SOURCE_STALENESS, &SOURCE_EVENTS],
    },
    MetricGroup {
        title: "Rejected configuration",
        about: "What users wrote and Chancery cannot use. A mistake affects its own object only.",
        metrics: &[&REJECTED_OBJECTS, &EVENTS],
    },
    MetricGroup {
        title: "Load that clients report",
        about: "Filled only by clients that report load (LRS). A cluster has series from its first reported request \
                until it is removed.",
        metrics: &[&LOAD_REQUESTS_ISSUED, &LOAD_REQUESTS],
    },
    MetricGroup { title: "The process", about: "", metrics: &[&BUILD] },
];

pub(super) static XDS_CONNECTIONS: MetricDefinition = MetricDefinition {
    name: "xds_connections",
    kind: Gauge,
    labels: &[],
    help: "Open connections to the xDS port",
    use_for: "Compare it with `max-connections`. One client usually holds one connection.",
    alert: None,
};

pub(super) static XDS_CONNECTIONS_UNSERVED: MetricDefinition = MetricDefinition {
    name: "xds_connections_unserved",
    kind: Counter,
    labels: &[UNSERVED],
    help: "Connections to the xDS port that were closed without being served",
    use_for: "`limit`: `max-connections` connections were open; add replicas or raise it. `handshake`: HTTP/2 did not \
              start within 10 s; usually a port scan, a TCP health check, or a client that speaks TLS.",
    alert: Some(MetricAlert {
        name: "ChanceryConnectionLimit",
        expression: "increase(chancery_xds_connections_unserved_total{reason=\"limit\"}[10m]) > 0",
        holds: "5m",
        means: "Clients cannot connect because `max-connections` connections are open. Add replicas or raise the \
                limit.",
    }),
};

pub(super) static XDS_STREAMS: MetricDefinition = MetricDefinition {
    name: "xds_streams",
    kind: Gauge,
    labels: &[CLIENT, VARIANT],
    help: "Open xDS streams",
    use_for: "A sudden fall means that clients cannot reach the server. They keep their last configuration meanwhile.",
    alert: Some(MetricAlert {
        name: "ChanceryClientsGone",
        expression: "sum(chancery_xds_streams) < 0.5 * sum(chancery_xds_streams offset 10m)",
        holds: "2m",
        means: "Half of all streams closed and did not come back. Check the network between clients and Chancery; \
                clients keep their last configuration.",
    }),
};

pub(super) static LOAD_STREAMS: MetricDefinition = MetricDefinition {
    name: "load_streams",
    kind: Gauge,
    labels: &[CLIENT],
    help: "Open load-reporting streams",
    use_for: "It is 0 unless clients are configured to report load (LRS). The bootstraps that Chancery prints do not \
              ask for it; gRPC clients report load for Services with `max-requests`.",
    alert: None,
};

pub(super) static XDS_RESPONSES: MetricDefinition = MetricDefinition {
    name: "xds_responses",
    kind: Counter,
    labels: &[TYPE, CLIENT],
    help: "xDS responses sent",
    use_for: "Its rate is the load on the server. A high rate of `eds` is normal while pods come and go; do not alert \
              on it.",
    alert: None,
};

pub(super) static XDS_ACKS: MetricDefinition = MetricDefinition {
    name: "xds_acks",
    kind: Counter,
    labels: &[TYPE],
    help: "xDS responses that a client accepted",
    use_for: "Follows `chancery_xds_responses_total` closely. A growing difference means clients that do not answer.",
    alert: None,
};

pub(super) static XDS_NACKS: MetricDefinition = MetricDefinition {
    name: "xds_nacks",
    kind: Counter,
    labels: &[TYPE, CLIENT],
    help: "xDS responses that a client rejected",
    use_for: "Should stay 0. `chancery status` shows the client and its message, `/api/v1/rejected` the Service that \
              the resource was made from.",
    alert: Some(MetricAlert {
        name: "ChanceryRejectedByClient",
        expression: "increase(chancery_xds_nacks_total[10m]) > 0",
        holds: "10m",
        means: "A client rejects its configuration and keeps the previous one. Run `chancery status` to see which \
                client, which type, and its message.",
    }),
};

pub(super) static SNAPSHOT_RESOURCES: MetricDefinition = MetricDefinition {
    name: "snapshot_resources",
    kind: Gauge,
    labels: &[TYPE, CLIENT],
    help: "Resources in the published snapshots",
    use_for: "Compare replicas by it: the same cluster gives the same number. For `grpc` only the resources that \
              clients asked for count, so there replicas differ.",
    alert: None,
};

pub(super) static EVENT_TO_ACK: MetricDefinition = MetricDefinition {
    name: "event_to_ack",
    kind: HistogramSeconds(ROUND_TRIP),
    labels: &[TYPE],
    help: "Time from the delivery of an event by the watch to the ACK of the resulting response",
    use_for: "The one number for how fresh clients are, from the event to the client that has applied it. It excludes \
              the time that the Kubernetes API takes to deliver the event.",
    alert: Some(MetricAlert {
        name: "ChancerySlowPropagation",
        expression: "histogram_quantile(0.99, sum by (le) (rate(chancery_event_to_ack_seconds_bucket[5m]))) > 1",
        holds: "5m",
        means: "Changes take more than a second to reach clients. Compare with `chancery_push_to_ack_seconds` \
                (clients, network), `chancery_translate_seconds` and `chancery_publish_seconds` (this process).",
    }),
};

pub(super) static PUSH_TO_ACK: MetricDefinition = MetricDefinition {
    name: "push_to_ack",
    kind: HistogramSeconds(ROUND_TRIP),
    labels: &[TYPE],
    help: "Time from sending a response to its ACK",
    use_for: "The part of `chancery_event_to_ack_seconds` that the network and the client take.",
    alert: None,
};

pub(super) static TRANSLATE: MetricDefinition = MetricDefinition {
    name: "translate",
    kind: HistogramSeconds(WORK),
    labels: &[],
    help: "Time to merge and render one batch of events",
    use_for: "The work of one batch of events. It grows with the size of the batch, not with the size of the cluster.",
    alert: None,
};

pub(super) static PUBLISH: MetricDefinition = MetricDefinition {
    name: "publish",
    kind: HistogramSeconds(WORK),
    labels: &[],
    help: "Time to build and publish the snapshots of one batch",
    use_for: "As above, for the second half of the work.",
    alert: None,
};

pub(super) static SOURCE_SYNCED: MetricDefinition = MetricDefinition {
    name: "source_synced",
    kind: Gauge,
    labels: &[LISTED_KIND],
    help: "1 if the kind has been listed completely, else 0",
    use_for: "0 after the start until the kind was listed; nothing is served before all are. `/readyz` says the same \
              in words.",
    alert: Some(MetricAlert {
        name: "ChanceryNotSynced",
        expression: "min by (instance) (chancery_source_synced) == 0",
        holds: "2m",
        means: "A replica has not listed everything yet and serves nothing. `/readyz` and the log say what is missing: \
                usually rights, or an API server that does not answer.",
    }),
};

pub(super) static SOURCE_STALENESS: MetricDefinition = MetricDefinition {
    name: "source_staleness",
    kind: GaugeSeconds,
    labels: &[],
    help: "Time since the source lost touch with what it watches; 0 while in touch",
    use_for: "Above 0 clients still get the last known state. Pods that started or died since then are not known.",
    alert: Some(MetricAlert {
        name: "ChanceryStale",
        expression: "chancery_source_staleness_seconds > 60",
        holds: "1m",
        means: "The source cannot follow the cluster, so endpoints go stale. `/readyz` and the log name the error.",
    }),
};

pub(super) static SOURCE_EVENTS: MetricDefinition = MetricDefinition {
    name: "source_events",
    kind: Counter,
    labels: &[SOURCE, EVENT_KIND],
    help: "Events that the source delivered",
    use_for: "Its rate by kind shows what changes in the cluster. A high rate of `Service` is unusual: look for a \
              controller that writes in a loop.",
    alert: None,
};

pub(super) static REJECTED_OBJECTS: MetricDefinition = MetricDefinition {
    name: "rejected_objects",
    kind: Gauge,
    labels: &[REASON],
    help: "Rejected settings, objects and files",
    use_for: "`/api/v1/rejected` and `chancery lint` name each, with the reason and what is in force meanwhile. \
              `RejectedByClient` deserves attention first.",
    alert: Some(MetricAlert {
        name: "ChanceryRejectedConfiguration",
        expression: "sum by (reason) (chancery_rejected_objects) > 0",
        holds: "30m",
        means: "A setting, an object or a file has no effect. Informational: the owner of the object gets a Kubernetes \
                Event. `/api/v1/rejected` lists everything.",
    }),
};

pub(super) static EVENTS: MetricDefinition = MetricDefinition {
    name: "events",
    kind: Counter,
    labels: &[EVENT_REASON, EVENT_OUTCOME],
    help: "Kubernetes Events, by outcome",
    use_for: "`created` and `repeated`: written. `known`: another replica wrote it. `gone`: the object no longer \
              exists. `failed`: usually no right to create Events. `dropped`: too many at once.",
    alert: None,
};

pub(super) static LOAD_REQUESTS_ISSUED: MetricDefinition = MetricDefinition {
    name: "load_requests_issued",
    kind: Counter,
    labels: &[CLUSTER],
    help: "Requests sent to a cluster, as reported by clients (LRS)",
    use_for: "Requests per second by cluster, over all reporting clients of this replica.",
    alert: None,
};

pub(super) static LOAD_REQUESTS: MetricDefinition = MetricDefinition {
    name: "load_requests",
    kind: Counter,
    labels: &[CLUSTER, LOAD_OUTCOME],
    help: "Requests to a cluster by outcome, as reported by clients (LRS)",
    use_for: "What counts as `error` is up to the client. `dropped`: never sent, because of `max-requests` or \
              a drop policy.",
    alert: None,
};

pub(super) static BUILD: MetricDefinition = MetricDefinition {
    name: "build",
    kind: Info,
    labels: &[VERSION],
    help: "Version of this build",
    use_for: "Which versions run during an upgrade.",
    alert: None,
};
