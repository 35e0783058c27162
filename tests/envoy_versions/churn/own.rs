//! What the owner of the Envoy configures beside Chancery: a listener with Chancery's routes, and a listener with a
//! cluster that has Chancery's endpoints.

use std::net::SocketAddr;

use chancery::xds::{ResourceType, Snapshot};
use data_plane_api::bootstrap::Bootstrap;
use data_plane_api::cluster::Cluster;
use data_plane_api::http_connection_manager::{HttpConnectionManager, RouteSpecifier};
use data_plane_api::listener::Listener;
use data_plane_api::route::{RouteConfiguration, route_action};
use rig::envoy::{self, Variant};

use crate::separate::{self, with_manager};
use rig::envoy::configuration::decode;

/// The cluster.
const CLUSTER: &str = "own-cart";

/// Adds them to a bootstrap. They are the copies of what is in `snapshot`, and where they refer to Chancery, the variant
/// says how it is asked.
pub fn add(
    bootstrap: &mut Bootstrap,
    snapshot: &Snapshot,
    variant: Variant,
    routes_at: SocketAddr,
    cluster_at: SocketAddr,
) {
    let get = |resource_type, name| snapshot.get(resource_type).get(name).unwrap();
    let mut cluster: Cluster = decode(get(ResourceType::Cluster, "shop/cart/50051"));
    CLUSTER.clone_into(&mut cluster.name);
    separate::redirect_assignment(&mut cluster, variant);

    let listener: Listener = decode(get(ResourceType::Listener, "http"));
    let routes = own(&listener, "own-routes", routes_at, |manager| separate::redirect_routes(manager, variant));

    let mut to_cluster: RouteConfiguration = decode(get(ResourceType::Route, "http"));
    to_cluster.virtual_hosts.retain(|host| host.name == "shop/cart/50051");
    let host = &mut to_cluster.virtual_hosts[0];
    host.domains = vec!["*".to_owned()];
    let Some(data_plane_api::route::Action::Route(route)) = &mut host.routes[0].action else { panic!("{host:?}") };
    route.cluster_specifier = Some(route_action::ClusterSpecifier::Cluster(CLUSTER.to_owned()));
    let with_cluster = own(&listener, "own-cluster", cluster_at, |manager| {
        manager.route_specifier = Some(RouteSpecifier::RouteConfig(to_cluster));
    });

    let resources = bootstrap.static_resources.as_mut().unwrap();
    resources.clusters.push(cluster);
    resources.listeners.extend([routes, with_cluster]);
}

fn own(
    listener: &Listener,
    name: &str,
    address: SocketAddr,
    change: impl FnOnce(&mut HttpConnectionManager),
) -> Listener {
    let mut own = Listener { name: name.to_owned(), address: Some(envoy::address(address)), ..listener.clone() };
    // Envoy takes a static configuration only if it knows all of it; 1.36 doesn't know this.
    own.tcp_keepalive = None;
    with_manager(&mut own, |manager| {
        name.clone_into(&mut manager.stat_prefix);
        change(manager);
    });
    own
}
