//! The port that an Envoy opens for us.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use data_plane_api::http_connection_manager::{HttpConnectionManager, HttpFilter, Rds, RouteSpecifier, http_filter};
use data_plane_api::listener::{Filter, FilterChain, Listener, filter};
use data_plane_api::router::Router;

use super::{ads, duration, endpoint::socket_address, extension, tcp_keepalive};
use crate::translate::names;
use crate::xds::{Name, Resource};

/// Where an Envoy listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListenerAddress {
    /// The local address; `0.0.0.0` or `::` for all.
    pub address: IpAddr,
    /// The port, 1 to 65535.
    pub port: u16,
}

impl Default for ListenerAddress {
    fn default() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), port: 10_000 }
    }
}

impl fmt::Display for ListenerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::net::SocketAddr::new(self.address, self.port).fmt(f)
    }
}

/// How long the listener waits for its routes: for ever. A port that is open before there are routes answers 404, and
/// looks healthy doing so. (Routes are only ever awaited once: a changed listener finds those of the old one.)
const ROUTES_TIMEOUT: Duration = Duration::ZERO;

/// How long a stream may be silent: for ever. Streams live; Envoy's default would reset them after 5 minutes. A client
/// that vanished is noticed by TCP keepalive instead.
const STREAM_IDLE_TIMEOUT: Duration = Duration::ZERO;

/// The listener, which takes HTTP/1 and HTTP/2 without TLS and refers to the route configuration of the same name.
///
/// Requests pass as they come: paths aren't normalised (every virtual host has one route, so no path can slip past one),
/// no header is taken away. It drains as Envoy does by itself: connections of a changed or removed listener, or of an
/// Envoy whose health check was failed on purpose, are told to go elsewhere.
pub fn listener(address: ListenerAddress) -> Resource {
    let ListenerAddress { address, port } = address;
    let message = Listener {
        name: names::LISTENER.to_owned(),
        address: Some(socket_address(address, port)),
        filter_chains: vec![FilterChain { filters: vec![http()], ..FilterChain::default() }],
        tcp_keepalive: Some(tcp_keepalive()),
        ..Listener::default()
    };
    let name = Name::from(names::LISTENER);
    Resource::encode(Name::clone(&name), &message, [name])
}

fn http() -> Filter {
    let router = extension("envoy.filters.http.router", &Router::default());
    let manager = HttpConnectionManager {
        stat_prefix: names::LISTENER.to_owned(),
        // The codec is left at AUTO: HTTP/2 is known by its preface, everything else is HTTP/1. HTTP/2 limits are
        // Envoy's (since 1.36 those for untrusted clients: 1024 streams, bounded windows).
        route_specifier: Some(RouteSpecifier::Rds(Rds {
            config_source: Some(ads(Some(ROUTES_TIMEOUT))),
            route_config_name: names::LISTENER.to_owned(),
        })),
        http_filters: vec![HttpFilter {
            name: router.name,
            config_type: router.typed_config.map(http_filter::ConfigType::TypedConfig),
            ..HttpFilter::default()
        }],
        // Clients aren't trusted: `x-forwarded-for` gets the address that we see, and `x-envoy-*` headers that would
        // change retries or timeouts are ignored.
        use_remote_address: Some(true),
        stream_idle_timeout: Some(duration(STREAM_IDLE_TIMEOUT)),
        ..HttpConnectionManager::default()
    };
    let manager = extension("envoy.filters.network.http_connection_manager", &manager);
    Filter { name: manager.name, config_type: manager.typed_config.map(filter::ConfigType::TypedConfig) }
}

#[cfg(test)]
mod tests;
