//! Settings of outlier detection.

use super::{Group, Grpc, Setting};
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "Outlier detection",
    about: "Outlier detection ejects failing pods from load balancing for a while. Any of these settings enables it; \
            `outlier-detection: off` disables it regardless of the others. Each Envoy detects outliers on its own. gRPC \
            statuses count as the corresponding HTTP statuses: UNAVAILABLE is 503.",
    settings: SETTINGS,
};

const SETTINGS: &[Setting] = &[
    Setting {
        key: "outlier-detection",
        about: "Ejects failing pods for a while.",
        default: "off",
        default_is_words: true,
        example: "on",
        envoy: "`Cluster.outlier_detection`, with the values below.",
        grpc: Grpc::Becomes(
            "`Cluster.outlier_detection`, with the values below. gRPC doesn't count consecutive failures. Without a \
             success rate or a failure percentage, it ejects a pod at 85 % failed calls, given at least 2 pods and 10 \
             calls to the pod within an interval.",
        ),
        values: Values::Switch(|to, on| to.policy.outlier.detection = Some(on)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-consecutive-5xx",
        about: "Number of consecutive 5xx responses that ejects a pod.",
        default: "5, once detection is on",
        default_is_words: true,
        example: "10",
        envoy: "`OutlierDetection.consecutive_5xx`.",
        grpc: Grpc::Becomes("Enables detection. The number has no effect: see `outlier-detection`."),
        values: Values::Whole(1..=1_000_000, |to, n| to.policy.outlier.consecutive_5xx = Some(n)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-consecutive-gateway-failure",
        about: "Number of consecutive gateway failures (502, 503, 504, UNAVAILABLE, failed connections) that ejects a pod.",
        default: "5, once detection is on",
        default_is_words: true,
        example: "3",
        envoy: "`OutlierDetection.consecutive_gateway_failure`, enforced.",
        grpc: Grpc::Becomes("Enables detection. The number has no effect: see `outlier-detection`."),
        values: Values::Whole(1..=1_000_000, |to, n| to.policy.outlier.consecutive_gateway_failure = Some(n)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-interval",
        about: "Interval between ejection sweeps, in which pods are ejected and returned.",
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
        about: "Base duration of an ejection; it is multiplied by the number of times that the pod has been ejected.",
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
        about: "Maximum duration of an ejection.",
        default: "5m, or outlier-base-ejection-time if that is longer",
        default_is_words: true,
        example: "10m",
        envoy: "`OutlierDetection.max_ejection_time`.",
        grpc: Grpc::Becomes("`OutlierDetection.max_ejection_time`."),
        note: "At least `outlier-base-ejection-time`.",
        values: Values::Duration(|to, time| to.policy.outlier.max_ejection_time = Some(time)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-max-ejection-percent",
        about: "Maximum percentage of pods that may be ejected at a time.",
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
        about: "Ejects a pod whose success rate is this many standard deviations below the mean of all pods.",
        default: "disabled",
        default_is_words: true,
        example: "1.9",
        envoy: "`OutlierDetection.success_rate_stdev_factor` (times 1000), enforced.",
        grpc: Grpc::Becomes("`OutlierDetection.success_rate_stdev_factor` (times 1000), enforced."),
        note: "Applies with at least 5 pods, each with 100 requests within an interval.",
        values: Values::Decimal(0.0..=1000.0, |to, factor| to.policy.outlier.success_rate = Some(factor)),
        ..Setting::PLAIN
    },
    Setting {
        key: "outlier-failure-percentage",
        about: "Percentage of failed requests at which a pod is ejected.",
        default: "disabled",
        default_is_words: true,
        example: "50",
        envoy: "`OutlierDetection.failure_percentage_threshold`, enforced.",
        grpc: Grpc::Becomes("`OutlierDetection.failure_percentage_threshold`, enforced."),
        note: "Applies with at least 5 pods, each with 50 requests within an interval.",
        values: Values::Whole(0..=100, |to, percent| to.policy.outlier.failure_percentage = Some(percent)),
        ..Setting::PLAIN
    },
];
