//! The load-balancing policy of gRPC clients.

use data_plane_api::cluster::{
    Cluster, LbConfig, LbPolicy as OldPolicy, LoadBalancingPolicy, RingHashLbConfig, load_balancing_policy,
    ring_hash_lb_config,
};
use data_plane_api::core::TypedExtensionConfig;
use data_plane_api::load_balancing::{ClientSideWeightedRoundRobin, LeastRequest, PickFirst, RoundRobin, WrrLocality};

use crate::model::{Balancing, LbPolicy};
use crate::translate::messages::extension;

/// A cluster that is balanced so.
///
/// As a list of policies, of which a client follows the first that it knows. Each client lacks some; round robin over
/// localities by weight, which ends the list, has every one. The old enum stays at its default there: some look at it first.
///
/// A ring is configured by the old enum, which all accept: grpc-js can't read the sizes in the new one, and refuses the cluster
/// (up to 1.14.1, where they come as text and should be numbers).
pub(super) fn balanced(cluster: Cluster, balancing: &Balancing) -> Cluster {
    if balancing.policy == LbPolicy::RingHash {
        let (min, max) = balancing.ring_size;
        let ring = RingHashLbConfig {
            hash_function: ring_hash_lb_config::HashFunction::XxHash.into(),
            minimum_ring_size: Some(min.min(max).into()),
            maximum_ring_size: Some(max.into()),
        };
        let lb_config = Some(LbConfig::RingHashLbConfig(ring));
        return Cluster { lb_policy: OldPolicy::RingHash.into(), lb_config, ..cluster };
    }
    let fallback = extension(
        "envoy.load_balancing_policies.wrr_locality",
        &WrrLocality {
            endpoint_picking_policy: Some(list([extension(
                "envoy.load_balancing_policies.round_robin",
                &RoundRobin::default(),
            )])),
        },
    );
    let load_balancing_policy = Some(list(preferred(balancing).into_iter().chain([fallback])));
    Cluster { load_balancing_policy, ..cluster }
}

fn list(policies: impl IntoIterator<Item = TypedExtensionConfig>) -> LoadBalancingPolicy {
    let policy = |config| load_balancing_policy::Policy { typed_extension_config: Some(config) };
    LoadBalancingPolicy { policies: policies.into_iter().map(policy).collect() }
}

/// The policy of the user, if gRPC has it and a list can have it.
fn preferred(balancing: &Balancing) -> Option<TypedExtensionConfig> {
    let Balancing {
        policy,
        choice_count,
        // In the route.
        hash_on: _,
        // In the assignment.
        zone_routing: _,
        own_node_only: _,
        // A ring isn't in a list.
        ring_size: _,
        // gRPC has none of these.
        active_request_bias: _,
        maglev_table_size: _,
        slow_start: _,
        panic_threshold: _,
    } = balancing;
    match policy {
        LbPolicy::RoundRobin | LbPolicy::Random | LbPolicy::Maglev | LbPolicy::RingHash => None,
        LbPolicy::LeastRequest => Some(extension(
            "envoy.load_balancing_policies.least_request",
            &LeastRequest { choice_count: Some(*choice_count), ..LeastRequest::default() },
        )),
        LbPolicy::WeightedRoundRobin => Some(extension(
            "envoy.load_balancing_policies.client_side_weighted_round_robin",
            &ClientSideWeightedRoundRobin::default(),
        )),
        LbPolicy::PickFirst => Some(extension("envoy.load_balancing_policies.pick_first", &PickFirst::default())),
    }
}
