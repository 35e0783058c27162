//! A Service port as a cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use data_plane_api::cluster::{
    CircuitBreakers, Cluster, ClusterDiscoveryType, CommonLbConfig, DiscoveryType, EdsClusterConfig,
    LoadBalancingPolicy, UpstreamConnectionOptions, circuit_breakers, load_balancing_policy,
};
use data_plane_api::core::{RoutingPriority, TypedExtensionConfig};
use data_plane_api::load_balancing::{LeastRequest, RoundRobin};
use data_plane_api::types::Percent;

use super::{ads, duration, extension, protocol, tcp_keepalive};
use crate::model::{LbPolicy, Policy, Retry};
use crate::xds::{Name, Resource};

/// How long a new connection may take. Within a cluster a handshake takes milliseconds; a pod that needs longer is gone,
/// and a retry goes elsewhere.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long changes of health are held back to be delivered together. Not Envoy's second: a pod that begins to drain
/// would go on getting requests for that long. (Pods that come or go are never held back.)
const UPDATE_MERGE_WINDOW: Duration = Duration::ZERO;

/// A limit of Envoy's that is none. Envoy's own defaults are 1024, and a busy HTTP/2 client meets them.
const UNLIMITED: u32 = u32::MAX;

/// The share of a cluster's active requests that may be retries, in percent. It keeps a struggling Service from being
/// finished off by retries.
const RETRY_BUDGET_PERCENT: f64 = 20.0;

/// The cluster `name` of a Service port with this policy. It refers to its assignment, which has the same name.
pub fn cluster(name: &Name, policy: &Policy) -> Resource {
    let Policy { fleets: _, hosts: _, protocol, lb_policy, zone_routing: _, retry } = policy;
    let message = Cluster {
        name: name.to_string(),
        cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::Eds.into())),
        eds_cluster_config: Some(EdsClusterConfig {
            // Envoy's 15 s. Chancery sends the assignment again after each change of its cluster, so this ends a wait
            // only when that was lost, say with the connection; then Envoy takes the assignment that it has. Waiting
            // for ever would leave the change waiting for ever: after a reconnection nothing differs, so nothing is
            // sent.
            eds_config: Some(ads(None)),
            service_name: name.to_string(),
        }),
        connect_timeout: Some(duration(CONNECT_TIMEOUT)),
        typed_extension_protocol_options: BTreeMap::from([(
            protocol::OPTIONS.to_owned(),
            data_plane_api::any(&protocol::protocol_options(*protocol, retry)),
        )]),
        load_balancing_policy: Some(LoadBalancingPolicy {
            policies: vec![load_balancing_policy::Policy { typed_extension_config: Some(load_balancing(*lb_policy)) }],
        }),
        common_lb_config: Some(CommonLbConfig {
            // Draining pods count as unhealthy, so with Envoy's 50 % a rollout would panic, and send requests to pods
            // that are leaving.
            healthy_panic_threshold: Some(Percent { value: 0.0 }),
            update_merge_window: Some(duration(UPDATE_MERGE_WINDOW)),
            ..CommonLbConfig::default()
        }),
        circuit_breakers: Some(circuit_breakers(retry)),
        upstream_connection_options: Some(UpstreamConnectionOptions {
            tcp_keepalive: Some(tcp_keepalive()),
            ..UpstreamConnectionOptions::default()
        }),
        ..Cluster::default()
    };
    Resource::encode(Name::clone(name), &message, [Name::clone(name)])
}

/// In `load_balancing_policy`, not in the old enum: that one stays at its default for the clients that look there first.
///
/// Envoy's defaults hold otherwise: least request picks the less busy of two, and zones matter only to an Envoy whose
/// bootstrap names its own cluster (`local_cluster_name`).
fn load_balancing(policy: LbPolicy) -> TypedExtensionConfig {
    match policy {
        LbPolicy::RoundRobin => extension("envoy.load_balancing_policies.round_robin", &RoundRobin::default()),
        LbPolicy::LeastRequest => extension("envoy.load_balancing_policies.least_request", &LeastRequest::default()),
    }
}

fn circuit_breakers(retry: &Retry) -> CircuitBreakers {
    let Retry { on: _, num_retries: _, budget_min_concurrency, annotated: _ } = retry;
    CircuitBreakers {
        thresholds: vec![circuit_breakers::Thresholds {
            priority: RoutingPriority::Default.into(),
            max_connections: Some(UNLIMITED),
            max_pending_requests: Some(UNLIMITED),
            max_requests: Some(UNLIMITED),
            // In force only where the budget is switched off at run time: the budget overrides it.
            max_retries: Some(UNLIMITED),
            retry_budget: Some(circuit_breakers::thresholds::RetryBudget {
                budget_percent: Some(Percent { value: RETRY_BUDGET_PERCENT }),
                min_retry_concurrency: Some(*budget_min_concurrency),
                ..circuit_breakers::thresholds::RetryBudget::default()
            }),
            ..circuit_breakers::Thresholds::default()
        }],
        ..CircuitBreakers::default()
    }
}

#[cfg(test)]
mod tests;
