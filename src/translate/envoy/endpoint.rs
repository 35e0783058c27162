//! The endpoints of a Service port as a cluster's load assignment.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use data_plane_api::core::{Address, HealthStatus, Locality, SocketAddress, address, socket_address};
use data_plane_api::endpoint::{ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints, lb_endpoint};

use crate::model::{self, Balancing, LbPolicy, ZoneRouting};
use crate::xds::{Name, Place, Resource};

/// The last priority that Envoy takes (endpoint_components.proto).
const LAST_PRIORITY: u32 = 128;

/// What decides the priorities of endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preference {
    zone_routing: ZoneRouting,
    /// Each has a priority of its own. Envoy has no pick first, and this is how it comes to one.
    one_by_one: bool,
}

impl Preference {
    /// What this policy prefers.
    pub fn of(balancing: &Balancing) -> Self {
        Self { zone_routing: balancing.zone_routing, one_by_one: balancing.policy == LbPolicy::PickFirst }
    }

    /// Only what it says of zones.
    pub const fn of_zones(balancing: &Balancing) -> Self {
        Self { zone_routing: balancing.zone_routing, one_by_one: false }
    }
}

/// How far an endpoint is from a client. Endpoints that are nearer come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    Node,
    Zone,
    Elsewhere,
}

/// The assignment of the cluster `name`: its endpoints by locality, in the order of localities and addresses.
///
/// Without zone routing, and for clients that are near no endpoint, all have one priority, so that Envoy has nothing to
/// overflow to: with a panic threshold of 0 the healthy ones share all requests however few they are. Without endpoints it
/// is empty, which is different from absent: Envoy would wait for an absent one.
///
/// With zone routing it is located, and the priority of an endpoint is its distance from the client: own node, own zone,
/// the rest. A distance at which there is none is closed up, because Envoy wants no gaps. To tell the nodes of a zone
/// apart, each is a locality of its own then (`sub_zone`); so no locality is ever at two priorities, of which a gRPC client
/// would keep one.
///
/// Draining endpoints stay in the list at their distance. Envoy leaves them out of the count by which it judges a priority
/// (its "excluded endpoints"), so their leaving sends nothing further away: the others of the zone take all its requests,
/// and only when none is left, those of the next priority. Requests go on to the next priority earlier where something
/// finds endpoints unhealthy that are listed as healthy, and less than 100 % / 140 % of a priority are well (Envoy's
/// overprovisioning factor).
///
/// With pick first each endpoint has a priority of its own, at its distance in the order of addresses, those that are ready
/// first; so the first that is well gets all requests.
pub fn assignment(name: &Name, endpoints: &Arc<[model::Endpoint]>, preference: Preference) -> Resource {
    let everywhere = seen_from(&Place::default(), name, endpoints, preference);
    let zone_routing = preference.zone_routing;
    let places = places(endpoints, zone_routing);
    if places.is_empty() {
        return everywhere;
    }
    let (name, endpoints) = (Name::clone(name), Arc::clone(endpoints));
    everywhere.located(zone_routing.as_str(), places, move |place| seen_from(place, &name, &endpoints, preference))
}

/// The places from which some endpoints are nearer than others. Whoever is on a node with endpoints is in their zone.
fn places(endpoints: &[model::Endpoint], zone_routing: ZoneRouting) -> Vec<Place> {
    let by_node = match zone_routing {
        ZoneRouting::Off => return Vec::new(),
        ZoneRouting::PreferZone => false,
        ZoneRouting::PreferNode => true,
    };
    let mut zones: BTreeSet<&Name> = BTreeSet::new();
    let mut nodes: BTreeMap<&Name, &Name> = BTreeMap::new();
    for endpoint in endpoints {
        let model::Locality { zone, node } = &endpoint.locality;
        zones.insert(zone);
        if by_node {
            nodes.entry(node).or_insert(zone);
        }
    }
    let mut places = Vec::new();
    if nodes.len() > 1 {
        let known = nodes.into_iter().filter(|(node, _)| !node.is_empty());
        places.extend(known.map(|(node, zone)| Place { zone: Name::clone(zone), node: Name::clone(node) }));
    }
    if zones.len() > 1 {
        let known = zones.into_iter().filter(|zone| !zone.is_empty());
        places.extend(known.map(|zone| Place { zone: Name::clone(zone), node: Name::default() }));
    }
    places
}

