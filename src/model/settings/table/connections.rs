//! How connections to pods are kept.

use super::routing::HTTP2;
use super::{Group, Grpc, Need, Setting};
use crate::model::settings::values::Values;

pub(super) const GROUP: Group = Group {
    title: "How connections to pods are kept",
    about: "Connections are opened when they are needed and shared by all requests.",
    settings: &SETTINGS,
};

const KEEPALIVE: Option<Need> =
    Some(Need { what: "keepalive-interval", is_met: |policy| policy.connection.keepalive_interval.is_some() });

static SETTINGS: [Setting; 7] = [
    Setting {
        key: "keepalive-interval",
        about: "How often a connection is asked whether it lives, by HTTP/2 PING.",
        default: "off",
        example: "10m",
        needs: HTTP2,
        envoy: "`Http2ProtocolOptions.connection_keepalive.interval`.",
        grpc: Grpc::Nothing("the clients' own, set in their code."),
        note: "A stock gRPC server takes PINGs more often than every 5 minutes for abuse and closes the connection \
               (`GOAWAY too_many_pings`), so lower values need a server that permits them; `lint` says so. On a connection \
               without calls it wants them more seldom still, unless it was told otherwise \
               (`grpc.keepalive_permit_without_calls`): it closes such a connection in the end, and no request is lost.",
        values: Values::DurationOrOff(|to, interval| to.policy.connection.keepalive_interval = interval),
        ..Setting::PLAIN
    },
    Setting {
        key: "keepalive-timeout",
        about: "How long the answer to such a PING may take.",
        default: "5s",
        example: "2s",
        needs: KEEPALIVE,
        envoy: "`Http2ProtocolOptions.connection_keepalive.timeout`.",
        grpc: Grpc::Nothing("the clients' own, set in their code."),
        values: Values::Duration(|to, timeout| to.policy.connection.keepalive_timeout = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "tcp-keepalive",
        about: "Whether the kernel notices connections whose other end vanished.",
        default: "on",
        example: "off",
        envoy: "`UpstreamConnectionOptions.tcp_keepalive`: after 30 s of silence, 3 probes 5 s apart.",
        grpc: Grpc::Nothing("the clients' own, set in their code."),
        values: Values::Switch(|to, on| to.policy.connection.tcp_keepalive = on),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-concurrent-streams",
        about: "How many requests one HTTP/2 connection carries at a time.",
        default: "what Envoy says (1024)",
        default_is_words: true,
        example: "100",
        needs: HTTP2,
        envoy: "`Http2ProtocolOptions.max_concurrent_streams`.",
        grpc: Grpc::Nothing("a client heeds what the pod allows."),
        note: "When it is reached another connection is opened. A pod may allow fewer.",
        values: Values::Whole(1..=2_147_483_647, |to, n| to.policy.connection.max_concurrent_streams = Some(n)),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-requests-per-connection",
        about: "After how many requests a connection is replaced.",
        default: "off",
        example: "10000",
        envoy: "`HttpProtocolOptions.common_http_protocol_options.max_requests_per_connection`.",
        grpc: Grpc::Nothing("gRPC has none."),
        values: Values::WholeOr("off", 1..=u32::MAX, |to, n| to.policy.connection.max_requests = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "connection-idle-timeout",
        about: "After how long without requests a connection is closed.",
        default: "1h",
        example: "5m",
        envoy: "`HttpProtocolOptions.common_http_protocol_options.idle_timeout`.",
        grpc: Grpc::Nothing("the clients' own, set in their code."),
        values: Values::DurationOrOff(|to, timeout| to.policy.connection.idle_timeout = timeout),
        ..Setting::PLAIN
    },
    Setting {
        key: "max-connection-duration",
        about: "After how long a connection is replaced in any case.",
        default: "off",
        example: "30m",
        envoy: "`HttpProtocolOptions.common_http_protocol_options.max_connection_duration`.",
        grpc: Grpc::Nothing("gRPC has none; servers have a greatest age of connections."),
        note: "Requests that are under way are finished.",
        values: Values::DurationOrOff(|to, longest| to.policy.connection.max_duration = longest),
        ..Setting::PLAIN
    },
];
