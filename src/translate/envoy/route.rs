//! Virtual hosts, and the route configuration that is made of them.

use std::time::Duration;

use bytes::Bytes;
use data_plane_api::route::{
    Action, Route, RouteAction, RouteConfiguration, RouteMatch, VirtualHost, route_action, route_match,
};
use prost::Message;
use prost::Name as MessageName;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::{duration, retry::retry_policy};
use crate::model::Retry;
use crate::translate::names;
use crate::xds::{Name, Resource};

/// The number of the field `RouteConfiguration.virtual_hosts`.
const VIRTUAL_HOSTS: u32 = 2;

/// No limit. A stream may live for as long as both ends want; Envoy's default would end it after 15 s.
const NO_TIMEOUT: Duration = Duration::ZERO;

/// The encoded virtual host `name`: everything under its domains goes to the cluster of the same name.
pub fn encode_virtual_host(name: &Name, domains: &[Name], retry: &Retry) -> Bytes {
    virtual_host(name, domains, retry).encode_to_vec().into()
}

/// The route configuration that consists of these encoded virtual hosts. It refers to their clusters.
///
/// They are strung together, not decoded: a change of one Service encodes one virtual host, however many there are. Give
/// them in a stable order.
pub fn route_configuration<'a>(virtual_hosts: impl IntoIterator<Item = (&'a Name, &'a Bytes)>) -> Resource {
    let (head, tail) = frame();
    let mut value = head.encode_to_vec();
    let mut references = Vec::new();
    for (name, virtual_host) in virtual_hosts {
        encode_key(VIRTUAL_HOSTS, WireType::LengthDelimited, &mut value);
        encode_varint(virtual_host.len() as u64, &mut value);
        value.extend_from_slice(virtual_host);
        references.push(Name::clone(name));
    }
    value.extend(tail.encode_to_vec());
    Resource::from_value(names::LISTENER.into(), RouteConfiguration::type_url(), value, references)
}

/// What stands before the virtual hosts and what stands after them, in the order of field numbers.
fn frame() -> (RouteConfiguration, RouteConfiguration) {
    let head = RouteConfiguration { name: names::LISTENER.to_owned(), ..RouteConfiguration::default() };
    // A route may arrive before its cluster; that must not cost all the other routes.
    let tail = RouteConfiguration { validate_clusters: Some(false), ..RouteConfiguration::default() };
    (head, tail)
}

fn virtual_host(name: &Name, domains: &[Name], retry: &Retry) -> VirtualHost {
    VirtualHost {
        name: name.to_string(),
        domains: domains.iter().map(ToString::to_string).collect(),
        routes: vec![Route {
            r#match: Some(RouteMatch {
                path_specifier: Some(route_match::PathSpecifier::Prefix("/".to_owned())),
                ..RouteMatch::default()
            }),
            action: Some(Action::Route(RouteAction {
                cluster_specifier: Some(route_action::ClusterSpecifier::Cluster(name.to_string())),
                timeout: Some(duration(NO_TIMEOUT)),
                // A maximum of zero is no maximum: the caller's `grpc-timeout` is honoured as it is.
                max_stream_duration: Some(route_action::MaxStreamDuration {
                    grpc_timeout_header_max: Some(duration(NO_TIMEOUT)),
                    ..route_action::MaxStreamDuration::default()
                }),
                retry_policy: retry_policy(retry),
                ..RouteAction::default()
            })),
            ..Route::default()
        }],
        ..VirtualHost::default()
    }
}

#[cfg(test)]
mod tests;
