//! The bootstrap as a message, so that nothing in it can be misspelt.

use std::collections::BTreeMap;
use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

use data_plane_api::any;
use data_plane_api::bootstrap::{Admin, Bootstrap, DynamicResources, StaticResources};
use data_plane_api::cluster::{Cluster, ClusterDiscoveryType, DiscoveryType, DnsLookupFamily};
use data_plane_api::core::address::Address as AddressKind;
use data_plane_api::core::api_config_source::ApiType;
use data_plane_api::core::config_source::ConfigSourceSpecifier;
use data_plane_api::core::grpc_service::{EnvoyGrpc, TargetSpecifier};
use data_plane_api::core::socket_address::PortSpecifier;
use data_plane_api::core::{
    Address, AggregatedConfigSource, ApiConfigSource, ApiVersion, BackoffStrategy, ConfigSource, GrpcService,
    Http2ProtocolOptions, KeepaliveSettings, Locality, Node, RetryPolicy, SocketAddress,
};
use data_plane_api::endpoint::{
    ClusterLoadAssignment, Endpoint, LbEndpoint, LocalityLbEndpoints, lb_endpoint::HostIdentifier,
};
use data_plane_api::upstreams_http::{
    ExplicitHttpConfig, HttpProtocolOptions, UpstreamProtocolOptions, explicit_http_config::ProtocolConfig,
};

use super::Envoy;

/// The name of the cluster that Chancery itself is. None of the clusters that it serves has a name without slashes.
const SERVER_CLUSTER: &str = "chancery";

/// How long to wait for a connection to Chancery before the next attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often to ask a silent Chancery whether it is there, and how long to wait for the answer. Without it, an Envoy
/// would hold on to a replica that vanished with its node, until TCP gives up after a quarter of an hour.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);

/// How soon a lost stream is opened again: at random, up to twice as late after each failure. Envoy's own back-off goes up
/// to 30 s, in which an Envoy that met a dead replica twice knows of no new pod.
const RECONNECT_AFTER: Duration = Duration::from_millis(500);
const RECONNECT_WITHIN: Duration = Duration::from_secs(5);

impl Envoy {
    /// The bootstrap.
    pub fn message(&self) -> Bootstrap {
        let Self { node_id, fleet, zone, node_name, server: _, delta: _, sotw, admin_address } = self;
        let api_type = if *sotw { ApiType::Grpc } else { ApiType::DeltaGrpc };
        Bootstrap {
            node: Some(Node {
                id: node_id.clone(),
                cluster: fleet.clone(),
                locality: (zone.is_some() || node_name.is_some()).then(|| Locality {
                    zone: zone.clone().unwrap_or_default(),
                    sub_zone: node_name.clone().unwrap_or_default(),
                    ..Locality::default()
                }),
                ..Node::default()
            }),
            dynamic_resources: Some(DynamicResources {
                ads_config: Some(ads(api_type)),
                cds_config: Some(over_ads()),
                lds_config: Some(over_ads()),
                ..DynamicResources::default()
            }),
            static_resources: Some(StaticResources {
                clusters: vec![self.server_cluster()],
                ..StaticResources::default()
            }),
            admin: Some(Admin { address: Some(listen_address(*admin_address)), ..Admin::default() }),
            ..Bootstrap::default()
        }
    }

    /// The cluster that Chancery itself is. Whichever of its addresses answers is taken: each connection tries those of both
    /// families in turn, the next one after 300 ms at the latest (Happy Eyeballs). `STRICT_DNS` would make a host of each
    /// address, and wait for [`CONNECT_TIMEOUT`] at one that is silent.
    fn server_cluster(&self) -> Cluster {
        let endpoint = Endpoint { address: Some(address(&self.server.host, self.server.port)), ..Endpoint::default() };
        Cluster {
            name: SERVER_CLUSTER.to_owned(),
            cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::LogicalDns.into())),
            // Envoy's own default asks for IPv4 addresses only of names that have no others.
            dns_lookup_family: DnsLookupFamily::All.into(),
            connect_timeout: duration(CONNECT_TIMEOUT),
            load_assignment: Some(ClusterLoadAssignment {
                cluster_name: SERVER_CLUSTER.to_owned(),
                endpoints: vec![LocalityLbEndpoints {
                    lb_endpoints: vec![LbEndpoint {
                        host_identifier: Some(HostIdentifier::Endpoint(endpoint)),
                        ..LbEndpoint::default()
                    }],
                    ..LocalityLbEndpoints::default()
                }],
                ..ClusterLoadAssignment::default()
            }),
            typed_extension_protocol_options: BTreeMap::from([(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions".to_owned(),
                any(&http2()),
            )]),
            ..Cluster::default()
        }
    }
}

fn ads(api_type: ApiType) -> ApiConfigSource {
    let retry_policy = RetryPolicy {
        retry_back_off: Some(BackoffStrategy {
            base_interval: duration(RECONNECT_AFTER),
            max_interval: duration(RECONNECT_WITHIN),
        }),
        ..RetryPolicy::default()
    };
    let grpc =
        EnvoyGrpc { cluster_name: SERVER_CLUSTER.to_owned(), retry_policy: Some(retry_policy), ..EnvoyGrpc::default() };
    ApiConfigSource {
        api_type: api_type.into(),
        transport_api_version: ApiVersion::V3.into(),
        grpc_services: vec![GrpcService {
            target_specifier: Some(TargetSpecifier::EnvoyGrpc(grpc)),
            ..GrpcService::default()
        }],
        set_node_on_first_message_only: true,
        ..ApiConfigSource::default()
    }
}

fn over_ads() -> ConfigSource {
    ConfigSource {
        config_source_specifier: Some(ConfigSourceSpecifier::Ads(AggregatedConfigSource {})),
        resource_api_version: ApiVersion::V3.into(),
        ..ConfigSource::default()
    }
}

fn http2() -> HttpProtocolOptions {
    let http2 = Http2ProtocolOptions {
        connection_keepalive: Some(KeepaliveSettings {
            interval: duration(KEEPALIVE_INTERVAL),
            timeout: duration(KEEPALIVE_TIMEOUT),
            ..KeepaliveSettings::default()
        }),
        ..Http2ProtocolOptions::default()
    };
    HttpProtocolOptions {
        upstream_protocol_options: Some(UpstreamProtocolOptions::ExplicitHttpConfig(ExplicitHttpConfig {
            protocol_config: Some(ProtocolConfig::Http2ProtocolOptions(http2)),
        })),
        ..HttpProtocolOptions::default()
    }
}

fn address(host: &str, port: u16) -> Address {
    Address { address: Some(AddressKind::SocketAddress(socket_address(host, port))) }
}

fn socket_address(host: &str, port: u16) -> SocketAddress {
    SocketAddress {
        address: host.to_owned(),
        port_specifier: Some(PortSpecifier::PortValue(port.into())),
        ..SocketAddress::default()
    }
}

/// An address to listen at; `[::]` takes IPv4 as well, as it does with other servers on Linux.
fn listen_address(at: SocketAddr) -> Address {
    Address {
        address: Some(AddressKind::SocketAddress(SocketAddress {
            ipv4_compat: at.ip() == Ipv6Addr::UNSPECIFIED,
            ..socket_address(&at.ip().to_string(), at.port())
        })),
    }
}

fn duration(duration: Duration) -> Option<prost_types::Duration> {
    // Fails only beyond 292 billion years.
    prost_types::Duration::try_from(duration).ok()
}
