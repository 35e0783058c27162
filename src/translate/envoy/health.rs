//! Which pods an Envoy leaves out, although their endpoints are ready.

use std::time::Duration;

use data_plane_api::cluster::OutlierDetection;
use data_plane_api::core::HealthCheck;
use data_plane_api::core::health_check::{GrpcHealthCheck, HealthChecker, HttpHealthCheck, TcpHealthCheck};
use data_plane_api::types::CodecClientType;

use super::duration;
use crate::model::settings::BASE_EJECTION_TIME;
use crate::model::{self, Outlier, Probe, Protocol};

/// Always: what is found out is acted upon.
const ENFORCED: u32 = 100;
/// Never.
const IGNORED: u32 = 0;

/// After how many failures in a row a pod goes out.
const CONSECUTIVE: u32 = 5;

/// How often it is looked who goes out and who comes back.
const INTERVAL: Duration = Duration::from_secs(10);

/// How much of the pods may be out, in percent. Envoy's own 10 is nobody, of fewer than ten pods.
const MAX_EJECTION_PERCENT: u32 = 50;

/// Outlier detection, if it is on.
///
/// Gateway failures are enforced, which Envoy leaves to the user; success rates only if asked for, which Envoy doesn't.
pub(in crate::translate) fn outlier_detection(outlier: &Outlier) -> Option<OutlierDetection> {
    if !outlier.is_on() {
        return None;
    }
    let Outlier {
        detection: _,
        consecutive_5xx,
        consecutive_gateway_failure,
        interval,
        base_ejection_time,
        max_ejection_time,
        max_ejection_percent,
        success_rate,
        failure_percentage,
    } = outlier;
    Some(OutlierDetection {
        consecutive_5xx: Some(consecutive_5xx.unwrap_or(CONSECUTIVE)),
        enforcing_consecutive_5xx: Some(ENFORCED),
        consecutive_gateway_failure: Some(consecutive_gateway_failure.unwrap_or(CONSECUTIVE)),
        enforcing_consecutive_gateway_failure: Some(ENFORCED),
        interval: Some(duration(interval.unwrap_or(INTERVAL))),
        base_ejection_time: Some(duration(base_ejection_time.unwrap_or(BASE_EJECTION_TIME))),
        max_ejection_time: max_ejection_time.map(duration),
        max_ejection_percent: Some(max_ejection_percent.unwrap_or(MAX_EJECTION_PERCENT)),
        enforcing_success_rate: Some(if success_rate.is_some() { ENFORCED } else { IGNORED }),
        success_rate_stdev_factor: success_rate.map(thousandths),
        enforcing_failure_percentage: Some(if failure_percentage.is_some() { ENFORCED } else { IGNORED }),
        failure_percentage_threshold: *failure_percentage,
        ..OutlierDetection::default()
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the parser's range is 0 to 1000")]
fn thousandths(factor: f64) -> u32 {
    (factor * 1000.0).round() as u32
}

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
