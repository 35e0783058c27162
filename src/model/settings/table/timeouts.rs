//! How long things may take.

use super::{Group, Grpc, Setting};
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "How long things may take",
    about: "Nothing ends a request or a stream by default, but the deadline that a gRPC caller sets (`grpc-timeout`), \
            which is always honoured.",
    settings: &SETTINGS,
};

static SETTINGS: [Setting; 4] = [
    Setting {
        key: "timeout",
        about: "How long a request may take, from its beginning to the end of its answer.",
        default: "off",
        example: "15s",
        envoy: "`RouteAction.max_stream_duration`. `RouteAction.timeout` is off: Envoy looks at it only where it doesn't look \
                at the caller's `grpc-timeout`.",
        grpc: Grpc::Becomes(
            "`RouteAction.max_stream_duration.max_stream_duration`; the deadline of a call, if that is sooner.",
        ),
        note: "A shorter `grpc-timeout` of the caller holds, a longer one is cut to this; the pod sees what holds. It ends streams, too, however busy \
               they are; for those use `idle-timeout`.",
        values: Values::DurationOrOff(|to, timeout| to.policy.timeouts.request = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "idle-timeout",
        about: "How long a request or stream may go without a byte in either direction.",
        default: "off",
        example: "5m",
        envoy: "`RouteAction.idle_timeout`.",
        grpc: Grpc::Nothing("gRPC has none."),
        values: Values::DurationOrOff(|to, timeout| to.policy.timeouts.idle = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-stream-duration",
        about: "How long a stream may live, whatever the caller says.",
        default: "off",
        example: "1h",
        envoy: "`RouteAction.max_stream_duration.max_stream_duration`, and `grpc_timeout_header_max`.",
        grpc: Grpc::Becomes("The same as `timeout`."),
        note: "The same as `timeout`; of the two the shorter counts. A Namespace can limit the streams of all its Services by \
               it, whatever timeouts they have.",
        values: Values::DurationOrOff(|to, longest| to.policy.timeouts.max_stream_duration = longest),
        ..Setting::PLAIN
    },
    Setting {
        key: "connect-timeout",
        about: "How long connecting to a pod may take.",
        default: "5s",
        example: "1s",
        envoy: "`Cluster.connect_timeout`.",
        grpc: Grpc::Nothing("the clients' own, set in their code."),
        values: Values::Duration(|to, timeout| to.policy.connection.connect_timeout = timeout),
        ..Setting::PLAIN
    },
];
