//! Circuit breaker settings.

use super::{Group, Grpc, Setting};
use crate::model::UNLIMITED;
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "Circuit breakers",
    about: "Limits apply per Envoy and Service port. Envoy answers requests above a limit with UNAVAILABLE (HTTP 503) at \
            once. Envoy's own default is 1024, which busy HTTP/2 clients reach; Chancery's default is no limit.",
    settings: SETTINGS,
};

/// The word for no limit.
const NONE: &str = "unlimited";

/// The highest number that is a limit.
const MOST: u32 = UNLIMITED - 1;

const SETTINGS: &[Setting] = &[
    Setting {
        key: "max-connections",
        about: "Maximum number of connections to all pods together.",
        default: NONE,
        example: "100",
        envoy: "`CircuitBreakers.thresholds[].max_connections`.",
        grpc: Grpc::Nothing("a client has one connection to each pod."),
        note: "Envoy opens one connection to each pod regardless of the limit.",
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.connections = n.unwrap_or(UNLIMITED)),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-pending-requests",
        about: "Maximum number of requests that wait for a connection.",
        default: NONE,
        example: "100",
        envoy: "`CircuitBreakers.thresholds[].max_pending_requests`.",
        grpc: Grpc::Nothing("gRPC has no such limit."),
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.pending_requests = n.unwrap_or(UNLIMITED)),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-requests",
        about: "Maximum number of concurrent requests.",
        default: NONE,
        example: "1000",
        envoy: "`CircuitBreakers.thresholds[].max_requests`.",
        grpc: Grpc::Becomes(
            "`CircuitBreakers.thresholds[].max_requests`, for each client; with `Cluster.lrs_server`, without which \
             grpc-java doesn't count.",
        ),
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.requests = n.unwrap_or(UNLIMITED)),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-retries",
        about: "Maximum number of concurrent retries.",
        default: "the value of retry-budget",
        default_is_words: true,
        example: "10",
        envoy: "`CircuitBreakers.thresholds[].max_retries`.",
        grpc: Grpc::Nothing("gRPC has no such limit."),
        note: "A fixed number that replaces `retry-budget`: Envoy applies only one of the two.",
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.retries = Some(n.unwrap_or(UNLIMITED))),
        ..Setting::PLAIN
    },
    Setting {
        key: "per-host-max-connections",
        about: "Maximum number of connections to each pod.",
        default: NONE,
        example: "10",
        envoy: "`CircuitBreakers.per_host_thresholds[].max_connections`.",
        grpc: Grpc::Nothing("a client has one connection to each pod."),
        values: Values::WholeOr(NONE, 0..=MOST, |to, n| to.policy.limits.connections_per_host = n.unwrap_or(UNLIMITED)),
        ..Setting::PLAIN
    },
];
