//! How much may be under way at a time.

use super::{Group, Grpc, Setting};
use crate::model::UNLIMITED;
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "How much may be under way at a time",
    about: "Each Envoy counts for itself, for each Service port. What is above a limit is answered with UNAVAILABLE \
            (HTTP 503) at once. Envoy's own defaults are 1024, and busy HTTP/2 clients meet them; ours are no limits.",
    settings: &SETTINGS,
};

/// The word for no limit.
const NONE: &str = "unlimited";

/// The highest number that is a limit.
const MOST: u32 = UNLIMITED - 1;

static SETTINGS: [Setting; 5] = [
    Setting {
        key: "max-connections",
        about: "Connections to all pods together.",
        default: NONE,
        example: "100",
        envoy: "`CircuitBreakers.thresholds[].max_connections`.",
        grpc: Grpc::Nothing("a client has one connection to each pod."),
        note: "Envoy opens one to each pod whatever the limit.",
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.connections = n.unwrap_or(UNLIMITED)),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-pending-requests",
        about: "Requests that wait for a connection.",
        default: NONE,
        example: "100",
        envoy: "`CircuitBreakers.thresholds[].max_pending_requests`.",
        grpc: Grpc::Nothing("gRPC has none."),
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.pending_requests = n.unwrap_or(UNLIMITED)),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-requests",
        about: "Requests.",
        default: NONE,
        example: "1000",
        envoy: "`CircuitBreakers.thresholds[].max_requests`.",
        grpc: Grpc::Becomes(
            "`CircuitBreakers.thresholds[].max_requests`, of each client; with `Cluster.lrs_server`, without which grpc-java \
             doesn't count.",
        ),
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.requests = n.unwrap_or(UNLIMITED)),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-retries",
        about: "Retries.",
        default: "what retry-budget says",
        default_is_words: true,
        example: "10",
        envoy: "`CircuitBreakers.thresholds[].max_retries`.",
        grpc: Grpc::Nothing("gRPC has none."),
        note: "A fixed number in the place of `retry-budget`: of the two, Envoy looks at one only.",
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.retries = Some(n.unwrap_or(UNLIMITED))),
        ..Setting::PLAIN
    },
    Setting {
        key: "per-host-max-connections",
        about: "Connections to each pod.",
        default: NONE,
        example: "10",
        envoy: "`CircuitBreakers.per_host_thresholds[].max_connections`.",
        grpc: Grpc::Nothing("a client has one connection to each pod."),
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.connections_per_host = n.unwrap_or(UNLIMITED)),
        ..Setting::PLAIN
    },
];
