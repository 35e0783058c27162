//! All slices of a Service, merged into one list a port.

use std::cmp::Reverse;
use std::net::IpAddr;

use crate::model::explain::{AddressExplanation, Standing};
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
        for port in ports_of(slice, port_name) {
            all.extend(slice.endpoints.iter().filter_map(|one| {
                let state = Condition::of(one, publish_not_ready).state()?;
                Some(endpoint(one, port, state, weight_of))
            }));
        }
    }
    all.sort_unstable_by(|a, b| rank(a).cmp(&rank(b)));
    all.dedup_by_key(|endpoint| place(endpoint));
    if all.iter().all(|endpoint| endpoint.state == EndpointState::Draining) {
        for endpoint in &mut all {
            endpoint.state = EndpointState::Ready;
        }
    }
    all
}

/// Why each address of these slices is in `merged`, which [`merge`] made of the same, or isn't; in the order of
/// addresses, of the same ones the one that counts first.
pub(super) fn explain<'a>(
    slices: impl Iterator<Item = &'a EndpointSlice>,
    port_name: &str,
    publish_not_ready: bool,
    weight_of: impl Fn(&Key) -> u32 + Copy,
    merged: &[Endpoint],
) -> Vec<AddressExplanation> {
    let mut all = Vec::new();
    for slice in slices {
        for port in ports_of(slice, port_name) {
            for one in &slice.endpoints {
                let condition = Condition::of(one, publish_not_ready);
                // What takes no part comes last of those at its address, whatever its rank.
                let state = condition.state().unwrap_or(EndpointState::Draining);
                all.push((condition.state().is_none(), endpoint(one, port, state, weight_of), condition, one, slice));
            }
        }
    }
    all.sort_by(|(a_out, a, ..), (b_out, b, ..)| (place(a), a_out).cmp(&(place(b), b_out)).then(rank(a).cmp(&rank(b))));
    let mut counts: Option<((IpAddr, u16), &Key)> = None;
    let explained = all.into_iter().map(|(_, endpoint, condition, one, slice)| {
        let place = place(&endpoint);
        let found = merged.binary_search_by_key(&place, self::place).ok().and_then(|at| merged.get(at));
        let first = counts.filter(|(counting, _)| *counting == place).map(|(_, slice)| slice);
        if first.is_none() {
            counts = Some((place, &slice.key));
        }
        let (standing, instead) = match (found, first) {
            (Some(_), Some(first)) => (Standing::Repeated, Some(first.clone())),
            (found, _) => (condition.standing(found.map(|found| found.state)), None),
        };
        let Endpoint { address, port, state: _, locality: Locality { zone, node }, weight } = endpoint;
        let (pod, slice) = (one.pod.clone(), slice.key.clone());
        AddressExplanation { address, port, standing, instead, zone, node, weight, pod, slice }
    });
    explained.collect()
}

/// What the conditions of an endpoint come to, whatever the others are.
#[derive(Clone, Copy)]
enum Condition {
    Ready,
    /// Not ready, but its Service has `publishNotReadyAddresses`.
    Published,
    /// Terminating, but still serving.
    Serving,
    /// Terminating, and not serving.
    Terminated,
    NotReady,
}

impl Condition {
    const fn of(endpoint: &SliceEndpoint, publish_not_ready: bool) -> Self {
        let SliceEndpoint { address: _, ready, serving, terminating, zone: _, node: _, pod: _ } = endpoint;
        match (*ready, *terminating, *serving) {
            (true, _, _) => Self::Ready,
            (false, true, true) => Self::Serving,
            (false, _, _) if publish_not_ready => Self::Published,
            (false, true, false) => Self::Terminated,
            (false, false, _) => Self::NotReady,
        }
    }

    /// How it takes part while others are ready, if it does.
    const fn state(self) -> Option<EndpointState> {
        match self {
            Self::Ready | Self::Published => Some(EndpointState::Ready),
            Self::Serving => Some(EndpointState::Draining),
            Self::Terminated | Self::NotReady => None,
        }
    }

    /// In words, once it is known what became of it.
    const fn standing(self, merged: Option<EndpointState>) -> Standing {
        match (self, merged) {
            (Self::Ready, _) => Standing::Ready,
            (Self::Published, _) => Standing::NotReadyPublished,
            (Self::Serving, Some(EndpointState::Ready)) => Standing::NothingElse,
            (Self::Serving, Some(EndpointState::Draining) | None) => Standing::Terminating,
            (Self::Terminated, _) => Standing::Terminated,
            (Self::NotReady, _) => Standing::NotReady,
        }
    }
}

/// The numbers that the pods of this slice listen on for the port of this name.
fn ports_of(slice: &EndpointSlice, port_name: &str) -> impl Iterator<Item = u16> {
    slice.ports.iter().filter(move |(name, _)| **name == *port_name).map(|(_, port)| *port)
}

/// Of two that are as ready as each other, the one whose locality is known; never the one whose slice came first.
fn rank(endpoint: &Endpoint) -> impl Ord {
    let Endpoint { address, port, state, locality, weight } = endpoint;
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
    Endpoint { address: *address, port, state, locality, weight }
}
