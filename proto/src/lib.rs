//! Envoy's xDS protocol, and the protos of Chancery's own, as Rust types.
//!
//! ```text
//! envoy-types (its .proto files) ─┐            ┌─ prost types, ordered maps ─→ cluster endpoint listener route …
//!                                 ├─ build.rs ─┤
//! proto/chancery (ours) ──────────┘            └─ file-descriptor set ───────→ descriptor_pool ─→ json
//! ```
//!
//! # Why generate, when crates with these types exist
//!
//! A version, in Chancery, is a hash of a resource's bytes. So one message must always encode to one byte string: in
//! this process, after a restart, and in another replica. prost's maps are `HashMap`s unless told otherwise; they encode
//! in random order, and every published crate of Envoy types has them. Here every map is a `BTreeMap` (those of
//! [`prost_types::Struct`] are by themselves), and a test fails if one is not.
//!
//! The descriptors come with the types, so [`json`] can show what is inside an `Any` without a table of types.
//!
//! Nothing of Envoy's is copied into this repository. The published package `envoy-types`, pinned to one version, carries
//! the .proto files; cargo downloads it as a build dependency, and `build.rs` reads its folder. Its Rust code is compiled
//! with the build script and used by nobody. To move to a newer Envoy API, change that pin.
//!
//! Clients of the services are generated with the feature `client`, as is the echo service: only tests need them.
//!
//! # Names
//!
//! A module holds what we use of one package of protos, by the names of Envoy's documentation. What a message `FooBar`
//! declares inside itself is in the module `foo_bar` beside it, and so are its oneofs. Where that module would have the name
//! of the one it is in (`cluster::cluster`), its content is one level up: [`cluster::EdsClusterConfig`], [`route::Action`].
//!
//! ```
//! use data_plane_api::{any, cluster::{Cluster, ClusterDiscoveryType, DiscoveryType}, core::Metadata, json};
//!
//! let cluster = Cluster {
//!     name: "shop/cart/50051".into(),
//!     cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::Eds.into())),
//!     metadata: Some(Metadata::default()),
//!     ..Cluster::default()
//! };
//! assert_eq!(any(&cluster).type_url, "type.googleapis.com/envoy.config.cluster.v3.Cluster");
//! assert_eq!(
//!     json::of(&cluster)?,
//!     serde_json::json!({"name": "shop/cart/50051", "type": "EDS", "metadata": {}})
//! );
//! # Ok::<(), json::Error>(())
//! ```

mod any;
mod descriptors;
pub mod json;

#[cfg(test)]
mod tests;

#[doc(hidden)]
#[allow(
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    dead_code,
    deprecated,
    missing_docs,
    reason = "generated; most of it is there because something we use mentions it"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/protos.rs"));
}

pub use any::{TYPE_URL_PREFIX, any, message_name};
pub use descriptors::{DescriptorPool, FILE_DESCRIPTOR_SET, FileDescriptor, descriptor_pool};

