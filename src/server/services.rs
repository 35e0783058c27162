//! The names of the gRPC services on the xDS port.

/// What clients of xDS call. Reflection lists them, and health knows them by name.
///
/// VHDS, ECDS, RTDS and the like are missing on purpose: a client may ask ADS for these types and stays unanswered.
pub(super) const XDS: [&str; 8] = [
    "envoy.service.cluster.v3.ClusterDiscoveryService",
    "envoy.service.discovery.v3.AggregatedDiscoveryService",
    "envoy.service.endpoint.v3.EndpointDiscoveryService",
    "envoy.service.listener.v3.ListenerDiscoveryService",
    "envoy.service.load_stats.v3.LoadReportingService",
    "envoy.service.route.v3.RouteDiscoveryService",
    "envoy.service.secret.v3.SecretDiscoveryService",
    "envoy.service.status.v3.ClientStatusDiscoveryService",
];

/// What says how the others are doing, and what they are.
pub(super) const ABOUT: [&str; 3] =
    ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];
