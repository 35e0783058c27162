//! The endpoints of a Service port as a cluster's load assignment.

use std::collections::BTreeMap;
use std::net::IpAddr;

use data_plane_api::core::{Address, HealthStatus, Locality, SocketAddress, address, socket_address};
use data_plane_api::endpoint::{ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints, lb_endpoint};

use crate::model;
use crate::xds::{Name, Resource};

/// The assignment of the cluster `name`: its endpoints by zone, in the order of zones and addresses.
///
/// All have one priority, so that Envoy has nothing to overflow to: with a panic threshold of 0 the healthy ones share
/// all requests however few they are. Without endpoints it is empty, which is different from absent: Envoy would wait
/// for an absent one.
pub fn assignment(name: &Name, endpoints: &[model::Endpoint]) -> Resource {
    let mut zones: BTreeMap<&str, Vec<LbEndpoint>> = BTreeMap::new();
    for endpoint in endpoints {
        let model::Endpoint { address, port, state, locality, weight } = endpoint;
        let model::Locality { zone, node: _ } = locality;
        zones.entry(zone).or_default().push(lb_endpoint(*address, *port, *state, *weight));
    }
    let message = ClusterLoadAssignment {
        cluster_name: name.to_string(),
        endpoints: zones.into_iter().map(|(zone, endpoints)| locality(zone, endpoints)).collect(),
        ..ClusterLoadAssignment::default()
    };
    Resource::encode(Name::clone(name), &message, [])
}

fn locality(zone: &str, lb_endpoints: Vec<LbEndpoint>) -> LocalityLbEndpoints {
    // Envoy looks at it only with locality-weighted balancing, which we don't ask for. Then, too, every endpoint's share
    // should be its own weight, whatever its zone.
    let weight = lb_endpoints.iter().filter_map(|endpoint| endpoint.load_balancing_weight).fold(0, u32::saturating_add);
    LocalityLbEndpoints {
        locality: Some(Locality { zone: zone.to_owned(), ..Locality::default() }),
        lb_endpoints,
        load_balancing_weight: Some(weight.max(1)),
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
