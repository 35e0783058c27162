//! Outlier detection: when clients eject pods although their endpoints are ready.

use std::time::Duration;

use data_plane_api::cluster::OutlierDetection;

use super::messages::duration;
use crate::model::Outlier;
use crate::model::settings::BASE_EJECTION_TIME;

/// Every detected outlier is ejected, in percent.
const ENFORCED: u32 = 100;
/// None is.
const IGNORED: u32 = 0;

/// How many failures in a row eject a pod.
const CONSECUTIVE: u32 = 5;

/// How often pods are ejected and readmitted.
const INTERVAL: Duration = Duration::from_secs(10);

/// How many of the pods may be ejected, in percent. Envoy's default of 10 would be none of fewer than ten pods.
const MAX_EJECTION_PERCENT: u32 = 50;

/// Outlier detection, if it is on.
///
/// Gateway failures are enforced, which Envoy leaves to the user; success rates only if asked for, which Envoy doesn't.
pub(super) fn outlier_detection(outlier: &Outlier) -> Option<OutlierDetection> {
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
