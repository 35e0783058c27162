//! Renders a Service port as an Envoy cluster.

use std::time::Duration;

use data_plane_api::cluster::{
    Cluster, ClusterDiscoveryType, CommonLbConfig, DiscoveryType, EdsClusterConfig, UpstreamConnectionOptions,
};
use data_plane_api::types::Percent;

use super::{balancing, circuit_breakers, health_check, protocol, tcp_keepalive};
use crate::model::Policy;
use crate::translate::messages::{ads, duration};
use crate::translate::outlier::outlier_detection;
use crate::xds::{Name, Resource};

/// How long changes of health are held back to be delivered together. Not Envoy's second: a pod that begins to drain
/// would go on getting requests for that long. (Pods that come or go are never held back.)
const UPDATE_MERGE_WINDOW: Duration = Duration::ZERO;

/// The cluster `name` of a Service port with this policy. It refers to its assignment, which has the same name. Health
/// checks are sent to `authority`.
pub fn cluster(name: &Name, authority: &str, policy: &Policy) -> Resource {
    let Policy {
        // In the route configuration.
        fleets: _,
        hosts: _,
        routes: _,
        timeouts: _,
        protocol,
        balancing,
        retry,
        connection,
        limits,
        outlier,
        health_check,
    } = policy;
    let message = Cluster {
        name: name.to_string(),
        cluster_discovery_type: Some(ClusterDiscoveryType::Type(DiscoveryType::Eds.into())),
        eds_cluster_config: Some(EdsClusterConfig {
            // Envoy's 15 s. Chancery sends the assignment again after each change of its cluster, so this ends a wait
            // only when that was lost, say with the connection; then Envoy takes the assignment that it has. Waiting
            // for ever would leave the change waiting for ever: after a reconnection nothing differs, so nothing is
            // sent.
            eds_config: Some(ads(None)),
            service_name: name.to_string(),
        }),
        connect_timeout: Some(duration(connection.connect_timeout)),
        typed_extension_protocol_options: protocol::protocol_options(*protocol, connection, retry, balancing)
            .map(|options| (protocol::OPTIONS.to_owned(), data_plane_api::any(&options)))
            .into_iter()
            .collect(),
        load_balancing_policy: Some(balancing::load_balancing_policy(balancing)),
        common_lb_config: Some(CommonLbConfig {
            healthy_panic_threshold: Some(Percent { value: balancing.panic_threshold }),
            update_merge_window: Some(duration(UPDATE_MERGE_WINDOW)),
            ..CommonLbConfig::default()
        }),
        circuit_breakers: Some(circuit_breakers::circuit_breakers(limits, retry)),
        upstream_connection_options: connection.tcp_keepalive.then(|| UpstreamConnectionOptions {
            tcp_keepalive: Some(tcp_keepalive()),
            ..UpstreamConnectionOptions::default()
        }),
        outlier_detection: outlier_detection(outlier),
        health_checks: health_check::health_check(health_check, *protocol, authority).into_iter().collect(),
        // A pod that is gone is gone, whatever the checks say: else it would keep its requests until they failed.
        ignore_health_on_host_removal: health_check.probe.is_some(),
        ..Cluster::default()
    };
    Resource::encode(Name::clone(name), &message, [Name::clone(name)])
}

#[cfg(test)]
mod tests;
