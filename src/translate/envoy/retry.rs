//! The retry policy of Envoys.

use data_plane_api::retry::PreviousHostsPredicate;
use data_plane_api::route::{RetryPolicy, retry_policy};

use crate::model::{Retry, RetryOn};
use crate::translate::messages::{duration, extension};

/// How often another pod is looked for, before a retry goes to one that already failed it. The choice doesn't exclude
/// the failed pod, it only rejects it. Least request finds a pod that fails at once in three of four choices out of two
/// pods, as it has the least to do: of a million retries this many attempts leave one to the same pod again.
const OTHER_HOST_ATTEMPTS: i64 = 50;

/// The retry policy; `None` when nothing is retried.
pub(super) fn retry_policy(retry: &Retry) -> Option<RetryPolicy> {
    let Retry {
        on,
        num_retries,
        per_try_timeout,
        back_off: (base, max),
        status_codes,
        // The circuit breakers have them.
        budget: _,
        budget_min_concurrency: _,
        other_hosts,
        annotated: _,
    } = retry;
    let mut on = on.clone();
    if !status_codes.is_empty() {
        on.insert(RetryOn::RetriableStatusCodes);
    }
    if on.is_empty() {
        return None;
    }
    Some(RetryPolicy {
        // HTTP and gRPC conditions share one field: Envoy looks for both kinds of word in it.
        retry_on: on.into_iter().map(RetryOn::as_str).collect::<Vec<_>>().join(","),
        num_retries: Some(*num_retries),
        per_try_timeout: per_try_timeout.map(duration),
        retriable_status_codes: status_codes.iter().copied().map(u32::from).collect(),
        retry_host_predicate: other_hosts.then(previous_hosts).into_iter().collect(),
        host_selection_retry_max_attempts: if *other_hosts { OTHER_HOST_ATTEMPTS } else { 0 },
        retry_back_off: Some(retry_policy::RetryBackOff {
            base_interval: Some(duration(*base)),
            max_interval: Some(duration(*max)),
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
