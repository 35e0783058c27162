//! Encodes virtual hosts, and assembles route configurations of them.

use std::sync::Arc;

use bytes::Bytes;
use data_plane_api::matcher::{RegexMatcher, StringMatcher, string_matcher::MatchPattern};
use data_plane_api::route::route_action::UpgradeConfig;
use data_plane_api::route::route_match::GrpcRouteMatchOptions;
use data_plane_api::route::{
    Action, HeaderMatcher, Route, RouteAction, RouteConfiguration, RouteMatch, VirtualHost, header_matcher,
    route_action, route_match,
};
use prost::Message;
use prost::Name as MessageName;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::balancing::hash_policy;
use super::retry::retry_policy;
use crate::model::Policy;
use crate::translate::messages::duration;
use crate::translate::route::{NO_TIMEOUT, max_stream_duration};
use crate::xds::{Name, Resource};

/// The number of the field `RouteConfiguration.virtual_hosts`.
const VIRTUAL_HOSTS: u32 = 2;

/// A virtual host, encoded, and the names of the clusters that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedVirtualHost {
    bytes: Bytes,
    clusters: Arc<[Name]>,
}

/// Requests of one kind, and where they go.
#[derive(Debug, Clone, Copy)]
pub(super) struct RouteTo<'a> {
    /// What their path begins with.
    pub prefix: &'a str,
    /// Whether only those of gRPC are meant.
    pub grpc_only: bool,
    /// The authorities that are meant, as a regular expression; `None` for all.
    pub authority: Option<&'a str>,
    /// The cluster that they go to.
    pub cluster: &'a Name,
    /// What becomes of them.
    pub action: &'a RouteAction,
}

impl EncodedVirtualHost {
    /// The virtual host `name`, with these domains and routes. The first route that fits counts.
    pub(super) fn new<'a>(
        name: &str,
        domains: impl IntoIterator<Item = &'a Name>,
        routes: impl IntoIterator<Item = RouteTo<'a>>,
    ) -> Self {
        let mut virtual_host = VirtualHost {
            name: name.to_owned(),
            domains: domains.into_iter().map(ToString::to_string).collect(),
            ..VirtualHost::default()
        };
        let mut clusters = Vec::new();
        for to in routes {
            virtual_host.routes.push(route(to));
            clusters.push(Name::clone(to.cluster));
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

fn route(RouteTo { prefix, grpc_only, authority, cluster: _, action }: RouteTo<'_>) -> Route {
    Route {
        r#match: Some(RouteMatch {
            path_specifier: Some(route_match::PathSpecifier::Prefix(prefix.to_owned())),
            // By the content type: `application/grpc`, alone or followed by a plus sign.
            grpc: grpc_only.then(GrpcRouteMatchOptions::default),
            headers: authority.map(has_authority).into_iter().collect(),
            ..RouteMatch::default()
        }),
        action: Some(Action::Route(action.clone())),
        ..Route::default()
    }
}

fn has_authority(regex: &str) -> HeaderMatcher {
    let regex = RegexMatcher { regex: regex.to_owned(), ..RegexMatcher::default() };
    let matcher = StringMatcher { match_pattern: Some(MatchPattern::SafeRegex(regex)), ..StringMatcher::default() };
    HeaderMatcher {
        name: ":authority".to_owned(),
        header_match_specifier: Some(header_matcher::HeaderMatchSpecifier::StringMatch(matcher)),
        ..HeaderMatcher::default()
    }
}

/// What becomes of a request for this cluster under this policy.
pub(super) fn action(cluster: &Name, policy: &Policy) -> RouteAction {
    let Policy {
        fleets: _,
        hosts: _,
        routes: _,
        protocol,
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
        // Without it Envoy answers 403 to whoever asks for a WebSocket.
        upgrade_configs: protocol.is_upgradable().then(web_socket).into_iter().collect(),
        ..RouteAction::default()
    }
}

fn web_socket() -> UpgradeConfig {
    UpgradeConfig { upgrade_type: "websocket".to_owned(), ..UpgradeConfig::default() }
}

#[cfg(test)]
pub(super) mod tests;
