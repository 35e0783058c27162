//! The active health check of an Envoy cluster.

use data_plane_api::core::HealthCheck;
use data_plane_api::core::health_check::{GrpcHealthCheck, HealthChecker, HttpHealthCheck, TcpHealthCheck};
use data_plane_api::types::CodecClientType;

use crate::model::{self, Probe, Protocol};
use crate::translate::messages::duration;

/// What the pods of a port are asked, if anything.
///
/// Under this authority: by itself Envoy takes the cluster's name for it, and some servers, hyper's among them, refuse one
/// with slashes.
pub(super) fn health_check(check: &model::HealthCheck, protocol: Protocol, authority: &str) -> Option<HealthCheck> {
    let model::HealthCheck { probe, interval, timeout, healthy_threshold, unhealthy_threshold } = check;
    let health_checker = match probe.as_ref()? {
        Probe::Grpc(service) => HealthChecker::GrpcHealthCheck(GrpcHealthCheck {
            service_name: service.to_string(),
            authority: authority.to_owned(),
            ..GrpcHealthCheck::default()
        }),
        Probe::Http(path) => HealthChecker::HttpHealthCheck(HttpHealthCheck {
            host: authority.to_owned(),
            path: path.to_string(),
            codec_client_type: codec(protocol).into(),
            ..HttpHealthCheck::default()
        }),
        Probe::Tcp => HealthChecker::TcpHealthCheck(TcpHealthCheck::default()),
    };
    Some(HealthCheck {
        timeout: Some(duration(*timeout)),
        interval: Some(duration(*interval)),
        // Envoy would ask pods of a cluster without traffic once a minute only, so that after a quiet night the first
        // requests would find pods that died in it.
        no_traffic_interval: Some(duration(*interval)),
        healthy_threshold: Some(*healthy_threshold),
        unhealthy_threshold: Some(*unhealthy_threshold),
        health_checker: Some(health_checker),
        ..HealthCheck::default()
    })
}

const fn codec(protocol: Protocol) -> CodecClientType {
    match protocol {
        Protocol::Grpc | Protocol::Http2 => CodecClientType::Http2,
        // The last two have no such check.
        Protocol::Http1 | Protocol::Auto | Protocol::Tcp | Protocol::Tls => CodecClientType::Http1,
    }
}
