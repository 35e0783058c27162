//! Timeout settings.

use super::{Group, Grpc, Setting};
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "Timeouts",
    about: "By default Chancery sets no limit on requests or streams. The deadline that a gRPC caller sets \
            (`grpc-timeout`) always applies.",
    settings: SETTINGS,
};

const SETTINGS: &[Setting] = &[
    Setting {
        key: "timeout",
        about: "Maximum duration of a request, from its start to the end of its response.",
        default: "off",
        example: "15s",
        envoy: "`RouteAction.max_stream_duration`. `RouteAction.timeout` is off: Envoy ignores the caller's `grpc-timeout` \
                where that is set.",
        grpc: Grpc::Becomes(
            "`RouteAction.max_stream_duration.max_stream_duration`; the deadline of a call if that is sooner.",
        ),
        note: "A shorter `grpc-timeout` of the caller applies, and a longer one is cut to this value; the pod sees the \
               result. The timeout also ends streams, however active they are; for streams use `idle-timeout`.",
        values: Values::DurationOrOff(|to, timeout| to.policy.timeouts.request = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "idle-timeout",
        about: "Maximum time that a request or stream may pass without data in either direction.",
        default: "off",
        example: "5m",
        envoy: "`RouteAction.idle_timeout`.",
        grpc: Grpc::Nothing("gRPC has no such timeout."),
        values: Values::DurationOrOff(|to, timeout| to.policy.timeouts.idle = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-stream-duration",
        about: "Maximum duration of a stream, whatever the caller asks for.",
        default: "off",
        example: "1h",
        envoy: "`RouteAction.max_stream_duration.max_stream_duration`, and `grpc_timeout_header_max`.",
        grpc: Grpc::Becomes("The same as `timeout`."),
        note: "The same as `timeout`; if both are set, the shorter applies. On a Namespace, it limits the streams of all \
               Services, whatever their timeouts.",
        values: Values::DurationOrOff(|to, longest| to.policy.timeouts.max_stream_duration = longest),
        ..Setting::PLAIN
    },
    Setting {
        key: "connect-timeout",
        about: "Time to wait for a connection to a pod.",
        default: "5s",
        example: "1s",
        envoy: "`Cluster.connect_timeout`.",
        grpc: Grpc::Nothing("clients use their own, set in their code."),
        values: Values::Duration(|to, timeout| to.policy.connection.connect_timeout = timeout),
        ..Setting::PLAIN
    },
];
