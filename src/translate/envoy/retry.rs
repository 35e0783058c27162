//! When Envoy tries a request again.

use std::time::Duration;

use data_plane_api::retry::PreviousHostsPredicate;
use data_plane_api::route::{RetryPolicy, retry_policy};

use super::{duration, extension};
use crate::model::{Retry, RetryOn};

/// The shortest pause before a retry, and the longest (each is jittered down to 0). Short, because another pod is asked,
/// not the same one; Envoy's own defaults, written down so that they can't change under us.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(250));

/// How often another pod is looked for, before a retry goes to one that already failed it. The choice doesn't exclude
/// the failed pod, it only rejects it, so with few pods one attempt would often find the same again.
const OTHER_HOST_ATTEMPTS: i64 = 3;

/// The retry policy; `None` when nothing is retried.
pub(super) fn retry_policy(retry: &Retry) -> Option<RetryPolicy> {
    let Retry { on, num_retries, budget_min_concurrency: _, annotated: _ } = retry;
    if on.is_empty() {
        return None;
    }
    let (base, max) = BACK_OFF;
    Some(RetryPolicy {
        // HTTP and gRPC conditions share one field: Envoy looks for both kinds of word in it.
        retry_on: on.iter().copied().map(RetryOn::as_str).collect::<Vec<_>>().join(","),
        num_retries: Some(*num_retries),
        retry_host_predicate: vec![previous_hosts()],
        host_selection_retry_max_attempts: OTHER_HOST_ATTEMPTS,
        retry_back_off: Some(retry_policy::RetryBackOff {
            base_interval: Some(duration(base)),
            max_interval: Some(duration(max)),
        }),
        ..RetryPolicy::default()
    })
}

/// A retry goes to a pod that hasn't failed this request yet.
fn previous_hosts() -> retry_policy::RetryHostPredicate {
    let extension = extension("envoy.retry_host_predicates.previous_hosts", &PreviousHostsPredicate {});
    retry_policy::RetryHostPredicate {
        name: extension.name,
        config_type: extension.typed_config.map(retry_policy::retry_host_predicate::ConfigType::TypedConfig),
    }
}
