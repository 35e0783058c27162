//! Which pods are left out for a while because of how they answer.

use super::{Group, Grpc, Setting};
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "Which pods are left out for how they answer",
    about: "Outlier detection. Any of these settings turns it on; `outlier-detection: off` turns it off whatever else is \
            set. Each Envoy watches for itself. gRPC statuses count as the HTTP statuses that they correspond to: \
            UNAVAILABLE is 503.",
    settings: &SETTINGS,
};

static SETTINGS: [Setting; 9] = [
    Setting {
        key: "outlier-detection",
        about: "Whether pods that fail are left out for a while.",
        default: "off",
        default_is_words: true,
        example: "on",
        envoy: "`Cluster.outlier_detection`, with the values below.",
        grpc: Grpc::Becomes(
            "`Cluster.outlier_detection`, with the values below. gRPC counts no failures in a row; if it has neither a \
             success rate nor a percentage to go by, a pod is out from 85 % of failed calls on, with 2 pods and 10 \
             calls to it within an interval.",
        ),
        values: Values::Switch(|to, on| to.policy.outlier.detection = Some(on)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-consecutive-5xx",
        about: "Out after so many 5xx answers in a row.",
        default: "5, once detection is on",
        default_is_words: true,
        example: "10",
        envoy: "`OutlierDetection.consecutive_5xx`.",
        grpc: Grpc::Becomes("Turns detection on. The number isn't looked at: see `outlier-detection`."),
        values: Values::Whole(1..=1_000_000, |to, n| to.policy.outlier.consecutive_5xx = Some(n)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-consecutive-gateway-failure",
        about: "Out after so many 502, 503 or 504 answers, UNAVAILABLEs or failed connections in a row.",
        default: "5, once detection is on",
        default_is_words: true,
        example: "3",
        envoy: "`OutlierDetection.consecutive_gateway_failure`, enforced.",
        grpc: Grpc::Becomes("Turns detection on. The number isn't looked at: see `outlier-detection`."),
        values: Values::Whole(1..=1_000_000, |to, n| to.policy.outlier.consecutive_gateway_failure = Some(n)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-interval",
        about: "How often it is looked who goes out and who comes back.",
        default: "10s, once detection is on",
        default_is_words: true,
        example: "5s",
        envoy: "`OutlierDetection.interval`.",
        grpc: Grpc::Becomes("`OutlierDetection.interval`."),
        values: Values::Duration(|to, interval| to.policy.outlier.interval = Some(interval)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-base-ejection-time",
        about: "How long a pod is out, times how often it was.",
        default: "30s, once detection is on",
        default_is_words: true,
        example: "10s",
        envoy: "`OutlierDetection.base_ejection_time`.",
        grpc: Grpc::Becomes("`OutlierDetection.base_ejection_time`."),
        values: Values::Duration(|to, time| to.policy.outlier.base_ejection_time = Some(time)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-max-ejection-time",
        about: "How long a pod is out at most.",
        default: "5m, or outlier-base-ejection-time if that is longer",
        default_is_words: true,
        example: "10m",
        envoy: "`OutlierDetection.max_ejection_time`.",
        grpc: Grpc::Becomes("`OutlierDetection.max_ejection_time`."),
        note: "Not less than `outlier-base-ejection-time`.",
        values: Values::Duration(|to, time| to.policy.outlier.max_ejection_time = Some(time)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-max-ejection-percent",
        about: "How much of the pods is out at most, in percent.",
        default: "50, once detection is on",
        default_is_words: true,
        example: "20",
        envoy: "`OutlierDetection.max_ejection_percent`.",
        grpc: Grpc::Becomes("`OutlierDetection.max_ejection_percent`."),
        note: "Rounded down to whole pods: 50 is one pod of three, and none if there is only one.",
        values: Values::Whole(0..=100, |to, percent| to.policy.outlier.max_ejection_percent = Some(percent)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-success-rate",
        about: "Out if its successes are so many standard deviations below the mean of all pods.",
        default: "not looked at",
        default_is_words: true,
        example: "1.9",
        envoy: "`OutlierDetection.success_rate_stdev_factor` (times 1000), enforced.",
        grpc: Grpc::Becomes("`OutlierDetection.success_rate_stdev_factor` (times 1000), enforced."),
        note: "Looked at only with at least 5 pods, and 100 requests to a pod within an interval.",
        values: Values::Decimal(0.0..=1000.0, |to, factor| to.policy.outlier.success_rate = Some(factor)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-failure-percentage",
        about: "Out from this share of failed requests on, in percent.",
        default: "not looked at",
        default_is_words: true,
        example: "50",
        envoy: "`OutlierDetection.failure_percentage_threshold`, enforced.",
        grpc: Grpc::Becomes("`OutlierDetection.failure_percentage_threshold`, enforced."),
        note: "Looked at only with at least 5 pods, and 50 requests to a pod within an interval.",
        values: Values::Whole(0..=100, |to, percent| to.policy.outlier.failure_percentage = Some(percent)),
        ..Setting::PLAIN
    },
];
