//! The xDS server: gRPC around the state machines of [`crate::protocol`].
//!
//! ```text
//! connection ── HTTP/2 ──▶ methods ── path → (type, variant) ──▶ stream: StreamLoop ──▶ codec ──▶ body ── HTTP/2 ──▶
//!     ▲                                                           │  ▲
//!     └── cut ── streams: slow readers ◀── ClientStream: Session ◀┘  └── SnapshotReader::changed
//!                   └──▶ client_status (CSDS)
//! ```
//!
//! # Words
//!
//! A `Client` ([`crate::identity`]) is who a client is; its node id need not be unique. It opens `Connection`s, and on
//! these streams. A stream has a `StreamSlot` in the list of all streams, a loop (`StreamLoop`), and as soon as its client
//! is known a `ClientStream`: the state that others may look at. `peer` is the address of a socket.
//!
//! # ServerLimits
//!
//! Connections are bounded by number (`connection_limit`), and one on which HTTP/2 doesn't begin in time is cut
//! (`preface`).
//!
//! A stream is pulled, not pushed: the loop runs when HTTP/2 has room for another message. So there is no queue per
//! client, and a slow reader costs what its session and one response per type cost, until its time is up
//! (`write_progress`).
//!
//! # Services
//!
//! Beside discovery, on the same port: load reporting (`load`, LRS), the status of clients (`client_status`, CSDS), and the
//! gRPC services `health` and `reflection`.

mod body;
mod client_status;
mod client_stream;
mod codec;
mod connection;
mod connection_limit;
#[cfg(test)]
mod fixtures;
mod health;
mod load;
mod methods;
mod name_sets;
mod preface;
mod reflection;
mod request;
mod stream;
mod streams;
mod write_progress;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::channels::{Demand, SnapshotReader};
use crate::telemetry::Metrics;

use streams::StreamSlot;

pub use name_sets::SharedNameSets;
pub use streams::Streams;

/// The interval at which clients report their load: short enough for a rate over a minute, and long enough to cost nothing.
pub const LOAD_REPORTING_INTERVAL: Duration = Duration::from_secs(10);

/// The dependencies and the configuration of a server.
#[derive(Debug, Clone)]
pub struct Context {
    /// What clients should hold.
    pub snapshots: SnapshotReader,
    /// The names that gRPC clients subscribe to, so that they are rendered.
    pub demand: Demand,
    /// The metrics that it counts in.
    pub metrics: Arc<Metrics>,
    /// `control_plane.identifier` of every response; distinct per replica.
    pub identifier: Arc<str>,
    /// The interval at which clients report their load: [`LOAD_REPORTING_INTERVAL`], or less in a test. More than zero.
    pub load_reporting_interval: Duration,
    /// The limits of clients.
    pub limits: ServerLimits,
    /// The streams that are open, to be looked at from elsewhere.
    pub streams: Streams,
    /// Cancelled when streams should end.
    pub shutdown: CancellationToken,
}

impl Context {
    /// A slot for one more stream, unless there are too many.
    fn admit(&self) -> Result<StreamSlot, Status> {
        let max = self.limits.max_streams;
        self.streams.admit(max).ok_or_else(|| {
            Status::resource_exhausted(format!("{max} streams are open already; connect to another replica"))
        })
    }
}

/// The limits of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerLimits {
    /// The maximum age of a connection, more or less a tenth; none: no limit. Then its streams end in good order, and the
    /// client connects again, to whichever replica its load balancer picks.
    pub max_connection_age: Option<Duration>,
    /// How long a client may leave unread what it was sent. Then its connection is cut, within twice that time.
    pub send_deadline: Duration,
    /// How many streams may be open. One more ends with `RESOURCE_EXHAUSTED`.
    pub max_streams: usize,
    /// How many connections may be open. One more is closed at once.
    pub max_connections: usize,
    /// How long a client may take to begin HTTP/2 on a new connection. Then it is closed, so that idle sockets can't keep
    /// others out.
    pub handshake_deadline: Duration,
}

impl Default for ServerLimits {
    /// No maximum age, 30 seconds, 100,000 streams, 10,000 connections, 10 seconds.
    fn default() -> Self {
        Self {
            max_connection_age: None,
            send_deadline: Duration::from_secs(30),
            max_streams: 100_000,
            max_connections: 10_000,
            handshake_deadline: Duration::from_secs(10),
        }
    }
}

/// Serves xDS on `listener` until `context.shutdown` is cancelled and all streams have ended.
///
/// Until something is published, every stream ends with `UNAVAILABLE`: to accept clients and stay silent, or to send them
/// an empty snapshot, would cost them what they hold.
pub async fn serve(listener: TcpListener, context: Context) {
    let routes = methods::routes(&context);
    tokio::select! {
        () = connection::accept(listener, routes, &context) => {}
        () = streams::cut_slow_readers(&context.streams, context.limits.send_deadline) => {}
    }
}
