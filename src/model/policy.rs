//! How clients balance over one port, resolved from all the places it can be set.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Fleets;

/// The resolved policy of one port. Every field has a value: what nobody set has its default.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The fleets that get it; default all.
    pub fleets: Fleets,
    /// More domains of its virtual host, lower case; default none.
    pub hosts: BTreeSet<Arc<str>>,
    /// What its pods speak; default HTTP/2.
    pub protocol: Protocol,
    /// How a request finds its pod; default round robin.
    pub lb_policy: LbPolicy,
    /// Whether requests stay near; default off.
    pub zone_routing: ZoneRouting,
    /// When a request is tried again.
    pub retry: Retry,
}

/// What the pods of a port speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// gRPC, which is HTTP/2.
    Grpc,
    /// HTTP/2 with prior knowledge.
    #[default]
    Http2,
    /// HTTP/1.1.
    Http1,
    /// Whatever the client used.
    Auto,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 4] = [Self::Grpc, Self::Http2, Self::Http1, Self::Auto];

    /// The word for it in the annotation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http2 => "http2",
            Self::Http1 => "http1",
            Self::Auto => "auto",
        }
    }

    /// Whether it is HTTP/2 with certainty.
    pub const fn is_http2(self) -> bool {
        matches!(self, Self::Grpc | Self::Http2)
    }
}

/// How a request finds its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LbPolicy {
    /// Each pod in turn.
    #[default]
    RoundRobin,
    /// The less busy of two pods picked at random.
    LeastRequest,
}

impl LbPolicy {
    /// Every policy.
    pub const ALL: [Self; 2] = [Self::RoundRobin, Self::LeastRequest];

    /// The word for it in the annotation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "round-robin",
            Self::LeastRequest => "least-request",
        }
    }
}

/// Whether requests stay near the client while pods are there that take them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZoneRouting {
    /// They go to all pods alike.
    #[default]
    Off,
    /// They go to the pods of the client's zone first.
    PreferZone,
    /// They go to the pods on the client's node first, then to those of its zone.
    PreferNode,
}

impl ZoneRouting {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Off, Self::PreferZone, Self::PreferNode];

    /// The word for it in the annotation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::PreferZone => "prefer-zone",
            Self::PreferNode => "prefer-node",
        }
    }
}

/// When a request is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// On what; empty: never.
    pub on: BTreeSet<RetryOn>,
    /// How often at most, 1 or more.
    pub num_retries: u32,
    /// How many retries of a whole Envoy may be under way at a time, however few requests are.
    pub budget_min_concurrency: u32,
    /// Whether an annotation set `retry-on`. Only then the cluster carries it too: a default there would override the
    /// retry policy of people who keep their own routes.
    pub annotated: bool,
}

/// A condition for a retry; the words are Envoy's (`x-envoy-retry-on`, `x-envoy-retry-grpc-on`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "Envoy's router documentation defines each word")]
pub enum RetryOn {
    Cancelled,
    ConnectFailure,
    DeadlineExceeded,
    EnvoyRatelimited,
    FiveXx,
    GatewayError,
    Internal,
    RefusedStream,
    Reset,
    ResetBeforeRequest,
    ResourceExhausted,
    Retriable4xx,
    RetriableStatusCodes,
    Unavailable,
}

impl RetryOn {
    /// What is retried when nobody says otherwise: only what no pod can have seen.
    pub const DEFAULT: [Self; 3] = [Self::ConnectFailure, Self::RefusedStream, Self::ResetBeforeRequest];

    /// Every condition, in the order of its word.
    pub const ALL: [Self; 14] = [
        Self::FiveXx,
        Self::Cancelled,
        Self::ConnectFailure,
        Self::DeadlineExceeded,
        Self::EnvoyRatelimited,
        Self::GatewayError,
        Self::Internal,
        Self::RefusedStream,
        Self::Reset,
        Self::ResetBeforeRequest,
        Self::ResourceExhausted,
        Self::Retriable4xx,
        Self::RetriableStatusCodes,
        Self::Unavailable,
    ];

    /// Envoy's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FiveXx => "5xx",
            Self::Cancelled => "cancelled",
            Self::ConnectFailure => "connect-failure",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::EnvoyRatelimited => "envoy-ratelimited",
            Self::GatewayError => "gateway-error",
            Self::Internal => "internal",
            Self::RefusedStream => "refused-stream",
            Self::Reset => "reset",
            Self::ResetBeforeRequest => "reset-before-request",
            Self::ResourceExhausted => "resource-exhausted",
            Self::Retriable4xx => "retriable-4xx",
            Self::RetriableStatusCodes => "retriable-status-codes",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self { on: RetryOn::DEFAULT.into(), num_retries: 1, budget_min_concurrency: 3, annotated: false }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            fleets: Fleets::All,
            hosts: BTreeSet::new(),
            protocol: Protocol::default(),
            lb_policy: LbPolicy::default(),
            zone_routing: ZoneRouting::default(),
            retry: Retry::default(),
        }
    }
}
