//! All slices of a Service, merged into one list a port.

use std::cmp::Reverse;

use crate::model::object::{EndpointSlice, SliceEndpoint};
use crate::model::{Endpoint, EndpointState, Key, Locality};

/// The endpoints of the port with this name, sorted by address and port, each once.
///
/// The same address in two slices, as happens while the control plane moves endpoints between them, is as ready as the
/// readier one. When no endpoint is ready, those that are terminating but still serve are used in full, as kube-proxy
/// does (Kubernetes, "Virtual IPs and Service Proxies", "Traffic to terminating endpoints").
pub(super) fn merge<'a>(
    slices: impl Iterator<Item = &'a EndpointSlice>,
    port_name: &str,
    publish_not_ready: bool,
    weight_of: impl Fn(&Key) -> u32 + Copy,
) -> Vec<Endpoint> {
    let mut all = Vec::new();
    for slice in slices {
        for (_, port) in slice.ports.iter().filter(|(name, _)| **name == *port_name) {
            all.extend(slice.endpoints.iter().filter_map(|one| endpoint(one, *port, publish_not_ready, weight_of)));
        }
    }
    // Of two that are as ready as each other, the one whose locality is known; never the one whose slice came first.
    all.sort_unstable_by(|a, b| rank(a).cmp(&rank(b)));
    all.dedup_by_key(|endpoint| (endpoint.address, endpoint.port));
    if all.iter().all(|endpoint| endpoint.state == EndpointState::Draining) {
        for endpoint in &mut all {
            endpoint.state = EndpointState::Ready;
        }
    }
    all
}

fn rank(endpoint: &Endpoint) -> impl Ord {
    let Endpoint { address, port, state, locality, weight } = endpoint;
    (*address, *port, *state, Reverse((locality, *weight)))
}

fn endpoint(
    endpoint: &SliceEndpoint,
    port: u16,
    publish_not_ready: bool,
    weight_of: impl Fn(&Key) -> u32,
) -> Option<Endpoint> {
    let SliceEndpoint { address, ready, serving, terminating, zone, node, pod } = endpoint;
    let state = match (ready, terminating, serving) {
        (true, _, _) => EndpointState::Ready,
        (false, true, true) => EndpointState::Draining,
        (false, _, _) if publish_not_ready => EndpointState::Ready,
        (false, _, _) => return None,
    };
    let locality = Locality { zone: zone.clone(), node: node.clone() };
    let weight = pod.as_ref().map_or(1, weight_of);
    Some(Endpoint { address: *address, port, state, locality, weight })
}
