//! Renders a Service port as a cluster for gRPC clients.

use data_plane_api::cluster::circuit_breakers::Thresholds;
use data_plane_api::cluster::{
    CircuitBreakers, Cluster, ClusterDiscoveryType, DiscoveryType, EdsClusterConfig, OutlierDetection,
};
use data_plane_api::core::config_source::ConfigSourceSpecifier;
use data_plane_api::core::{ConfigSource, RoutingPriority, SelfConfigSource};

use super::balancing::balanced;
use crate::model::{Limits, Outlier, Policy, UNLIMITED};
use crate::translate::messages::ads;
use crate::translate::outlier::outlier_detection;
use crate::xds::{Name, Resource};

/// The share of failures that ejects a pod, in percent, if the user only turned outlier detection on: gRPC can't count failures
/// in a row, as Envoys do then. Its own default, and Envoy's.
const FAILURE_PERCENTAGE: u32 = 85;

/// Then this many pods and calls to each are enough to judge. gRPC's own 5 and 50 would be none of a small Service.
const MINIMUM_HOSTS: u32 = 2;
const REQUEST_VOLUME: u32 = 10;

/// The cluster `name` of a Service port with this policy. It refers to its assignment, which has the same name.
pub fn cluster(name: &Name, policy: &Policy) -> Resource {
    let Policy {
        // The route configuration has what gRPC knows of these …
        fleets: _,
        hosts: _,
        routes: _,
        timeouts: _,
        retry: _,
        // … and it knows nothing of these.
        protocol: _,
        connection: _,
        health_check: _,
        balancing,
        limits,
        outlier,
    } = policy;
    let message = Cluster {
        name: name.to_string(),
        cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::Eds.into())),
        eds_cluster_config: Some(EdsClusterConfig { eds_config: Some(ads(None)), service_name: name.to_string() }),
        circuit_breakers: Some(circuit_breakers(limits)),
        lrs_server: load_reports(limits),
        outlier_detection: outliers(outlier),
        ..Cluster::default()
    };
    Resource::encode(Name::clone(name), &balanced(message, balancing), [Name::clone(name)])
}

/// Set in any case: gRPC's own limit is 1024 calls at a time (gRFC A32).
fn circuit_breakers(limits: &Limits) -> CircuitBreakers {
    let Limits { connections: _, pending_requests: _, requests, retries: _, connections_per_host: _ } = limits;
    let thresholds = Thresholds {
        priority: RoutingPriority::Default.into(),
        max_requests: Some(*requests),
        ..Thresholds::default()
    };
    CircuitBreakers { thresholds: vec![thresholds], ..CircuitBreakers::default() }
}

/// Where clients report their load: to whom they have this from, if calls are limited. For grpc-java doesn't count the calls
/// under way, and so keeps no limit, unless it also reports them. For others the field is unset, which spares them a stream.
fn load_reports(limits: &Limits) -> Option<ConfigSource> {
    let itself = ConfigSourceSpecifier::Self_(SelfConfigSource::default());
    let source = ConfigSource { config_source_specifier: Some(itself), ..ConfigSource::default() };
    (limits.requests != UNLIMITED).then_some(source)
}

/// Outlier detection as gRPC has it (gRFC A50): by the success rate and by the share of failures, not by failures in a row.
fn outliers(outlier: &Outlier) -> Option<OutlierDetection> {
    let theirs = outlier_detection(outlier)?;
    let detection = OutlierDetection {
        consecutive_5xx: None,
        enforcing_consecutive_5xx: None,
        consecutive_gateway_failure: None,
        enforcing_consecutive_gateway_failure: None,
        ..theirs
    };
    if outlier.success_rate.is_some() || outlier.failure_percentage.is_some() {
        return Some(detection);
    }
    Some(OutlierDetection {
        failure_percentage_threshold: Some(FAILURE_PERCENTAGE),
        enforcing_failure_percentage: Some(100),
        failure_percentage_minimum_hosts: Some(MINIMUM_HOSTS),
        failure_percentage_request_volume: Some(REQUEST_VOLUME),
        ..detection
    })
}

#[cfg(test)]
mod tests;
