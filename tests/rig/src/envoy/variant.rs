//! The variants of the protocol.
//!
//! ADS is one stream for all types. *Separate* is a stream for each subscription, with the service of its type: one for
//! all clusters, one for all listeners, one for each assignment and one for each route configuration.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use data_plane_api::bootstrap::Bootstrap;
use data_plane_api::cluster::{ClusterDiscoveryType, DiscoveryType};
use data_plane_api::core::address::Address as AddressKind;
use data_plane_api::core::api_config_source::ApiType;
use data_plane_api::core::config_source::ConfigSourceSpecifier;
use data_plane_api::core::grpc_service::{EnvoyGrpc, TargetSpecifier};
use data_plane_api::core::socket_address::PortSpecifier;
use data_plane_api::core::{
    Address, AggregatedConfigSource, ApiConfigSource, ApiVersion, BackoffStrategy, ConfigSource, GrpcService,
    RetryPolicy, SocketAddress,
};
use data_plane_api::endpoint::lb_endpoint::HostIdentifier;
use data_plane_api::endpoint::{Endpoint, LbEndpoint};
use data_plane_api::json;

use crate::{bootstrap, programs};

/// The control plane, in the bootstraps that `chancery bootstrap envoy` prints.
const SERVER_CLUSTER: &str = "chancery";

/// How soon a stream that was lost is opened again, at least. By itself Envoy takes up to 30 s, if it meets the dead one of
/// two servers a few times in a row, which is longer than a test should wait.
const RECONNECT_AFTER: Duration = Duration::from_millis(100);

/// How an Envoy talks to its control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// One stream, state of the world.
    AdsSotw,
    /// One stream, incremental.
    AdsDelta,
    /// A stream for each subscription, state of the world.
    SeparateSotw,
    /// A stream for each subscription, incremental.
    SeparateDelta,
}

impl Variant {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AdsSotw, Self::AdsDelta, Self::SeparateSotw, Self::SeparateDelta];

    /// Whether it is the incremental form of the protocol.
    pub const fn is_delta(self) -> bool {
        matches!(self, Self::AdsDelta | Self::SeparateDelta)
    }

    /// Whether it needs no ADS.
    pub const fn is_separate(self) -> bool {
        matches!(self, Self::SeparateSotw | Self::SeparateDelta)
    }

    /// Where an Envoy of this variant gets a resource from.
    pub fn source(self) -> ConfigSource {
        let specifier = if self.is_separate() {
            ConfigSourceSpecifier::ApiConfigSource(self.server())
        } else {
            ConfigSourceSpecifier::Ads(AggregatedConfigSource {})
        };
        ConfigSource {
            config_source_specifier: Some(specifier),
            resource_api_version: ApiVersion::V3.into(),
            ..ConfigSource::default()
        }
    }

    /// The bootstrap of an Envoy of this fleet that asks these servers, any of them, for clusters and listeners, and has
    /// its admin interface at `admin`.
    ///
    /// It is the one that `chancery bootstrap envoy` prints, but with a shorter back-off for lost streams. If the variant is a
    /// separate one, clusters and listeners come as [`Self::source`] says. `ads_config` stays: what the control plane's resources refer to comes from ADS.
    ///
    /// # Panics
    /// When there are no servers.
    pub fn bootstrap(self, fleet: &str, servers: &[SocketAddr], admin: SocketAddr) -> Bootstrap {
        let [first, others @ ..] = servers else { panic!("no server") };
        let node_id = format!("--node-id=test-{}", admin.port());
        let (server, admin_address) = (format!("--server={first}"), format!("--admin-address={admin}"));
        let form = if self.is_delta() { "--delta" } else { "--sotw" };
        let mut bootstrap = printed(&[&node_id, "--fleet", fleet, &server, &admin_address, form]);
        let dynamic = bootstrap.dynamic_resources.as_mut().expect("the bootstrap has them");
        dynamic.ads_config = Some(self.server());
        dynamic.cds_config = Some(self.source());
        dynamic.lds_config = Some(self.source());
        let clusters = bootstrap.static_resources.iter_mut().flat_map(|resources| &mut resources.clusters);
        for cluster in clusters.filter(|_| !others.is_empty()) {
            // One name is what the printed type is for.
            cluster.cluster_discovery_type = Some(ClusterDiscoveryType::Type(DiscoveryType::StrictDns.into()));
            for locality in cluster.load_assignment.iter_mut().flat_map(|assignment| &mut assignment.endpoints) {
                locality.lb_endpoints.extend(others.iter().copied().map(endpoint));
            }
        }
        bootstrap
    }

    fn server(self) -> ApiConfigSource {
        let retry = RetryPolicy {
            retry_back_off: Some(BackoffStrategy {
                base_interval: prost_types::Duration::try_from(RECONNECT_AFTER).ok(),
                max_interval: prost_types::Duration::try_from(2 * RECONNECT_AFTER).ok(),
            }),
            ..RetryPolicy::default()
        };
        let server =
            EnvoyGrpc { cluster_name: SERVER_CLUSTER.to_owned(), retry_policy: Some(retry), ..EnvoyGrpc::default() };
        ApiConfigSource {
            api_type: if self.is_delta() { ApiType::DeltaGrpc } else { ApiType::Grpc }.into(),
            transport_api_version: ApiVersion::V3.into(),
            grpc_services: vec![GrpcService {
                target_specifier: Some(TargetSpecifier::EnvoyGrpc(server)),
                ..GrpcService::default()
            }],
            set_node_on_first_message_only: true,
            ..ApiConfigSource::default()
        }
    }
}

/// What `chancery bootstrap envoy` prints with these arguments, as a message.
///
/// # Panics
/// When it prints none.
pub fn printed(arguments: &[&str]) -> Bootstrap {
    let chancery = programs::chancery().expect("it was built with the test");
    json::read(&bootstrap::envoy(&chancery, arguments).expect("a bootstrap")).expect("a bootstrap")
}

/// An address, as a message.
pub fn address(address: SocketAddr) -> Address {
    Address {
        address: Some(AddressKind::SocketAddress(SocketAddress {
            address: address.ip().to_string(),
            port_specifier: Some(PortSpecifier::PortValue(address.port().into())),
            ..SocketAddress::default()
        })),
    }
}

fn endpoint(server: SocketAddr) -> LbEndpoint {
    let endpoint = Endpoint { address: Some(address(server)), ..Endpoint::default() };
    LbEndpoint { host_identifier: Some(HostIdentifier::Endpoint(endpoint)), ..LbEndpoint::default() }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AdsSotw => "ADS, state of the world",
            Self::AdsDelta => "ADS, delta",
            Self::SeparateSotw => "separate streams, state of the world",
            Self::SeparateDelta => "separate streams, delta",
        })
    }
}