use generated::envoy::{admin, config, extensions, service, r#type};

/// Upstream clusters (CDS): who is called, and by which rules.
pub mod cluster {
    pub use super::config::cluster::v3::cluster::{
        ClusterDiscoveryType, CommonLbConfig, CustomClusterType, DiscoveryType, DnsLookupFamily, EdsClusterConfig,
        LbConfig, LbPolicy, PreconnectPolicy, RefreshRate, RingHashLbConfig, TransportSocketMatch, common_lb_config,
        ring_hash_lb_config,
    };
    pub use super::config::cluster::v3::{
        CircuitBreakers, Cluster, Filter, LoadBalancingPolicy, OutlierDetection, TrackClusterStats,
        UpstreamConnectionOptions, circuit_breakers, load_balancing_policy, upstream_connection_options,
    };
}

/// The endpoints of clusters (EDS), and what a client reports of their load (LRS).
pub mod endpoint {
    pub use super::config::endpoint::v3::endpoint::{AdditionalAddress, HealthCheckConfig};
    pub use super::config::endpoint::v3::{
        ClusterLoadAssignment, ClusterStats, Endpoint, EndpointLoadMetricStats, LbEndpoint, LocalityLbEndpoints,
        UnnamedEndpointLoadMetricStats, UpstreamEndpointStats, UpstreamLocalityStats, cluster_load_assignment,
        cluster_stats, lb_endpoint, locality_lb_endpoints,
    };
}

/// Where connections are accepted (LDS), or, for a gRPC client, what a dialled name means.
pub mod listener {
    pub use super::config::listener::v3::listener::{ConnectionBalanceConfig, DrainType, connection_balance_config};
    pub use super::config::listener::v3::{
        AdditionalAddress, ApiListener, Filter, FilterChain, FilterChainMatch, Listener, ListenerFilter, filter,
        filter_chain_match, listener_filter,
    };
}

/// Which request goes to which cluster (RDS).
pub mod route {
    pub use super::config::route::v3::route::Action;
    pub use super::config::route::v3::{
        CookieMatcher, Decorator, DirectResponseAction, FilterConfig, HeaderMatcher, HedgePolicy,
        InternalRedirectPolicy, NonForwardingAction, QueryParameterMatcher, RedirectAction, RetryPolicy, Route,
        RouteAction, RouteConfiguration, RouteMatch, VirtualHost, WeightedCluster, header_matcher,
        query_parameter_matcher, redirect_action, retry_policy, route_action, route_match, virtual_host,
        weighted_cluster,
    };
}

/// The network filter that speaks HTTP and routes it.
pub mod http_connection_manager {
    pub use super::extensions::filters::network::http_connection_manager::v3::http_connection_manager::{
        CodecType, ForwardClientCertDetails, HcmAccessLogOptions, InternalAddressConfig, PathNormalizationOptions,
        PathWithEscapedSlashesAction, RouteSpecifier, ServerHeaderTransformation, SetCurrentClientCertDetails,
        StripPortMode, UpgradeConfig,
    };
    pub use super::extensions::filters::network::http_connection_manager::v3::{
        HttpConnectionManager, HttpFilter, LocalReplyConfig, Rds, RequestIdExtension, ResponseMapper, http_filter,
    };
}

/// The HTTP filter that ends every chain: it sends the request upstream.
pub mod router {
    pub use super::extensions::filters::http::router::v3::Router;
    pub use super::extensions::filters::http::router::v3::router::UpstreamAccessLogOptions;
}

/// Which HTTP a cluster's endpoints speak. Belongs in `Cluster.typed_extension_protocol_options`.
pub mod upstreams_http {
    pub use super::extensions::upstreams::http::v3::HttpProtocolOptions;
    pub use super::extensions::upstreams::http::v3::http_protocol_options::{
        AutoHttpConfig, ExplicitHttpConfig, UpstreamProtocolOptions, UseDownstreamHttpConfig, explicit_http_config,
    };
}

/// The load-balancing policies that `Cluster.load_balancing_policy` lists, and what they share.
pub mod load_balancing {
    pub use super::extensions::load_balancing_policies::{
        client_side_weighted_round_robin::v3::ClientSideWeightedRoundRobin,
        common::v3::{ConsistentHashingLbConfig, LocalityLbConfig, SlowStartConfig, locality_lb_config},
        least_request::v3::{LeastRequest, least_request},
        maglev::v3::Maglev,
        pick_first::v3::PickFirst,
        random::v3::Random,
        ring_hash::v3::{RingHash, ring_hash},
        round_robin::v3::RoundRobin,
        wrr_locality::v3::WrrLocality,
    };
}

/// How a retry chooses another endpoint than the ones that failed.
pub mod retry {
    pub use super::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate;
}

/// TLS contexts and the secrets in them (SDS).
pub mod tls {
    pub use super::extensions::transport_sockets::tls::v3::{
        CertificateProviderPluginInstance, CertificateValidationContext, CommonTlsContext, DownstreamTlsContext,
        GenericSecret, SdsSecretConfig, Secret, SubjectAltNameMatcher, TlsCertificate, TlsParameters,
        UpstreamTlsContext, certificate_validation_context, common_tls_context, downstream_tls_context, secret,
        subject_alt_name_matcher, tls_parameters,
    };
}

/// Where requests are logged, and which.
pub mod access_log {
    pub use super::config::accesslog::v3::{AccessLog, AccessLogFilter, access_log, access_log_filter};
    pub use super::extensions::access_loggers::{
        file::v3::{FileAccessLog, file_access_log},
        stream::v3::{StderrAccessLog, StdoutAccessLog, stderr_access_log, stdout_access_log},
    };
}

/// What all of the above is made of: addresses, nodes, configuration sources, HTTP options.
pub mod core {
    pub use super::config::core::v3::{
        Address, AggregatedConfigSource, ApiConfigSource, ApiVersion, AsyncDataSource, BackoffStrategy, BindConfig,
        BuildVersion, CidrRange, ConfigSource, ControlPlane, DataSource, Extension, ExtensionConfigSource,
        GrpcProtocolOptions, GrpcService, HeaderMap, HeaderValue, HeaderValueOption, HealthCheck, HealthStatus,
        HealthStatusSet, Http1ProtocolOptions, Http2ProtocolOptions, HttpProtocolOptions, KeepaliveSettings, Locality,
        Metadata, Node, PathConfigSource, Pipe, RateLimitSettings, RetryPolicy, RoutingPriority, RuntimeDouble,
        RuntimeFeatureFlag, RuntimeFractionalPercent, RuntimePercent, RuntimeUInt32, SelfConfigSource, SocketAddress,
        SocketOption, SubstitutionFormatString, TcpKeepalive, TrafficDirection, TransportSocket, TypedExtensionConfig,
        UpstreamHttpProtocolOptions, WatchedDirectory, address, api_config_source, config_source, data_source,
        grpc_service, header_value_option, health_check, http_protocol_options, http1_protocol_options, node,
        socket_address, socket_option, substitution_format_string, transport_socket,
    };
}

/// Matchers of strings.
pub mod matcher {
    pub use super::r#type::matcher::v3::{
        ListStringMatcher, NodeMatcher, RegexMatchAndSubstitute, RegexMatcher, StringMatcher, StructMatcher,
        regex_matcher, string_matcher,
    };
}

