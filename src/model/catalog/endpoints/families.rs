//! Merges the IPv4 and IPv6 slices of dual-stack Services.
//!
//! A pod of a dual-stack Service stands in two slices, once for each of its addresses. It is one endpoint all the same, or
//! it would get twice its share of the requests, and where one family doesn't answer half of them would fail.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::condition::Condition;
use super::{endpoint, place, ports_of, rank};
use crate::model::object::{self, EndpointSlice, IpFamily};
use crate::model::{Endpoint, EndpointState, Key};

/// One address of a slice.
struct Candidate<'a> {
    /// What it is by itself. Its state says nothing if it is out.
    endpoint: Endpoint,
    /// Whether by itself it takes no part.
    is_out: bool,
    pod: Option<&'a Key>,
}

/// The candidates of the preferred family, and of the other.
type Pair<'a> = (Vec<Candidate<'a>>, Vec<Candidate<'a>>);

/// Whether there are addresses of both families.
pub(super) fn are_both_in<'a>(slices: impl Iterator<Item = &'a EndpointSlice>) -> bool {
    let (mut v4, mut v6) = (false, false);
    for one in slices.flat_map(|slice| &slice.endpoints) {
        match one.address {
            IpAddr::V4(_) => v4 = true,
            IpAddr::V6(_) => v6 = true,
        }
    }
    v4 && v6
}

/// The endpoints of the port that slices know by this name, sorted by address and port, no address twice.
///
/// - The addresses of one pod are one endpoint: the address of the Service's first family, and the other as the second one.
///   It is as ready as the readier of the two, which stand in slices that are written one after the other.
/// - Of endpoints without a pod nobody knows which belong together. Those of one family count: of the one that is readier,
///   else of the Service's first. Where pods that are as ready have addresses of the Service's first family only, those of
///   the other family are taken for their other addresses, and don't count.
pub(super) fn merge<'a>(
    slices: impl Iterator<Item = &'a EndpointSlice>,
    port_name: &str,
    service: &object::Service,
    weight_of: impl Fn(&Key) -> u32 + Copy,
) -> Vec<Endpoint> {
    let first = service.traffic.first_family;
    let mut pods: BTreeMap<(&Key, u16), Pair<'_>> = BTreeMap::new();
    let mut podless: Pair<'_> = Pair::default();
    for candidate in candidates(slices, port_name, service.publish_not_ready, weight_of) {
        let Endpoint { address, port, .. } = candidate.endpoint;
        let pair = candidate.pod.map_or(&mut podless, |pod| pods.entry((pod, port)).or_default());
        let family = if IpFamily::of(address) == first { &mut pair.0 } else { &mut pair.1 };
        family.push(candidate);
    }
    let (preferred, mut other) = podless;
    let of_preferred = pods.values().map(|(preferred, _)| best(preferred)).min().unwrap_or(NONE);
    let of_other = pods.values().map(|(_, other)| best(other)).min().unwrap_or(NONE);
    if of_other == NONE && of_preferred <= best(&other) {
        other.clear();
    }
    let of_pods = pods.into_values().flat_map(paired);
    let podless = if best(&preferred) <= best(&other) { preferred } else { other };
    let podless = podless.into_iter().filter_map(Candidate::alone);
    let mut all: Vec<Endpoint> = of_pods.chain(podless).collect();
    all.sort_unstable_by_key(place);
    all
}

/// Every address of the port, once, in the order of addresses; of those that stand in several slices the readiest.
fn candidates<'a>(
    slices: impl Iterator<Item = &'a EndpointSlice>,
    port_name: &str,
    publish_not_ready: bool,
    weight_of: impl Fn(&Key) -> u32 + Copy,
) -> Vec<Candidate<'a>> {
    let mut all = Vec::new();
    for slice in slices {
        for port in ports_of(slice, port_name) {
            all.extend(slice.endpoints.iter().map(|one| {
                let state = Condition::of(one, publish_not_ready).state();
                let is_out = state.is_none();
                let endpoint = endpoint(one, port, state.unwrap_or(EndpointState::Draining), weight_of);
                Candidate { endpoint, is_out, pod: one.pod.as_ref() }
            }));
        }
    }
    let podless_last = |candidate: &Candidate<'a>| (candidate.pod.is_none(), candidate.pod);
    all.sort_by(|a, b| {
        let by_place = (place(&a.endpoint), a.is_out).cmp(&(place(&b.endpoint), b.is_out));
        by_place.then(rank(&a.endpoint).cmp(&rank(&b.endpoint))).then(podless_last(a).cmp(&podless_last(b)))
    });
    all.dedup_by_key(|candidate| place(&candidate.endpoint));
    all
}

/// What the addresses of one pod come to. A pod has one of each family; where a slice is behind and still has that of an
/// earlier pod of this name, the readiest belong together.
fn paired((mut preferred, mut other): Pair<'_>) -> Vec<Endpoint> {
    preferred.sort_by_key(Candidate::readiness);
    other.sort_by_key(Candidate::readiness);
    let mut endpoints = Vec::with_capacity(preferred.len().max(other.len()));
    let mut other = other.into_iter();
    for one in preferred {
        endpoints.extend(match other.next() {
            Some(second) => one.with(&second),
            None => one.alone(),
        });
    }
    endpoints.extend(other.filter_map(Candidate::alone));
    endpoints
}

impl Candidate<'_> {
    /// Less is readier.
    const fn readiness(&self) -> u8 {
        match (self.is_out, self.endpoint.state) {
            (false, EndpointState::Ready) => 0,
            (false, EndpointState::Draining) => 1,
            (true, _) => 2,
        }
    }

    fn alone(self) -> Option<Endpoint> {
        (!self.is_out).then_some(self.endpoint)
    }

    /// The endpoint that it is together with the other address of its pod.
    fn with(self, second: &Self) -> Option<Endpoint> {
        let state = if self.readiness() <= second.readiness() { self.endpoint.state } else { second.endpoint.state };
        let is_out = self.is_out && second.is_out;
        (!is_out).then_some(Endpoint { state, second: Some(second.endpoint.address), ..self.endpoint })
    }
}

/// The readiness of the readiest of none.
const NONE: u8 = u8::MAX;

/// The readiness of the readiest; that of none is the worst.
fn best(candidates: &[Candidate<'_>]) -> u8 {
    candidates.iter().map(Candidate::readiness).min().unwrap_or(NONE)
}
