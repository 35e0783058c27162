//! When a request is tried again.

use std::collections::BTreeSet;

use super::{Group, Grpc, Need, Setting};
use crate::model::RetryOn;
use crate::model::settings::value::{self, Read};
use crate::model::settings::values::Values;
use crate::model::settings::{parts, word};

pub(super) const GROUP: Group = Group {
    title: "When a request is tried again",
    about: "By default only what no pod can have seen is tried again, once, on another pod. Anything more is for you to \
            allow: a request that a pod may have seen should be tried again only if doing it twice does no harm.",
    settings: &SETTINGS,
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

static SETTINGS: [Setting; 8] = [
    Setting {
        key: "retry-on",
        about: "When a request is tried again on another pod.",
        default: "connect-failure,refused-stream,reset-before-request",
        example: "unavailable,connect-failure,refused-stream,reset-before-request",
        envoy: "`RouteAction.retry_policy`; when set, also `HttpProtocolOptions.retry_policy` of the cluster (Envoy 1.37 \
                and newer), for those who keep their own routes.",
        grpc: Grpc::Becomes(
            "`RetryPolicy.retry_on`, of which gRPC has `cancelled`, `deadline-exceeded`, `internal`, \
             `resource-exhausted` and `unavailable`. Without one of these there is no policy; a call that no pod has \
             seen is tried again in any case.",
        ),
        note: "The words are Envoy's. `unavailable`, `cancelled`, `deadline-exceeded`, `internal` and \
               `resource-exhausted` are gRPC statuses that a pod answers *without having begun to answer*; the others are \
               of HTTP and of connections. It replaces the default, so list what you want of that, too.",
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
        about: "How often a request is tried again at most.",
        default: "1",
        example: "3",
        needs: RETRYING,
        envoy: "`RetryPolicy.num_retries`.",
        grpc: Grpc::Becomes("`RetryPolicy.num_retries`, at most 4, if there is a policy (see `retry-on`)."),
        values: Values::Other {
            accepts: || format!("a whole number from 1 to {MAX_RETRIES} (to never retry, set retry-on to none)"),
            read: |text| Read::of(value::whole(text, &(1..=MAX_RETRIES)), |to, n| to.policy.retry.num_retries = n),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "per-try-timeout",
        about: "How long each try may take.",
        default: "off",
        example: "500ms",
        envoy: "`RetryPolicy.per_try_timeout`.",
        grpc: Grpc::Nothing("gRPC has none."),
        note: "A try that takes longer is given up; whether it is tried again says `retry-on` (`gateway-error`, `5xx`, \
               `deadline-exceeded`). Not for long streams: it ends them, too.",
        needs: RETRYING,
        values: Values::DurationOrOff(|to, timeout| to.policy.retry.per_try_timeout = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "retry-backoff",
        about: "The shortest pause before a retry, and the longest.",
        default: "25ms,250ms",
        example: "100ms,2s",
        needs: RETRYING,
        envoy: "`RetryPolicy.retry_back_off`.",
        grpc: Grpc::Becomes("`RetryPolicy.retry_back_off`, if there is a policy (see `retry-on`)."),
        note: "The pause doubles with each retry, up to the longest, and each is cut at random, down to nothing. Without \
               a second duration the longest is ten times the shortest.",
        values: Values::Other {
            accepts: || "<shortest>[,<longest>], durations as 25ms,250ms".to_owned(),
            read: |text| Read::of(parts::back_off(text), |to, back_off| to.policy.retry.back_off = back_off),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "retriable-status-codes",
        about: "HTTP statuses that are tried again, whatever retry-on says.",
        default: "none",
        example: "503,504",
        envoy: "`RetryPolicy.retriable_status_codes`, with the word `retriable-status-codes` in `retry_on`.",
        grpc: Grpc::Nothing("gRPC looks at its own statuses, not at those of HTTP."),
        note: "For HTTP; the statuses of gRPC are words of `retry-on`.",
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
        about: "Which share of active requests may be retries, in percent.",
        default: "20",
        example: "30",
        needs: RETRYING,
        envoy: "`CircuitBreakers.thresholds[].retry_budget.budget_percent`.",
        grpc: Grpc::Nothing("gRPC has none by xDS."),
        note: "It keeps a Service that struggles from being finished off by retries. `off`: as many as there are. \
               `max-retries` takes its place.",
        values: Values::DecimalOrOff(0.0..=100.0, |to, percent| to.policy.retry.budget = percent),
        ..Setting::PLAIN
    },
    Setting {
        key: "retry-budget-min-concurrency",
        about: "How many retries may be under way at a time, however few requests are.",
        default: "1000",
        example: "20",
        needs: BUDGET,
        envoy: "`CircuitBreakers.thresholds[].retry_budget.min_retry_concurrency`.",
        grpc: Grpc::Nothing("gRPC has none by xDS."),
        note: "It counts for each Envoy, and a retry that waits for its turn counts, too. When one of two pods dies, that is \
               soon most of what is under way: with more under way than this number, requests fail that the other pod would \
               have answered. What it costs: with a `retry-on`, or a route of your own, that repeats what pods have seen, pods \
               that all fail get each request as often as `num-retries` allows, until so many retries are under way from \
               each Envoy; with a low number they get 20 % more. The default `retry-on` repeats nothing that a pod has \
               seen, so there it costs pods nothing.",
        values: Values::Whole(0..=1_000_000, |to, n| to.policy.retry.budget_min_concurrency = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "retry-other-hosts",
        about: "Whether a retry avoids the pods that failed the request.",
        default: "true",
        example: "false",
        needs: RETRYING,
        envoy: "`RetryPolicy.retry_host_predicate` previous_hosts, 50 attempts.",
        grpc: Grpc::Nothing("a retry is balanced as any call."),
        values: Values::Boolean(|to, avoid| to.policy.retry.other_hosts = avoid),
        ..Setting::PLAIN
    },
];
