//! Explains why each address is in, draining or out.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::condition::Condition;
use super::{endpoint, place, ports_of, rank};
use crate::model::explanation::{AddressExplanation, AddressReason};
use crate::model::object::{self, EndpointSlice};
use crate::model::{Endpoint, EndpointState, Key, Locality};

/// Why each address of these slices is in `merged`, which [`merge`](super::merge) made of the same, or isn't; in the order
/// of addresses, of the same ones the one that counts first.
pub(in crate::model::catalog) fn explain<'a>(
    slices: impl Iterator<Item = &'a EndpointSlice>,
    port_name: &str,
    service: &object::Service,
    weight_of: impl Fn(&Key) -> u32 + Copy,
    merged: &[Endpoint],
) -> Vec<AddressExplanation> {
    let mut all = Vec::new();
    for slice in slices {
        for port in ports_of(slice, port_name) {
            for one in &slice.endpoints {
                let condition = Condition::of(one, service.publish_not_ready);
                // What takes no part comes last of those at its address, whatever its rank.
                let state = condition.state().unwrap_or(EndpointState::Draining);
                all.push((condition.state().is_none(), endpoint(one, port, state, weight_of), condition, one, slice));
            }
        }
    }
    all.sort_by(|(a_out, a, ..), (b_out, b, ..)| (place(a), a_out).cmp(&(place(b), b_out)).then(rank(a).cmp(&rank(b))));
    let seconds: BTreeMap<(IpAddr, u16), EndpointState> =
        merged.iter().filter_map(|one| Some(((one.second?, one.port), one.state))).collect();
    let mut counts: Option<((IpAddr, u16), &Key)> = None;
    let explained = all.into_iter().map(|(is_out, endpoint, condition, one, slice)| {
        let place = place(&endpoint);
        let found = merged.binary_search_by_key(&place, super::place).ok().and_then(|at| merged.get(at));
        let second = seconds.get(&place).copied();
        let first = counts.filter(|(counting, _)| *counting == place).map(|(_, slice)| slice);
        if first.is_none() {
            counts = Some((place, &slice.key));
        }
        let (reason, instead) = match (found.map(|found| found.state), second, first) {
            (Some(_), _, Some(first)) | (None, Some(_), Some(first)) => {
                (AddressReason::Repeated, Some(first.name.to_string()))
            }
            (Some(state), _, None) => (condition.reason(Some(state)), None),
            (None, Some(EndpointState::Ready), None) => (AddressReason::SecondAddress, None),
            (None, Some(EndpointState::Draining), None) => (AddressReason::Terminating, None),
            (None, None, _) if !is_out => (AddressReason::OtherFamily, None),
            (None, None, _) => (condition.reason(None), None),
        };
        let Endpoint { address, port, state: _, locality: Locality { zone, node }, weight, second: _ } = endpoint;
        AddressExplanation {
            address: address.to_string(),
            port: Some(port),
            state: reason.state(),
            reason,
            message: None,
            instead,
            zone: zone.to_string(),
            node: node.to_string(),
            weight: Some(weight),
            pod: one.pod.as_ref().map(|pod| spoken(pod, service)),
            slice: slice.key.name.to_string(),
        }
    });
    explained.collect()
}

/// A pod by its name, with its namespace only if it is another one.
fn spoken(pod: &Key, service: &object::Service) -> String {
    if pod.namespace == service.key.namespace { pod.name.to_string() } else { pod.to_string() }
}
