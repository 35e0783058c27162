//! Merges the EndpointSlices of a Service into one list of endpoints per port.

mod condition;
mod explain;
mod families;

use std::cmp::Reverse;
use std::net::IpAddr;

use condition::Condition;

use crate::model::object::{self, EndpointSlice, SliceEndpoint};
use crate::model::{Endpoint, EndpointState, Key, Locality};

pub(super) use explain::explain;

/// The endpoints of the port that slices know by this name, sorted by address and port, each once.
///
/// The same address in two slices, as happens while the control plane moves endpoints between them, is as ready as the
/// readier one. The addresses that a pod has in two families are one endpoint. When no endpoint is ready, those that are
/// terminating but still serve are used in full, as kube-proxy does (Kubernetes, "Virtual IPs and Service Proxies",
/// "Traffic to terminating endpoints").
pub(super) fn merge<'a>(
    slices: impl Iterator<Item = &'a EndpointSlice> + Clone,
    port_name: &str,
    service: &object::Service,
    weight_of: impl Fn(&Key) -> u32 + Copy,
) -> Vec<Endpoint> {
    let mut all = if families::are_both_in(slices.clone()) {
        families::merge(slices, port_name, service, weight_of)
    } else {
        let mut all = Vec::new();
        for slice in slices {
            for port in ports_of(slice, port_name) {
                all.extend(slice.endpoints.iter().filter_map(|one| {
                    let state = Condition::of(one, service.publish_not_ready).state()?;
                    Some(endpoint(one, port, state, weight_of))
                }));
            }
        }
        all.sort_unstable_by(|a, b| rank(a).cmp(&rank(b)));
        all.dedup_by_key(|endpoint| place(endpoint));
        all
    };
    if all.iter().all(|endpoint| endpoint.state == EndpointState::Draining) {
        for endpoint in &mut all {
            endpoint.state = EndpointState::Ready;
        }
    }
    all
}

/// The numbers that the pods of this slice listen on for the port of this name.
fn ports_of(slice: &EndpointSlice, port_name: &str) -> impl Iterator<Item = u16> {
    slice.ports.iter().filter(move |(name, _)| **name == *port_name).map(|(_, port)| *port)
}

/// Of two that are as ready as each other, the one whose locality is known; never the one whose slice came first.
fn rank(endpoint: &Endpoint) -> impl Ord {
    let Endpoint { address, port, state, locality, weight, second: _ } = endpoint;
    (*address, *port, *state, Reverse((locality, *weight)))
}

/// Two at one place are one.
const fn place(endpoint: &Endpoint) -> (IpAddr, u16) {
    (endpoint.address, endpoint.port)
}

fn endpoint(one: &SliceEndpoint, port: u16, state: EndpointState, weight_of: impl Fn(&Key) -> u32) -> Endpoint {
    let SliceEndpoint { address, ready: _, serving: _, terminating: _, zone, node, pod } = one;
    let locality = Locality { zone: zone.clone(), node: node.clone() };
    let weight = pod.as_ref().map_or(1, weight_of);
    Endpoint { address: *address, port, state, locality, weight, second: None }
}
