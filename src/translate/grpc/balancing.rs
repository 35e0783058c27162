//! How a gRPC client chooses the pod for a call.

use data_plane_api::cluster::{LoadBalancingPolicy, load_balancing_policy};
use data_plane_api::core::TypedExtensionConfig;
use data_plane_api::load_balancing::{
    ClientSideWeightedRoundRobin, LeastRequest, PickFirst, RingHash, RoundRobin, WrrLocality, ring_hash,
};

use crate::model::{Balancing, LbPolicy};
use crate::translate::envoy::extension;

/// The policies that a client may follow, the first one that it knows. Each client lacks some; round robin over localities
/// by weight, which ends the list, has every one.
pub(super) fn load_balancing_policy(balancing: &Balancing) -> LoadBalancingPolicy {
    let fallback = extension(
        "envoy.load_balancing_policies.wrr_locality",
        &WrrLocality {
            endpoint_picking_policy: Some(list([extension(
                "envoy.load_balancing_policies.round_robin",
                &RoundRobin::default(),
            )])),
        },
    );
    list(preferred(balancing).into_iter().chain([fallback]))
}

fn list(policies: impl IntoIterator<Item = TypedExtensionConfig>) -> LoadBalancingPolicy {
    let policy = |config| load_balancing_policy::Policy { typed_extension_config: Some(config) };
    LoadBalancingPolicy { policies: policies.into_iter().map(policy).collect() }
}

/// The policy that the user wants, if gRPC has it.
fn preferred(balancing: &Balancing) -> Option<TypedExtensionConfig> {
    let Balancing {
        policy,
        choice_count,
        ring_size: (minimum_ring_size, maximum_ring_size),
        // The route says it.
        hash_on: _,
        // The assignment does it.
        zone_routing: _,
        // gRPC has none of these.
        active_request_bias: _,
        maglev_table_size: _,
        slow_start: _,
        panic_threshold: _,
    } = balancing;
    match policy {
        LbPolicy::RoundRobin | LbPolicy::Random | LbPolicy::Maglev => None,
        LbPolicy::LeastRequest => Some(extension(
            "envoy.load_balancing_policies.least_request",
            &LeastRequest { choice_count: Some(*choice_count), ..LeastRequest::default() },
        )),
        LbPolicy::RingHash => Some(extension(
            "envoy.load_balancing_policies.ring_hash",
            &RingHash {
                // By name: the unset default is refused by most, though it means the same.
                hash_function: ring_hash::HashFunction::XxHash.into(),
                minimum_ring_size: Some(u64::from(*minimum_ring_size.min(maximum_ring_size))),
                maximum_ring_size: Some(u64::from(*maximum_ring_size)),
                ..RingHash::default()
            },
        )),
        LbPolicy::WeightedRoundRobin => Some(extension(
            "envoy.load_balancing_policies.client_side_weighted_round_robin",
            &ClientSideWeightedRoundRobin::default(),
        )),
        LbPolicy::PickFirst => Some(extension("envoy.load_balancing_policies.pick_first", &PickFirst::default())),
    }
}