/// The assignment as a client at `place` gets it.
fn seen_from(place: &Place, name: &Name, endpoints: &[model::Endpoint], preference: Preference) -> Resource {
    let Preference { zone_routing, one_by_one } = preference;
    let mut levels: BTreeMap<_, BTreeMap<(&str, &str), Vec<LbEndpoint>>> = BTreeMap::new();
    for (position, endpoint) in endpoints.iter().enumerate() {
        let model::Endpoint { address, port, state, locality, weight } = endpoint;
        let model::Locality { zone, node } = locality;
        let node = if zone_routing == ZoneRouting::PreferNode { &**node } else { "" };
        let level = (Distance::between(place, zone, node), one_by_one.then_some((*state, position)));
        let level = levels.entry(level).or_default();
        level.entry((zone, node)).or_default().push(lb_endpoint(*address, *port, *state, *weight));
    }
    let localities = (0..).zip(levels.into_values()).flat_map(|(priority, localities)| {
        localities
            .into_iter()
            .map(move |((zone, node), endpoints)| locality(u32::min(priority, LAST_PRIORITY), zone, node, endpoints))
    });
    let message = ClusterLoadAssignment {
        cluster_name: name.to_string(),
        endpoints: localities.collect(),
        ..ClusterLoadAssignment::default()
    };
    Resource::encode(Name::clone(name), &message, [])
}

impl Distance {
    /// How far it is from a client at `place` to an endpoint on this node in this zone. What isn't known is far.
    fn between(place: &Place, zone: &str, node: &str) -> Self {
        let Place { zone: own_zone, node: own_node } = place;
        if !node.is_empty() && **own_node == *node {
            Self::Node
        } else if !zone.is_empty() && **own_zone == *zone {
            Self::Zone
        } else {
            Self::Elsewhere
        }
    }
}

fn locality(priority: u32, zone: &str, node: &str, lb_endpoints: Vec<LbEndpoint>) -> LocalityLbEndpoints {
    // Envoy looks at it only with locality-weighted balancing, which we don't ask for. Then, too, every endpoint's share
    // should be its own weight, whatever its zone.
    let weight = lb_endpoints.iter().filter_map(|endpoint| endpoint.load_balancing_weight).fold(0, u32::saturating_add);
    LocalityLbEndpoints {
        locality: Some(Locality { zone: zone.to_owned(), sub_zone: node.to_owned(), ..Locality::default() }),
        lb_endpoints,
        load_balancing_weight: Some(weight.max(1)),
        priority,
        ..LocalityLbEndpoints::default()
    }
}

fn lb_endpoint(address: IpAddr, port: u16, state: model::EndpointState, weight: u32) -> LbEndpoint {
    let health = match state {
        model::EndpointState::Ready => HealthStatus::Healthy,
        model::EndpointState::Draining => HealthStatus::Draining,
    };
    LbEndpoint {
        health_status: health.into(),
        // Explicit, so that an endpoint without a label and one labelled 1 are the same bytes, and 0 can't happen.
        load_balancing_weight: Some(weight.max(1)),
        host_identifier: Some(lb_endpoint::HostIdentifier::Endpoint(Endpoint {
            address: Some(socket_address(address, port)),
            ..Endpoint::default()
        })),
        ..LbEndpoint::default()
    }
}

pub(super) fn socket_address(address: IpAddr, port: u16) -> Address {
    Address {
        address: Some(address::Address::SocketAddress(SocketAddress {
            address: address.to_string(),
            port_specifier: Some(socket_address::PortSpecifier::PortValue(port.into())),
            ..SocketAddress::default()
        })),
    }
}

#[cfg(test)]
mod tests;
