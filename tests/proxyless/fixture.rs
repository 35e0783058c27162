//! The resources that a gRPC client gets for a Service, in the shape that all four families accept.
//!
//! Made by hand. They are to be replaced by what Chancery renders: nothing else here knows what resources look like.

use std::net::SocketAddr;
use std::sync::Arc;

use chancery::xds::{Name, Resource, ResourceType, Snapshot};
use data_plane_api::any;
use data_plane_api::cluster::{
    Cluster, ClusterDiscoveryType, DiscoveryType, EdsClusterConfig, LoadBalancingPolicy, load_balancing_policy,
};
use data_plane_api::core::address::Address as AddressKind;
use data_plane_api::core::config_source::ConfigSourceSpecifier;
use data_plane_api::core::socket_address::PortSpecifier;
use data_plane_api::core::{
    Address, AggregatedConfigSource, ConfigSource, Locality, SocketAddress, TypedExtensionConfig,
};
use data_plane_api::endpoint::lb_endpoint::HostIdentifier;
use data_plane_api::endpoint::{ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints};
use data_plane_api::http_connection_manager::{HttpConnectionManager, HttpFilter, Rds, RouteSpecifier, http_filter};
use data_plane_api::listener::{ApiListener, Listener};
use data_plane_api::load_balancing::{RingHash, RoundRobin, WrrLocality, ring_hash};
use data_plane_api::route::route_action::hash_policy::{Header, PolicySpecifier};
use data_plane_api::route::route_action::{ClusterSpecifier, HashPolicy};
use data_plane_api::route::route_match::PathSpecifier;
use data_plane_api::route::{Action, RetryPolicy, Route, RouteAction, RouteConfiguration, RouteMatch, VirtualHost};
use data_plane_api::router::Router;
use prost::Name as MessageName;

/// What the clients dial, after `xds:///`.
pub const DIALLED: &str = "cart.shop:50051";

const ROUTES: &str = "cart.shop.svc.cluster.local:50051";
const CLUSTER: &str = "shop/cart/50051";

/// What is said of the Service `cart.shop`.
#[derive(Debug, Clone, Default)]
pub struct Cart {
    /// Its pods that take requests.
    pub endpoints: Vec<SocketAddr>,
    /// It retries once what comes back as `UNAVAILABLE`.
    pub retries: bool,
    /// It sends requests that are alike in this header to one pod.
    pub hash_on: Option<&'static str>,
    /// The priority of its endpoints. None of the clients takes an assignment without endpoints of priority 0.
    pub priority: u32,
}

