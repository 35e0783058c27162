//! Virtual hosts, and the route configuration that is made of them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use data_plane_api::route::{
    Action, Route, RouteAction, RouteConfiguration, RouteMatch, VirtualHost, route_action, route_match,
};
use prost::Message;
use prost::Name as MessageName;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::balancing::hash_policy;
use super::{duration, retry::retry_policy};
use crate::model::{Policy, Timeouts};
use crate::xds::{Name, Resource};

/// The number of the field `RouteConfiguration.virtual_hosts`.
const VIRTUAL_HOSTS: u32 = 2;

/// No limit. A stream may live for as long as both ends want; Envoy's default would end it after 15 s.
const NO_TIMEOUT: Duration = Duration::ZERO;

/// Every path.
pub(in crate::translate) const EVERY_PATH: &str = "/";

/// A virtual host, encoded, and the names of the clusters that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedVirtualHost {
    bytes: Bytes,
    clusters: Arc<[Name]>,
}

impl EncodedVirtualHost {
    /// The virtual host `name`: under these domains each path prefix leads where its action says, to the cluster beside
    /// it. The first prefix that fits counts.
    pub(super) fn new<'a>(
        name: &str,
        domains: impl IntoIterator<Item = &'a Name>,
        routes: impl IntoIterator<Item = (&'a str, &'a Name, &'a RouteAction)>,
    ) -> Self {
        let mut virtual_host = VirtualHost {
            name: name.to_owned(),
            domains: domains.into_iter().map(ToString::to_string).collect(),
            ..VirtualHost::default()
        };
        let mut clusters = Vec::new();
        for (prefix, cluster, action) in routes {
            virtual_host.routes.push(route(prefix, action));
            clusters.push(Name::clone(cluster));
        }
        Self { bytes: virtual_host.encode_to_vec().into(), clusters: clusters.into() }
    }
}

/// The route configuration `name` that consists of these virtual hosts. It refers to their clusters.
///
/// They are strung together, not decoded: a change of one Service encodes one virtual host, however many there are. Give
/// them in a stable order.
pub fn route_configuration<'a>(
    name: &Name,
    virtual_hosts: impl IntoIterator<Item = &'a EncodedVirtualHost>,
) -> Resource {
    let (head, tail) = frame(name);
    let mut value = head.encode_to_vec();
    let mut references = Vec::new();
    for EncodedVirtualHost { bytes, clusters } in virtual_hosts {
        encode_key(VIRTUAL_HOSTS, WireType::LengthDelimited, &mut value);
        encode_varint(bytes.len() as u64, &mut value);
        value.extend_from_slice(bytes);
        references.extend(clusters.iter().cloned());
    }
    value.extend(tail.encode_to_vec());
    Resource::from_value(Name::clone(name), RouteConfiguration::type_url(), value, references)
}

/// What stands before the virtual hosts and what stands after them, in the order of field numbers.
fn frame(name: &Name) -> (RouteConfiguration, RouteConfiguration) {
    let head = RouteConfiguration { name: name.to_string(), ..RouteConfiguration::default() };
    // A route may arrive before its cluster; that must not cost all the other routes.
    let tail = RouteConfiguration { validate_clusters: Some(false), ..RouteConfiguration::default() };
    (head, tail)
}

fn route(prefix: &str, action: &RouteAction) -> Route {
    Route {
        r#match: Some(RouteMatch {
            path_specifier: Some(route_match::PathSpecifier::Prefix(prefix.to_owned())),
            ..RouteMatch::default()
        }),
        action: Some(Action::Route(action.clone())),
        ..Route::default()
    }
}

/// What becomes of a request for this cluster under this policy.
pub(super) fn action(cluster: &Name, policy: &Policy) -> RouteAction {
    let Policy {
        fleets: _,
        hosts: _,
        routes: _,
        protocol: _,
        balancing,
        retry,
        timeouts,
        // The cluster has them.
        connection: _,
        limits: _,
        outlier: _,
        health_check: _,
    } = policy;
    RouteAction {
        cluster_specifier: Some(route_action::ClusterSpecifier::Cluster(cluster.to_string())),
        // Envoy looks at it only where it doesn't look at the caller's `grpc-timeout`.
        timeout: Some(duration(NO_TIMEOUT)),
        idle_timeout: timeouts.idle.map(duration),
        max_stream_duration: Some(max_stream_duration(timeouts)),
        retry_policy: retry_policy(retry),
        hash_policy: hash_policy(balancing),
        ..RouteAction::default()
    }
}

/// How long a request may take: as long as the shorter of its limits says, and the caller's `grpc-timeout`.
pub(in crate::translate) fn max_stream_duration(timeouts: &Timeouts) -> route_action::MaxStreamDuration {
    let Timeouts { request, idle: _, max_stream_duration } = timeouts;
    let longest = request.iter().chain(max_stream_duration).min().copied();
    route_action::MaxStreamDuration {
        max_stream_duration: longest.map(duration),
        // A maximum of zero is no maximum: the caller's `grpc-timeout` is honoured as it is.
        grpc_timeout_header_max: Some(duration(longest.unwrap_or(NO_TIMEOUT))),
        ..route_action::MaxStreamDuration::default()
    }
}

#[cfg(test)]
pub(super) mod tests;
