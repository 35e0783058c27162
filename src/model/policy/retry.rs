//! Retry settings.

use std::collections::BTreeSet;
use std::time::Duration;

/// How many retries of a whole Envoy to one Service may be under way at a time, however few requests are.
///
/// When one of two pods dies, every request that goes to it waits for its retry, 12.5 ms on average, and where pods answer
/// faster than that, soon nearly all that is under way waits so. A share of what is under way is then no measure: what waits
/// doesn't count as under way. So this is as many requests as an Envoy may have under way to a Service whose pod dies without
/// one of them failing.
const BUDGET_MIN_CONCURRENCY: u32 = 1000;

/// When a request is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// On what; empty: never.
    pub on: BTreeSet<RetryOn>,
    /// How often at most, 1 or more; default 1.
    pub num_retries: u32,
    /// How long each try may take; default as long as the whole.
    pub per_try_timeout: Option<Duration>,
    /// The shortest pause before a retry, and the longest; default 25 ms and 250 ms.
    pub back_off: (Duration, Duration),
    /// The HTTP statuses that are retried as well; default none.
    pub status_codes: BTreeSet<u16>,
    /// The share of active requests that may be retries, in percent; `None`: any. Default 20.
    pub budget: Option<f64>,
    /// How many retries of a whole Envoy may be under way at a time, however few requests are; default 1000.
    pub budget_min_concurrency: u32,
    /// Whether a retry avoids the pods that failed the request; default yes.
    pub other_hosts: bool,
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
        Self {
            on: RetryOn::DEFAULT.into(),
            num_retries: 1,
            per_try_timeout: None,
            back_off: (Duration::from_millis(25), Duration::from_millis(250)),
            status_codes: BTreeSet::new(),
            budget: Some(20.0),
            budget_min_concurrency: BUDGET_MIN_CONCURRENCY,
            other_hosts: true,
            annotated: false,
        }
    }
}
