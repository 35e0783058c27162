//! The endpoints of a Service port as a cluster's load assignment.

use std::sync::Arc;

use crate::model::{Balancing, Endpoint, EndpointState, LbPolicy, Locality, ZoneRouting};
use crate::translate::envoy::{self, Preference};
use crate::xds::{Name, Resource};

/// The assignment of the cluster `name`: as Envoys get it, but for what is different here.
///
/// - Draining endpoints are left out: gRPC takes all that are listed for ready.
/// - Pick first is a policy of gRPC's own, and needs no priorities.
/// - On a ring the weight of an endpoint is multiplied by that of its locality (gRFC A42). So without zone routing all are in
///   one locality there, or pods in crowded zones would get more calls than others.
pub fn assignment(name: &Name, endpoints: &Arc<[Endpoint]>, balancing: &Balancing) -> Resource {
    let is_flat = balancing.policy == LbPolicy::RingHash && balancing.zone_routing == ZoneRouting::Off;
    let is_fine = |endpoint: &Endpoint| endpoint.state == EndpointState::Ready && !is_flat;
    if endpoints.iter().all(is_fine) {
        return envoy::assignment(name, endpoints, Preference::of_zones(balancing));
    }
    let ready = endpoints.iter().filter(|endpoint| endpoint.state == EndpointState::Ready);
    let ready = ready.map(|endpoint| {
        let locality = if is_flat { Locality::default() } else { endpoint.locality.clone() };
        Endpoint { locality, ..endpoint.clone() }
    });
    envoy::assignment(name, &ready.collect(), Preference::of_zones(balancing))
}

#[cfg(test)]
mod tests;
