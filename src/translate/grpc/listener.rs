//! Renders listeners: of a gRPC client for a name that it dials, of a gRPC server for its address.

use data_plane_api::core::{Address, SocketAddress, address, socket_address};
use data_plane_api::http_connection_manager::{HttpConnectionManager, HttpFilter, Rds, RouteSpecifier, http_filter};
use data_plane_api::listener::{ApiListener, Filter, FilterChain, Listener, filter};
use data_plane_api::route::{Action, NonForwardingAction, RouteConfiguration};
use data_plane_api::router::Router;

use super::route::virtual_host;
use crate::translate::messages::{ads, extension};
use crate::xds::{Name, Resource};

/// What the parts of a server's listener are called. Nobody refers to them.
const SERVER: &str = "server";

/// The listener of a name as a client dialled it: it leads to the route configuration `routes`.
pub fn listener(name: &Name, routes: &Name) -> Resource {
    let rds = Rds { config_source: Some(ads(None)), route_config_name: routes.to_string() };
    let message = Listener {
        name: name.to_string(),
        api_listener: Some(ApiListener { api_listener: Some(data_plane_api::any(&manager(RouteSpecifier::Rds(rds)))) }),
        ..Listener::default()
    };
    Resource::encode(Name::clone(name), &message, [Name::clone(routes)])
}

/// The listener of a gRPC server that listens on this address (gRFC A36): it takes every call. There is nothing to set, so
/// its routes are in it; they never change, so its connections never have to be drained for them.
pub fn server_listener(name: &Name, address: &str, port: u16) -> Resource {
    let routes = RouteConfiguration {
        name: SERVER.to_owned(),
        virtual_hosts: vec![virtual_host(SERVER, Action::NonForwardingAction(NonForwardingAction {}))],
        ..RouteConfiguration::default()
    };
    let http =
        extension("envoy.filters.network.http_connection_manager", &manager(RouteSpecifier::RouteConfig(routes)));
    let filter = Filter { name: http.name, config_type: http.typed_config.map(filter::ConfigType::TypedConfig) };
    let message = Listener {
        name: name.to_string(),
        address: Some(Address {
            address: Some(address::Address::SocketAddress(SocketAddress {
                address: address.to_owned(),
                port_specifier: Some(socket_address::PortSpecifier::PortValue(port.into())),
                ..SocketAddress::default()
            })),
        }),
        filter_chains: vec![FilterChain { name: SERVER.to_owned(), filters: vec![filter], ..FilterChain::default() }],
        ..Listener::default()
    };
    Resource::encode(Name::clone(name), &message, [])
}

fn manager(route_specifier: RouteSpecifier) -> HttpConnectionManager {
    let filter = extension("envoy.filters.http.router", &Router::default());
    HttpConnectionManager {
        route_specifier: Some(route_specifier),
        http_filters: vec![HttpFilter {
            name: filter.name,
            config_type: filter.typed_config.map(http_filter::ConfigType::TypedConfig),
            ..HttpFilter::default()
        }],
        ..HttpConnectionManager::default()
    }
}
