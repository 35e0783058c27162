//! Policy: protocol, connections, timeouts and limits.

use std::time::Duration;

/// What the pods of a port speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// gRPC, which is HTTP/2.
    Grpc,
    /// HTTP/2 with prior knowledge.
    #[default]
    Http2,
    /// HTTP/1.1.
    Http1,
    /// Whatever the client used.
    Auto,
    /// Something else over TCP. It has endpoints for those who bring routes of their own, and no domain.
    Tcp,
    /// TLS. As long as pods aren't spoken to in TLS, it is served as any other TCP.
    Tls,
}

impl Protocol {
    /// Those that a user can ask for.
    pub const WORDS: [Self; 5] = [Self::Grpc, Self::Http2, Self::Http1, Self::Auto, Self::Tcp];

    /// The word for it in the annotation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http2 => "http2",
            Self::Http1 => "http1",
            Self::Auto => "auto",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }

    /// Whether requests can be sent over it.
    pub const fn is_http(self) -> bool {
        match self {
            Self::Grpc | Self::Http2 | Self::Http1 | Self::Auto => true,
            Self::Tcp | Self::Tls => false,
        }
    }

    /// Whether a connection over it can be upgraded, as HTTP/1.1 can (RFC 9110 §7.8).
    pub const fn is_upgradable(self) -> bool {
        matches!(self, Self::Http1 | Self::Auto)
    }

    /// Whether it is HTTP/2 with certainty.
    pub const fn is_http2(self) -> bool {
        matches!(self, Self::Grpc | Self::Http2)
    }
}

/// How long a request may take; by default each is as long as it likes, and the caller's `grpc-timeout` holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// From the beginning of a request to the end of its answer.
    pub request: Option<Duration>,
    /// Without a byte in either direction.
    pub idle: Option<Duration>,
    /// From the beginning of a stream to its end; of the two the shorter counts.
    pub max_stream_duration: Option<Duration>,
}

/// How pods are connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// How long connecting may take; default 5 s.
    pub connect_timeout: Duration,
    /// How often a connection is asked whether it lives, by HTTP/2 PING; default never.
    pub keepalive_interval: Option<Duration>,
    /// How long the answer to that may take; default 5 s.
    pub keepalive_timeout: Duration,
    /// Whether the kernel looks after silent connections; default yes.
    pub tcp_keepalive: bool,
    /// How many streams one HTTP/2 connection carries; `None`, which is the default: what Envoy says.
    pub max_concurrent_streams: Option<u32>,
    /// After how many requests a connection is given up; default never.
    pub max_requests: Option<u32>,
    /// After how long without requests; default an hour.
    pub idle_timeout: Option<Duration>,
    /// After how long in any case; default never.
    pub max_duration: Option<Duration>,
}

/// A limit that is none.
pub const UNLIMITED: u32 = u32::MAX;

/// How much one Envoy may have under way to one Service port; all default to [`UNLIMITED`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections to all pods together.
    pub connections: u32,
    /// Requests that wait for a connection.
    pub pending_requests: u32,
    /// Concurrent requests.
    pub requests: u32,
    /// Retries; `None`, which is the default: what the retry budget says.
    pub retries: Option<u32>,
    /// Connections to one pod.
    pub connections_per_host: u32,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            keepalive_interval: None,
            keepalive_timeout: Duration::from_secs(5),
            tcp_keepalive: true,
            max_concurrent_streams: None,
            max_requests: None,
            idle_timeout: Some(Duration::from_hours(1)),
            max_duration: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: UNLIMITED,
            pending_requests: UNLIMITED,
            requests: UNLIMITED,
            retries: None,
            connections_per_host: UNLIMITED,
        }
    }
}
