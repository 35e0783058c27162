//! Renders the endpoints of a Service port as the load assignment of its cluster, for Envoys and for gRPC clients.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use data_plane_api::core::{HealthStatus, Locality};
use data_plane_api::endpoint::{
    AdditionalAddress, ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints, lb_endpoint,
};

use super::messages::socket_address;
use crate::model::{self, Balancing, LbPolicy, ZoneRouting};
use crate::xds::{Name, Place, Resource, Version};

/// The last priority that Envoy takes (endpoint_components.proto).
const LAST_PRIORITY: u32 = 128;

/// The region of the localities for Envoy whose endpoints have a second address.
///
/// Envoy knows a host by its first address, and keeps the one it has, with the addresses that it has, while health, weight
/// and metadata are all that changes. In another locality it makes a new one. The slices of the two families are written
/// one after the other, so without this the second address, which mostly comes later, would not be used.
const DUAL_STACK: &str = "dual-stack";

/// The region, the zone and the sub-zone (node) of a locality.
type LocalityKey<'a> = (&'a str, &'a str, &'a str);

/// What a policy makes of endpoints, for one kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preference {
    zone_routing: ZoneRouting,
    /// Clients that say on which node they are get the endpoints there and no others.
    own_node_only: bool,
    client: Client,
}

/// What is different for clients of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    /// Endpoints that drain are listed, too.
    Envoy {
        /// Each has a priority of its own. Envoy has no pick first, and this is how it comes to one.
        one_by_one: bool,
    },
    /// Only those that are ready are listed.
    Grpc {
        /// All are in one locality.
        is_flat: bool,
    },
}

impl Preference {
    /// What this policy prefers, for Envoys.
    pub fn for_envoy(balancing: &Balancing) -> Self {
        Self {
            zone_routing: balancing.zone_routing,
            own_node_only: balancing.own_node_only,
            client: Client::Envoy { one_by_one: balancing.policy == LbPolicy::PickFirst },
        }
    }

    /// What this policy prefers, for gRPC clients.
    ///
    /// - Draining endpoints are left out: gRPC takes all that are listed for ready.
    /// - Pick first is a policy of gRPC's own, and needs no priorities.
    /// - On a ring the weight of an endpoint is multiplied by that of its locality (gRFC A42). So without zone routing all
    ///   are in one locality there, or pods in crowded zones would get more calls than others.
    ///
    /// The second address of a pod is listed as for Envoys (gRFC A61).
    pub fn for_grpc(balancing: &Balancing) -> Self {
        let is_flat = balancing.policy == LbPolicy::RingHash && balancing.zone_routing == ZoneRouting::Off;
        Self { client: Client::Grpc { is_flat }, ..Self::for_envoy(balancing) }
    }
}

