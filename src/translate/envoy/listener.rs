//! Renders the listener of a fleet of Envoys.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use data_plane_api::access_log::{AccessLog, StdoutAccessLog, access_log, stdout_access_log};
use data_plane_api::core::{
    Address, HttpProtocolOptions as CommonOptions, SubstitutionFormatString, address, substitution_format_string,
};
use data_plane_api::http_connection_manager::{HttpConnectionManager, HttpFilter, Rds, RouteSpecifier, http_filter};
use data_plane_api::listener::{Filter, FilterChain, Listener, filter};
use data_plane_api::router::Router;
use prost_types::{Struct, Value, value};

use super::tcp_keepalive;
use crate::translate::messages::{ads, duration, extension, socket_address};
use crate::translate::names;
use crate::xds::{Name, Resource};

/// The configuration of the listener of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerOptions {
    /// Its name, which is also that of its route configuration.
    pub name: Name,
    /// Where it listens; the port is 1 to 65535.
    pub address: SocketAddr,
    /// How many proxies before the Envoy are trusted to say who the client is (`x-forwarded-for`).
    pub trusted_hops: u32,
    /// Whether the Envoy writes a line of JSON for each request to its standard output.
    pub access_log: bool,
    /// How old a client's connection gets; `None`: as old as it likes.
    pub max_connection_duration: Option<Duration>,
}

impl Default for ListenerOptions {
    fn default() -> Self {
        Self {
            name: names::LISTENER.into(),
            address: (Ipv4Addr::UNSPECIFIED, 10_000).into(),
            trusted_hops: 0,
            access_log: false,
            max_connection_duration: None,
        }
    }
}

/// The fields of a line of the access log, with what Envoy puts there ("Access logging" in its documentation).
const ACCESS_LOG: [(&str, &str); 15] = [
    ("time", "%START_TIME%"),
    ("method", "%REQ(:METHOD)%"),
    ("authority", "%REQ(:AUTHORITY)%"),
    ("path", "%REQ(:PATH)%"),
    ("protocol", "%PROTOCOL%"),
    ("status", "%RESPONSE_CODE%"),
    ("grpc_status", "%GRPC_STATUS%"),
    ("flags", "%RESPONSE_FLAGS%"),
    ("duration_ms", "%DURATION%"),
    ("attempts", "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"),
    ("bytes_received", "%BYTES_RECEIVED%"),
    ("bytes_sent", "%BYTES_SENT%"),
    ("client", "%DOWNSTREAM_REMOTE_ADDRESS%"),
    ("cluster", "%UPSTREAM_CLUSTER%"),
    ("endpoint", "%UPSTREAM_HOST%"),
];

/// How long the listener waits for its routes: for ever. A port that is open before there are routes answers 404, and
/// looks healthy doing so. (Routes are only ever awaited once: a changed listener finds those of the old one.)
const ROUTES_TIMEOUT: Duration = Duration::ZERO;

/// How long a stream may be silent: for ever. Streams live; Envoy's default would reset them after 5 minutes. A client
/// that vanished is noticed by TCP keepalive instead.
const STREAM_IDLE_TIMEOUT: Duration = Duration::ZERO;

/// The listener, which takes HTTP/1 and HTTP/2 without TLS and refers to the route configuration of the same name.
///
/// Requests pass as they come: paths aren't normalised, as nothing is protected by its path, and no header is taken away.
/// It drains as Envoy does by itself: connections of a changed or removed listener, or of an Envoy whose health check was
/// failed on purpose, are told to go elsewhere.
pub fn listener(options: &ListenerOptions) -> Resource {
    let message = Listener {
        name: options.name.to_string(),
        address: Some(listen_address(options.address)),
        filter_chains: vec![FilterChain { filters: vec![http(options)], ..FilterChain::default() }],
        tcp_keepalive: Some(tcp_keepalive()),
        ..Listener::default()
    };
    Resource::encode(Name::clone(&options.name), &message, [Name::clone(&options.name)])
}

/// An address to listen at; `[::]` takes IPv4 as well, as it does with other servers on Linux.
fn listen_address(at: SocketAddr) -> Address {
    let mut address = socket_address(at.ip(), at.port());
    if let Some(address::Address::SocketAddress(address)) = &mut address.address {
        address.ipv4_compat = at.ip() == Ipv6Addr::UNSPECIFIED;
    }
    address
}

fn http(options: &ListenerOptions) -> Filter {
    let ListenerOptions { name, address: _, trusted_hops, access_log, max_connection_duration } = options;
    let router = extension("envoy.filters.http.router", &Router::default());
    let manager = HttpConnectionManager {
        stat_prefix: name.to_string(),
        // The codec is left at AUTO: HTTP/2 is known by its preface, everything else is HTTP/1. HTTP/2 limits are
        // Envoy's (since 1.36 those for untrusted clients: 1024 streams, bounded windows).
        route_specifier: Some(RouteSpecifier::Rds(Rds {
            config_source: Some(ads(Some(ROUTES_TIMEOUT))),
            route_config_name: name.to_string(),
        })),
        http_filters: vec![HttpFilter {
            name: router.name,
            config_type: router.typed_config.map(http_filter::ConfigType::TypedConfig),
            ..HttpFilter::default()
        }],
        common_http_protocol_options: max_connection_duration.map(|longest| CommonOptions {
            max_connection_duration: Some(duration(longest)),
            ..CommonOptions::default()
        }),
        // Clients aren't trusted: `x-forwarded-for` gets the address that we see, and `x-envoy-*` headers that would
        // change retries or timeouts are ignored.
        use_remote_address: Some(true),
        xff_num_trusted_hops: *trusted_hops,
        access_log: access_log.then(stdout).into_iter().collect(),
        // `cart.shop.` and `cart.shop` are the same host (RFC 1034 §3.1).
        strip_trailing_host_dot: true,
        stream_idle_timeout: Some(duration(STREAM_IDLE_TIMEOUT)),
        ..HttpConnectionManager::default()
    };
    let manager = extension("envoy.filters.network.http_connection_manager", &manager);
    Filter { name: manager.name, config_type: manager.typed_config.map(filter::ConfigType::TypedConfig) }
}

fn stdout() -> AccessLog {
    let text = |text: &str| Value { kind: Some(value::Kind::StringValue(text.to_owned())) };
    let fields: BTreeMap<String, Value> =
        ACCESS_LOG.into_iter().map(|(name, command)| (name.to_owned(), text(command))).collect();
    let format = SubstitutionFormatString {
        format: Some(substitution_format_string::Format::JsonFormat(Struct { fields })),
        ..SubstitutionFormatString::default()
    };
    let log = StdoutAccessLog { access_log_format: Some(stdout_access_log::AccessLogFormat::LogFormat(format)) };
    let log = extension("envoy.access_loggers.stdout", &log);
    AccessLog {
        name: log.name,
        config_type: log.typed_config.map(access_log::ConfigType::TypedConfig),
        ..AccessLog::default()
    }
}

#[cfg(test)]
mod tests;
