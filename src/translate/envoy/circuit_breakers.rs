//! The circuit breakers of an Envoy cluster.

use data_plane_api::cluster::CircuitBreakers;
use data_plane_api::cluster::circuit_breakers::{Thresholds, thresholds::RetryBudget};
use data_plane_api::core::RoutingPriority;
use data_plane_api::types::Percent;

use crate::model::{Limits, Retry, UNLIMITED};

/// The circuit breakers. All fields are set: Envoy's own defaults are 1024, and a busy HTTP/2 client meets them.
pub(super) fn circuit_breakers(limits: &Limits, retry: &Retry) -> CircuitBreakers {
    let Limits { connections, pending_requests, requests, retries, connections_per_host } = limits;
    let per_host = Thresholds {
        priority: RoutingPriority::Default.into(),
        max_connections: Some(*connections_per_host),
        ..Thresholds::default()
    };
    CircuitBreakers {
        thresholds: vec![Thresholds {
            priority: RoutingPriority::Default.into(),
            max_connections: Some(*connections),
            max_pending_requests: Some(*pending_requests),
            max_requests: Some(*requests),
            max_retries: Some(retries.unwrap_or(UNLIMITED)),
            // Envoy looks at `max_retries` only where there is no budget.
            retry_budget: if retries.is_none() { retry_budget(retry) } else { None },
            ..Thresholds::default()
        }],
        per_host_thresholds: if *connections_per_host == UNLIMITED { Vec::new() } else { vec![per_host] },
    }
}

fn retry_budget(retry: &Retry) -> Option<RetryBudget> {
    retry.budget.map(|percent| RetryBudget {
        budget_percent: Some(Percent { value: percent }),
        min_retry_concurrency: Some(retry.budget_min_concurrency),
        ..RetryBudget::default()
    })
}