impl Client {
    fn lists(self, state: model::EndpointState) -> bool {
        matches!(self, Self::Envoy { .. }) || state == model::EndpointState::Ready
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
/// Envoys get endpoints with a second address in localities of their own, next to the others and at the same priority.
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
///
/// Where only the own node counts, a client that says its node gets the endpoints there, and an empty assignment where there
/// are none, as kube-proxy drops the connection; one that doesn't say gets what it would get without.
pub fn assignment(name: &Name, endpoints: &Arc<[model::Endpoint]>, preference: Preference) -> Resource {
    let everywhere = seen_from(&Place::default(), name, endpoints, preference);
    let Preference { zone_routing, own_node_only, client } = preference;
    let counted = endpoints.iter().filter(|endpoint| client.lists(endpoint.state));
    let mut places = places(counted, zone_routing);
    if !own_node_only && places.is_empty() {
        return everywhere;
    }
    let (view, all) = (Name::clone(name), Arc::clone(endpoints));
    let render = move |place: &Place| seen_from(place, &view, &all, preference);
    if !own_node_only {
        return everywhere.located(zone_routing.as_str(), places, render);
    }
    places.retain(|place| place.node.is_empty());
    places.extend(own_nodes(endpoints));
    everywhere.located_on_nodes(&on_own_node(zone_routing, endpoints), places, empty(name), render)
}

/// The places from which some endpoints are nearer than others. Whoever is on a node with endpoints is in their zone.
fn places<'a>(endpoints: impl Iterator<Item = &'a model::Endpoint>, zone_routing: ZoneRouting) -> Vec<Place> {
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

/// The nodes that have endpoints.
fn own_nodes(endpoints: &[model::Endpoint]) -> impl Iterator<Item = Place> {
    let localities = endpoints.iter().map(|endpoint| &endpoint.locality);
    let known: BTreeMap<&Name, &Name> =
        localities.filter(|locality| !locality.node.is_empty()).map(|one| (&one.node, &one.zone)).collect();
    known.into_iter().map(|(node, zone)| Place { zone: Name::clone(zone), node: Name::clone(node) })
}

/// Identifies a located assignment of which only the own node counts. The assignment that all others get says neither which endpoint is
/// on which node nor, for gRPC, which ones drain; so this does.
fn on_own_node(zone_routing: ZoneRouting, endpoints: &[model::Endpoint]) -> String {
    let version = Version::of(format!("{endpoints:?}").as_bytes());
    format!("own-node {} {version}", zone_routing.as_str())
}

/// The assignment as a client at `place` gets it.
fn seen_from(place: &Place, name: &Name, endpoints: &[model::Endpoint], preference: Preference) -> Resource {
    let Preference { zone_routing, own_node_only, client } = preference;
    let (one_by_one, is_flat, dual_stack) = match client {
        Client::Envoy { one_by_one } => (one_by_one, false, DUAL_STACK),
        Client::Grpc { is_flat } => (false, is_flat, ""),
    };
    let is_own = own_node_only && !place.node.is_empty();
    let counted = endpoints.iter().filter(|endpoint| !is_own || endpoint.locality.node == place.node);
    // As among all endpoints of a Service: while none is ready, those that still serve are used in full.
    let none_is_ready = is_own && counted.clone().all(|one| one.state == model::EndpointState::Draining);
    let mut levels: BTreeMap<_, BTreeMap<LocalityKey<'_>, Vec<LbEndpoint>>> = BTreeMap::new();
    for (position, endpoint) in counted.enumerate() {
        let model::Endpoint { address, port, state, locality, weight, second } = endpoint;
        let state = if none_is_ready { model::EndpointState::Ready } else { *state };
        if !client.lists(state) {
            continue;
        }
        let model::Locality { zone, node } = locality;
        let zone = if is_flat { "" } else { &**zone };
        let node = if zone_routing == ZoneRouting::PreferNode { &**node } else { "" };
        let level = (Distance::between(place, zone, node), one_by_one.then_some((state, position)));
        let level = levels.entry(level).or_default();
        let region = if second.is_some() { dual_stack } else { "" };
        level.entry((region, zone, node)).or_default().push(lb_endpoint(*address, *second, *port, state, *weight));
    }
    let localities = (0..).zip(levels.into_values()).flat_map(|(priority, localities)| {
        let priority = u32::min(priority, LAST_PRIORITY);
        localities.into_iter().map(move |(place, endpoints)| locality(priority, place, endpoints))
    });
    let message = ClusterLoadAssignment {
        cluster_name: name.to_string(),
        endpoints: localities.collect(),
        ..ClusterLoadAssignment::default()
    };
    Resource::encode(Name::clone(name), &message, [])
}

/// An assignment without endpoints.
fn empty(name: &Name) -> Resource {
    let message = ClusterLoadAssignment { cluster_name: name.to_string(), ..ClusterLoadAssignment::default() };
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

fn locality(
    priority: u32,
    (region, zone, node): LocalityKey<'_>,
    lb_endpoints: Vec<LbEndpoint>,
) -> LocalityLbEndpoints {
    // Envoy looks at it only with locality-weighted balancing, which we don't ask for. Then, too, every endpoint's share
    // should be its own weight, whatever its zone.
    let weight = lb_endpoints.iter().filter_map(|endpoint| endpoint.load_balancing_weight).fold(0, u32::saturating_add);
    LocalityLbEndpoints {
        locality: Some(Locality { region: region.to_owned(), zone: zone.to_owned(), sub_zone: node.to_owned() }),
        lb_endpoints,
        load_balancing_weight: Some(weight.max(1)),
        priority,
        ..LocalityLbEndpoints::default()
    }
}

fn lb_endpoint(
    address: IpAddr,
    second: Option<IpAddr>,
    port: u16,
    state: model::EndpointState,
    weight: u32,
) -> LbEndpoint {
    let health = match state {
        model::EndpointState::Ready => HealthStatus::Healthy,
        model::EndpointState::Draining => HealthStatus::Draining,
    };
    // Envoy connects to the first address, and 300 ms later to the next if there is no connection yet (RFC 8305); it needs
    // nothing from the cluster for that. gRPC: gRFC A61; libraries that don't know the field use the first address.
    let additional_addresses =
        second.map(|second| AdditionalAddress { address: Some(socket_address(second, port)) }).into_iter().collect();
    LbEndpoint {
        health_status: health.into(),
        // Explicit, so that an endpoint without a label and one labelled 1 are the same bytes, and 0 can't happen.
        load_balancing_weight: Some(weight.max(1)),
        host_identifier: Some(lb_endpoint::HostIdentifier::Endpoint(Endpoint {
            address: Some(socket_address(address, port)),
            additional_addresses,
            ..Endpoint::default()
        })),
        ..LbEndpoint::default()
    }
}

#[cfg(test)]
mod tests;
