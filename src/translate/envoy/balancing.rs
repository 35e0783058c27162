//! The load-balancing policy and the hash policies of Envoys.

use data_plane_api::cluster::{LoadBalancingPolicy, load_balancing_policy};
use data_plane_api::core::{RuntimeDouble, TypedExtensionConfig};
use data_plane_api::load_balancing::{
    ClientSideWeightedRoundRobin, LeastRequest, Maglev, Random, RingHash, RoundRobin, SlowStartConfig, ring_hash,
};
use data_plane_api::route::route_action::{HashPolicy, hash_policy};
use data_plane_api::types::Percent;

use crate::model::{Balancing, HashOn, LbPolicy, SlowStart};
use crate::translate::messages::{duration, extension};

/// In `load_balancing_policy`, not in the old enum: that one stays at its default for the clients that look there first.
///
/// Envoy's defaults hold otherwise: zones matter only to an Envoy whose bootstrap names its own cluster
/// (`local_cluster_name`).
pub(super) fn load_balancing_policy(balancing: &Balancing) -> LoadBalancingPolicy {
    let policy = load_balancing_policy::Policy { typed_extension_config: Some(policy(balancing)) };
    LoadBalancingPolicy { policies: vec![policy] }
}

fn policy(balancing: &Balancing) -> TypedExtensionConfig {
    let Balancing {
        policy,
        choice_count,
        active_request_bias,
        // In the route and the cluster.
        hash_on: _,
        ring_size: (minimum_ring_size, maximum_ring_size),
        maglev_table_size,
        slow_start,
        // In the cluster.
        panic_threshold: _,
        // In the assignment.
        zone_routing: _,
        own_node_only: _,
    } = balancing;
    let slow_start_config = slow_start_config(slow_start);
    match policy {
        // Envoy has no pick first of its own (gRPC has); the assignment gives each pod a priority instead.
        LbPolicy::RoundRobin | LbPolicy::PickFirst => extension(
            "envoy.load_balancing_policies.round_robin",
            &RoundRobin { slow_start_config, ..RoundRobin::default() },
        ),
        LbPolicy::LeastRequest => extension(
            "envoy.load_balancing_policies.least_request",
            &LeastRequest {
                choice_count: Some(*choice_count),
                active_request_bias: Some(constant(*active_request_bias)),
                slow_start_config,
                ..LeastRequest::default()
            },
        ),
        LbPolicy::Random => extension("envoy.load_balancing_policies.random", &Random::default()),
        LbPolicy::RingHash => extension(
            "envoy.load_balancing_policies.ring_hash",
            &RingHash {
                // The only one that gRPC takes as well, so that both agree where a request goes.
                hash_function: ring_hash::HashFunction::XxHash.into(),
                minimum_ring_size: Some(u64::from(*minimum_ring_size)),
                maximum_ring_size: Some(u64::from(*maximum_ring_size)),
                ..RingHash::default()
            },
        ),
        LbPolicy::Maglev => extension(
            "envoy.load_balancing_policies.maglev",
            &Maglev { table_size: Some(u64::from(*maglev_table_size)), ..Maglev::default() },
        ),
        LbPolicy::WeightedRoundRobin => extension(
            "envoy.load_balancing_policies.client_side_weighted_round_robin",
            &ClientSideWeightedRoundRobin { slow_start_config, ..ClientSideWeightedRoundRobin::default() },
        ),
    }
}

fn slow_start_config(slow_start: &SlowStart) -> Option<SlowStartConfig> {
    let SlowStart { window, aggression, min_weight } = slow_start;
    window.map(|window| SlowStartConfig {
        slow_start_window: Some(duration(window)),
        aggression: Some(constant(*aggression)),
        min_weight_percent: Some(Percent { value: *min_weight }),
    })
}

/// A number that nothing changes at run time.
fn constant(value: f64) -> RuntimeDouble {
    RuntimeDouble { default_value: value, ..RuntimeDouble::default() }
}

/// What of a request is hashed; nothing, unless the policy asks for a hash.
pub(super) fn hash_policy(balancing: &Balancing) -> Vec<HashPolicy> {
    if !balancing.policy.is_by_hash() {
        return Vec::new();
    }
    let policies = balancing.hash_on.iter().map(|part| match part {
        HashOn::Header(name) => hash_policy::PolicySpecifier::Header(hash_policy::Header {
            header_name: name.to_string(),
            ..hash_policy::Header::default()
        }),
        HashOn::Cookie(name, lifetime) => hash_policy::PolicySpecifier::Cookie(hash_policy::Cookie {
            name: name.to_string(),
            ttl: lifetime.map(duration),
            ..hash_policy::Cookie::default()
        }),
        HashOn::Query(name) => {
            hash_policy::PolicySpecifier::QueryParameter(hash_policy::QueryParameter { name: name.to_string() })
        }
        HashOn::SourceIp => {
            hash_policy::PolicySpecifier::ConnectionProperties(hash_policy::ConnectionProperties { source_ip: true })
        }
    });
    policies.map(|policy| HashPolicy { policy_specifier: Some(policy), ..HashPolicy::default() }).collect()
}