impl Cart {
    /// What its clients get.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let mut put = |resource_type, resource| snapshot.get_mut(resource_type).insert(Arc::new(resource));
        put(ResourceType::Listener, resource(DIALLED, &listener(), &[ROUTES]));
        put(ResourceType::Route, resource(ROUTES, &self.routes(), &[CLUSTER]));
        put(ResourceType::Cluster, resource(CLUSTER, &self.cluster(), &[CLUSTER]));
        put(ResourceType::Endpoint, resource(CLUSTER, &self.assignment(), &[]));
        snapshot
    }

    fn routes(&self) -> RouteConfiguration {
        let hash_policy = self.hash_on.map(|header| HashPolicy {
            policy_specifier: Some(PolicySpecifier::Header(Header {
                header_name: header.to_owned(),
                ..Header::default()
            })),
            ..HashPolicy::default()
        });
        let retry_policy = self.retries.then(|| RetryPolicy {
            retry_on: "unavailable".to_owned(),
            num_retries: Some(1),
            ..RetryPolicy::default()
        });
        let route = Route {
            r#match: Some(RouteMatch {
                path_specifier: Some(PathSpecifier::Prefix(String::new())),
                case_sensitive: Some(true),
                ..RouteMatch::default()
            }),
            action: Some(Action::Route(RouteAction {
                cluster_specifier: Some(ClusterSpecifier::Cluster(CLUSTER.to_owned())),
                hash_policy: hash_policy.into_iter().collect(),
                retry_policy,
                ..RouteAction::default()
            })),
            ..Route::default()
        };
        let host = VirtualHost {
            name: CLUSTER.to_owned(),
            domains: vec!["*".to_owned()],
            routes: vec![route],
            ..VirtualHost::default()
        };
        RouteConfiguration { name: ROUTES.to_owned(), virtual_hosts: vec![host], ..RouteConfiguration::default() }
    }

    fn cluster(&self) -> Cluster {
        let ring = RingHash { hash_function: ring_hash::HashFunction::XxHash.into(), ..RingHash::default() };
        let spread = WrrLocality { endpoint_picking_policy: Some(policies([extension(&RoundRobin::default())])) };
        let preferred = self.hash_on.map(|_| extension(&ring));
        let preferences = preferred.into_iter().chain([extension(&spread)]);
        Cluster {
            name: CLUSTER.to_owned(),
            cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::Eds.into())),
            eds_cluster_config: Some(EdsClusterConfig {
                eds_config: Some(this_stream()),
                service_name: CLUSTER.to_owned(),
            }),
            load_balancing_policy: Some(policies(preferences)),
            ..Cluster::default()
        }
    }

    fn assignment(&self) -> ClusterLoadAssignment {
        let locality = LocalityLbEndpoints {
            locality: Some(Locality { zone: "a".to_owned(), ..Locality::default() }),
            lb_endpoints: self.endpoints.iter().map(endpoint).collect(),
            load_balancing_weight: Some(1),
            priority: self.priority,
            ..LocalityLbEndpoints::default()
        };
        let localities = if self.endpoints.is_empty() { vec![] } else { vec![locality] };
        ClusterLoadAssignment {
            cluster_name: CLUSTER.to_owned(),
            endpoints: localities,
            ..ClusterLoadAssignment::default()
        }
    }
}

fn listener() -> Listener {
    let router = HttpFilter {
        name: "envoy.filters.http.router".to_owned(),
        config_type: Some(http_filter::ConfigType::TypedConfig(any(&Router::default()))),
        ..HttpFilter::default()
    };
    let manager = HttpConnectionManager {
        route_specifier: Some(RouteSpecifier::Rds(Rds {
            config_source: Some(this_stream()),
            route_config_name: ROUTES.to_owned(),
        })),
        http_filters: vec![router],
        ..HttpConnectionManager::default()
    };
    Listener {
        name: DIALLED.to_owned(),
        api_listener: Some(ApiListener { api_listener: Some(any(&manager)) }),
        ..Listener::default()
    }
}

fn endpoint(address: &SocketAddr) -> LbEndpoint {
    let socket = SocketAddress {
        address: address.ip().to_string(),
        port_specifier: Some(PortSpecifier::PortValue(address.port().into())),
        ..SocketAddress::default()
    };
    let endpoint = Endpoint {
        address: Some(Address { address: Some(AddressKind::SocketAddress(socket)) }),
        ..Endpoint::default()
    };
    LbEndpoint { host_identifier: Some(HostIdentifier::Endpoint(endpoint)), ..LbEndpoint::default() }
}

fn policies(configurations: impl IntoIterator<Item = TypedExtensionConfig>) -> LoadBalancingPolicy {
    let policy =
        |typed_extension_config| load_balancing_policy::Policy { typed_extension_config: Some(typed_extension_config) };
    LoadBalancingPolicy { policies: configurations.into_iter().map(policy).collect() }
}

fn extension<M: MessageName>(configuration: &M) -> TypedExtensionConfig {
    TypedExtensionConfig { name: M::NAME.to_owned(), typed_config: Some(any(configuration)) }
}

fn this_stream() -> ConfigSource {
    ConfigSource {
        config_source_specifier: Some(ConfigSourceSpecifier::Ads(AggregatedConfigSource::default())),
        ..ConfigSource::default()
    }
}

fn resource<M: MessageName>(name: &str, message: &M, references: &[&str]) -> Resource {
    Resource::encode(Name::from(name), message, references.iter().map(|name| Name::from(*name)))
}