/// Small values: percentages, ranges, versions.
pub mod types {
    pub use super::r#type::v3::{
        CodecClientType, DoubleRange, FractionalPercent, Int32Range, Int64Range, Percent, SemanticVersion,
        fractional_percent,
    };
}

/// The transport of xDS: requests and responses, state of the world and incremental.
pub mod discovery {
    pub use super::service::discovery::v3::{
        DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
        DynamicParameterConstraints, Resource, ResourceError, ResourceLocator, ResourceName,
        dynamic_parameter_constraints, resource,
    };

    /// A client of ADS. There is no server: Chancery's sends bytes that are encoded already, which a generated one can't.
    #[cfg(feature = "client")]
    pub mod client {
        pub use crate::generated::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient;
    }
}

/// Client status discovery (CSDS): what each client was sent, and what it said of it.
pub mod client_status {
    pub use super::service::status::v3::{
        ClientConfig, ClientConfigStatus, ClientStatusRequest, ClientStatusResponse, ConfigStatus, PerXdsConfig,
        client_config::GenericXdsConfig, per_xds_config,
    };

    /// A client of CSDS. There is no server: Chancery's sends bytes that are encoded already, which a generated one can't.
    #[cfg(feature = "client")]
    pub mod client {
        pub use crate::generated::envoy::service::status::v3::client_status_discovery_service_client::ClientStatusDiscoveryServiceClient;
    }
}

/// Load reporting (LRS): how much each client sent where.
pub mod load_stats {
    pub use super::service::load_stats::v3::{LoadStatsRequest, LoadStatsResponse};

    /// A client of LRS. There is no server: Chancery's reads less of a report than a generated one does.
    #[cfg(feature = "client")]
    pub mod client {
        pub use crate::generated::envoy::service::load_stats::v3::load_reporting_service_client::LoadReportingServiceClient;
    }
}

/// What Envoy's own admin port shows: `/config_dump` and `/clusters`.
pub mod admin_dump {
    pub use super::admin::v3::{
        BootstrapConfigDump, ClientResourceStatus, ClusterStatus, Clusters, ClustersConfigDump, ConfigDump,
        EndpointsConfigDump, HostHealthStatus, HostStatus, ListenersConfigDump, RoutesConfigDump, SecretsConfigDump,
        UpdateFailureState, clusters_config_dump, endpoints_config_dump, listeners_config_dump, routes_config_dump,
        secrets_config_dump,
    };
}

/// What Envoy is started with.
pub mod bootstrap {
    pub use super::config::bootstrap::v3::bootstrap::{DynamicResources, StaticResources};
    pub use super::config::bootstrap::v3::{
        Admin, Bootstrap, ClusterManager, LayeredRuntime, RuntimeLayer, runtime_layer,
    };
}

/// A gRPC status as a message: the `error_detail` of a NACK.
pub mod status {
    pub use super::generated::google::rpc::Status as RpcStatus;
}

/// Our own service that says which pod answered: behind `make run`, and in the tests that drive real clients.
pub mod echo {
    pub use super::generated::chancery::echo::v1::{EchoRequest, EchoResponse};

    /// A client of the echo service.
    #[cfg(feature = "client")]
    pub mod client {
        pub use crate::generated::chancery::echo::v1::echo_client::EchoClient;
    }

    /// A server of the echo service, and the trait it serves.
    #[cfg(feature = "client")]
    pub mod server {
        pub use crate::generated::chancery::echo::v1::echo_server::{Echo, EchoServer};
    }
}
