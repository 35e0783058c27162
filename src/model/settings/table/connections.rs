//! Settings of connections to pods.

use super::routing::HTTP2;
use super::{Group, Grpc, Need, Setting};
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "Connections to pods",
    about: "Envoy opens connections on demand and shares them among all requests.",
    settings: SETTINGS,
};

const KEEPALIVE: Option<Need> =
    Some(Need { what: "keepalive-interval", is_met: |policy| policy.connection.keepalive_interval.is_some() });

const SETTINGS: &[Setting] = &[
    Setting {
        key: "keepalive-interval",
        about: "Interval between HTTP/2 PINGs on a connection.",
        default: "off",
        example: "10m",
        needs: HTTP2,
        envoy: "`Http2ProtocolOptions.connection_keepalive.interval`.",
        grpc: Grpc::Nothing("clients use their own, set in their code."),
        note: "By default a gRPC server regards PINGs more often than every 5 minutes as abuse and closes the connection \
               (`GOAWAY too_many_pings`), so shorter intervals need a server that permits them; `lint` warns about them. \
               On a connection without calls it allows even fewer PINGs (unless `grpc.keepalive_permit_without_calls` is \
               set) and closes the connection in the end, without losing a request.",
        values: Values::DurationOrOff(|to, interval| to.policy.connection.keepalive_interval = interval),
        ..Setting::PLAIN
    },
    Setting {
        key: "keepalive-timeout",
        about: "Time to wait for the response to a PING.",
        default: "5s",
        example: "2s",
        needs: KEEPALIVE,
        envoy: "`Http2ProtocolOptions.connection_keepalive.timeout`.",
        grpc: Grpc::Nothing("clients use their own, set in their code."),
        values: Values::Duration(|to, timeout| to.policy.connection.keepalive_timeout = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "tcp-keepalive",
        about: "Detects connections whose other end has vanished, by TCP keepalive probes.",
        default: "on",
        example: "off",
        envoy: "`UpstreamConnectionOptions.tcp_keepalive`: after 30 s of silence, 3 probes 5 s apart.",
        grpc: Grpc::Nothing("clients use their own, set in their code."),
        values: Values::Switch(|to, on| to.policy.connection.tcp_keepalive = on),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-concurrent-streams",
        about: "Maximum number of concurrent requests on one HTTP/2 connection.",
        default: "Envoy's default (1024)",
        default_is_words: true,
        example: "100",
        needs: HTTP2,
        envoy: "`Http2ProtocolOptions.max_concurrent_streams`.",
        grpc: Grpc::Nothing("clients follow the limit that the pod announces."),
        note: "At the limit, Envoy opens another connection. A pod may announce a lower limit.",
        values: Values::Whole(1..=2_147_483_647, |to, n| to.policy.connection.max_concurrent_streams = Some(n)),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-requests-per-connection",
        about: "Number of requests after which a connection is replaced.",
        default: "off",
        example: "10000",
        envoy: "`HttpProtocolOptions.common_http_protocol_options.max_requests_per_connection`.",
        grpc: Grpc::Nothing("gRPC has no such limit."),
        values: Values::WholeOr("off", 1..=u32::MAX, |to, n| to.policy.connection.max_requests = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "connection-idle-timeout",
        about: "Time without requests after which a connection is closed.",
        default: "1h",
        example: "5m",
        envoy: "`HttpProtocolOptions.common_http_protocol_options.idle_timeout`.",
        grpc: Grpc::Nothing("clients use their own, set in their code."),
        values: Values::DurationOrOff(|to, timeout| to.policy.connection.idle_timeout = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-connection-duration",
        about: "Age at which a connection is replaced.",
        default: "off",
        example: "30m",
        envoy: "`HttpProtocolOptions.common_http_protocol_options.max_connection_duration`.",
        grpc: Grpc::Nothing("gRPC clients have no such limit; gRPC servers have a maximum connection age."),
        note: "Active requests are completed first.",
        values: Values::DurationOrOff(|to, longest| to.policy.connection.max_duration = longest),
        ..Setting::PLAIN
    },
];
