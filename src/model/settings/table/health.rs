//! Settings of active health checks.

use super::{Group, Grpc, Need, Setting};
use crate::model::settings::parts;
use crate::model::settings::value::Read;
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "Active health checks",
    about: "Kubernetes already checks pods (readiness probes), and Chancery delivers the results within milliseconds. \
            Active checks by each Envoy also find faults between that Envoy and a pod. Their cost is one request per \
            Envoy, pod and interval. A new pod receives requests after its first successful check.",
    settings: SETTINGS,
};

const CHECKING: Option<Need> =
    Some(Need { what: "health-check", is_met: |policy| policy.health_check.probe.is_some() });

const SETTINGS: &[Setting] = &[
    Setting {
        key: "health-check",
        about: "Active health check that each Envoy runs against the pods.",
        default: "off",
        example: "grpc",
        envoy: "`Cluster.health_checks[]`, with `ignore_health_on_host_removal`, so that a deleted pod is removed at once.",
        grpc: Grpc::Nothing(
            "gRPC has no active health checks over xDS; clients use the readiness that Kubernetes reports.",
        ),
        note: "`grpc`: calls `grpc.health.v1.Health/Check` for the whole server, or for one service with \
               `grpc:shop.v1.Cart`. `http:/healthz`: sends a GET and expects status 200. `tcp`: opens a connection. The \
               authority is the Service's own name, `cart.shop:50051`.",
        values: Values::Other {
            accepts: || "off, grpc, grpc:<service>, http:<path> or tcp".to_owned(),
            read: |text| Read::of(parts::probe(text), |to, probe| to.policy.health_check.probe = probe),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "health-check-interval",
        about: "Interval between two checks of a pod.",
        default: "10s",
        example: "5s",
        needs: CHECKING,
        envoy: "`HealthCheck.interval`.",
        grpc: Grpc::Nothing("see `health-check`."),
        values: Values::Duration(|to, interval| to.policy.health_check.interval = interval),
        ..Setting::PLAIN
    },
    Setting {
        key: "health-check-timeout",
        about: "Time to wait for the response to a check.",
        default: "1s",
        example: "500ms",
        needs: CHECKING,
        envoy: "`HealthCheck.timeout`.",
        grpc: Grpc::Nothing("see `health-check`."),
        values: Values::Duration(|to, timeout| to.policy.health_check.timeout = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "health-check-healthy-threshold",
        about: "Consecutive successful checks after which an unhealthy pod is healthy again.",
        default: "1",
        example: "2",
        needs: CHECKING,
        envoy: "`HealthCheck.healthy_threshold`.",
        grpc: Grpc::Nothing("see `health-check`."),
        note: "A new pod needs one only.",
        values: Values::Whole(1..=1000, |to, n| to.policy.health_check.healthy_threshold = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "health-check-unhealthy-threshold",
        about: "Consecutive failed checks after which a pod is unhealthy.",
        default: "3",
        example: "2",
        needs: CHECKING,
        envoy: "`HealthCheck.unhealthy_threshold`.",
        grpc: Grpc::Nothing("see `health-check`."),
        note: "It applies to checks that can't connect or time out. With `grpc` and `http`, a response that reports a \
               failure makes a pod unhealthy at once.",
        values: Values::Whole(1..=1000, |to, n| to.policy.health_check.unhealthy_threshold = n),
        ..Setting::PLAIN
    },
];
