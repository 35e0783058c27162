//! Retry settings.

use std::collections::BTreeSet;

use super::{Group, Grpc, Need, Setting};
use crate::model::RetryOn;
use crate::model::settings::value::{self, Read};
use crate::model::settings::values::Values;
use crate::model::settings::{parts, word};

pub(super) const GROUP: Group = Group {
    title: "Retries",
    about: "By default a request is retried once, on another pod, and only if no pod can have seen it. Further retries are \
            opt-in: retry a request that a pod may have seen only if it is safe to run twice.",
    settings: SETTINGS,
};

/// How often a request may be tried again.
const MAX_RETRIES: u32 = 100;

const RETRYING: Option<Need> = Some(Need {
    what: "retry-on other than none",
    is_met: |policy| !policy.retry.on.is_empty() || !policy.retry.status_codes.is_empty(),
});
const BUDGET: Option<Need> = Some(Need {
    what: "retry-budget, and without max-retries",
    is_met: |policy| policy.retry.budget.is_some() && policy.limits.retries.is_none(),
});

const SETTINGS: &[Setting] = &[
    Setting {
        key: "retry-on",
        about: "Conditions under which a request is retried on another pod.",
        default: "connect-failure,refused-stream,reset-before-request",
        example: "unavailable,connect-failure,refused-stream,reset-before-request",
        envoy: "`RouteAction.retry_policy`; if the annotation is set, also `HttpProtocolOptions.retry_policy` of the \
                cluster (Envoy 1.37 and newer), for users with their own routes.",
        grpc: Grpc::Becomes(
            "`RetryPolicy.retry_on`; gRPC supports `cancelled`, `deadline-exceeded`, `internal`, `resource-exhausted` and \
             `unavailable`. Without one of these there is no retry policy. gRPC always retries a call that no pod has \
             seen.",
        ),
        note: "The conditions have Envoy's names. `unavailable`, `cancelled`, `deadline-exceeded`, `internal` and \
               `resource-exhausted` are gRPC statuses that a pod returns *before it sends any part of a response*; the \
               others concern HTTP and connections. The value replaces the default, so include the default conditions that \
               you want to keep.",
        values: Values::Other {
            accepts: || format!("none, or a list of {}", word::one_of::<RetryOn>()),
            read: |text| {
                Read::of(word::set_or_none(text), |to, on| {
                    to.policy.retry.on = on;
                    to.policy.retry.annotated = true;
                })
            },
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "num-retries",
        about: "Maximum number of retries of a request.",
        default: "1",
        example: "3",
        needs: RETRYING,
        envoy: "`RetryPolicy.num_retries`.",
        grpc: Grpc::Becomes("`RetryPolicy.num_retries`, at most 4, if there is a retry policy (see `retry-on`)."),
        values: Values::Other {
            accepts: || format!("a whole number from 1 to {MAX_RETRIES} (to never retry, set retry-on to none)"),
            read: |text| Read::of(value::whole(text, &(1..=MAX_RETRIES)), |to, n| to.policy.retry.num_retries = n),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "per-try-timeout",
        about: "Timeout of each attempt.",
        default: "off",
        example: "500ms",
        envoy: "`RetryPolicy.per_try_timeout`.",
        grpc: Grpc::Nothing("gRPC has no such timeout."),
        note: "An attempt that takes longer is aborted; `retry-on` decides whether it is retried (`gateway-error`, `5xx`, \
               `deadline-exceeded`). Don't use it with long streams: it ends them.",
        needs: RETRYING,
        values: Values::DurationOrOff(|to, timeout| to.policy.retry.per_try_timeout = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "retry-backoff",
        about: "Shortest and longest pause before a retry.",
        default: "25ms,250ms",
        example: "100ms,2s",
        needs: RETRYING,
        envoy: "`RetryPolicy.retry_back_off`.",
        grpc: Grpc::Becomes("`RetryPolicy.retry_back_off`, if there is a retry policy (see `retry-on`)."),
        note: "The pause doubles with each retry, up to the longest, and full jitter applies: each pause is a random part \
               of it. Without a second duration, the longest pause is ten times the shortest.",
        values: Values::Other {
            accepts: || "<shortest>[,<longest>], durations as 25ms,250ms".to_owned(),
            read: |text| Read::of(parts::back_off(text), |to, back_off| to.policy.retry.back_off = back_off),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "retriable-status-codes",
        about: "HTTP statuses that are retried regardless of `retry-on`.",
        default: "none",
        example: "503,504",
        envoy: "`RetryPolicy.retriable_status_codes`, with the word `retriable-status-codes` in `retry_on`.",
        grpc: Grpc::Nothing("gRPC retries on gRPC statuses, not on HTTP statuses."),
        note: "For HTTP; for gRPC statuses use `retry-on`.",
        values: Values::Other {
            accepts: || "none, or a list of HTTP statuses from 100 to 599".to_owned(),
            read: |text| {
                Read::of(value::wholes(text, &(100..=599)), |to, codes: BTreeSet<u32>| {
                    to.policy.retry.status_codes = codes.into_iter().filter_map(|code| code.try_into().ok()).collect();
                })
            },
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "retry-budget",
        about: "Maximum share of retries among active requests, in percent.",
        default: "20",
        example: "30",
        needs: RETRYING,
        envoy: "`CircuitBreakers.thresholds[].retry_budget.budget_percent`.",
        grpc: Grpc::Nothing("gRPC has no retry budget over xDS."),
        note: "It keeps retries from overwhelming a Service in trouble. `off`: no limit. `max-retries` replaces it.",
        values: Values::DecimalOrOff(0.0..=100.0, |to, percent| to.policy.retry.budget = percent),
        ..Setting::PLAIN
    },
    Setting {
        key: "retry-budget-min-concurrency",
        about: "Number of concurrent retries that is always allowed, however few requests are active.",
        default: "1000",
        example: "20",
        needs: BUDGET,
        envoy: "`CircuitBreakers.thresholds[].retry_budget.min_retry_concurrency`.",
        grpc: Grpc::Nothing("gRPC has no retry budget over xDS."),
        note: "It applies per Envoy, and retries that wait for their turn count. When one of two pods dies, most active \
               requests soon become retries; those above this number fail, although the other pod would have answered. The \
               cost: if `retry-on`, or a route of your own, repeats requests that pods have seen, and all pods fail, each \
               request is repeated up to `num-retries` times until this many retries are active in each Envoy; with a low \
               number, pods get 20 % more requests. The default `retry-on` repeats nothing that a pod has seen, so there \
               the number costs pods nothing.",
        values: Values::Whole(0..=1_000_000, |to, n| to.policy.retry.budget_min_concurrency = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "retry-other-hosts",
        about: "Retries avoid pods on which the request has already failed.",
        default: "true",
        example: "false",
        needs: RETRYING,
        envoy: "`RetryPolicy.retry_host_predicate` previous_hosts, 50 attempts.",
        grpc: Grpc::Nothing("a retry is balanced like any other call."),
        values: Values::Boolean(|to, avoid| to.policy.retry.other_hosts = avoid),
        ..Setting::PLAIN
    },
];
