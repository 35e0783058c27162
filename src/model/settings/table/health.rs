//! How pods are asked whether they are well.

use super::{Group, Grpc, Need, Setting};
use crate::model::settings::parts;
use crate::model::settings::value::Read;
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "How pods are asked whether they are well",
    about: "Kubernetes asks them already (readiness probes), and what it finds out arrives here in milliseconds. Active \
            checks by each Envoy find what lies between that Envoy and the pod, at the cost of as many requests as there \
            are Envoys times pods. A new pod gets requests after its first good answer.",
    settings: &SETTINGS,
};

const CHECKING: Option<Need> =
    Some(Need { what: "health-check", is_met: |policy| policy.health_check.probe.is_some() });

static SETTINGS: [Setting; 5] = [
    Setting {
        key: "health-check",
        about: "What each Envoy asks the pods.",
        default: "off",
        example: "grpc",
        envoy: "`Cluster.health_checks[]`, with `ignore_health_on_host_removal`, so that a pod that is deleted leaves at \
                once.",
        grpc: Grpc::Nothing("gRPC has none by xDS; clients go by what Kubernetes says."),
        note: "`grpc`: `grpc.health.v1.Health/Check` of the server, or of one service with `grpc:shop.v1.Cart`. \
               `http:/healthz`: GET, good is 200. `tcp`: that it takes a connection. The authority \
               is the Service's own name, `cart.shop:50051`.",
        values: Values::Other {
            accepts: || "off, grpc, grpc:<service>, http:<path> or tcp".to_owned(),
            read: |text| Read::of(parts::probe(text), |to, probe| to.policy.health_check.probe = probe),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "health-check-interval",
        about: "How often.",
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
        about: "How long the answer may take.",
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
        about: "A pod that is out comes back after so many good answers in a row.",
        default: "1",
        example: "2",
        needs: CHECKING,
        envoy: "`HealthCheck.healthy_threshold`.",
        grpc: Grpc::Nothing("see `health-check`."),
        note: "A new pod always needs only one.",
        values: Values::Whole(1..=1000, |to, n| to.policy.health_check.healthy_threshold = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "health-check-unhealthy-threshold",
        about: "A pod goes out after so many bad answers in a row.",
        default: "3",
        example: "2",
        needs: CHECKING,
        envoy: "`HealthCheck.unhealthy_threshold`.",
        grpc: Grpc::Nothing("see `health-check`."),
        note: "That is for pods that can't be asked or don't answer in time. With `grpc` and `http` an answer that says it \
               isn't well puts a pod out at once.",
        values: Values::Whole(1..=1000, |to, n| to.policy.health_check.unhealthy_threshold = n),
        ..Setting::PLAIN
    },
];
