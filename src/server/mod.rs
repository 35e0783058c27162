//! The xDS server: gRPC round the state machines of [`crate::protocol`].
//!
//! ```text
//! door ─▶ connection ── HTTP/2 ──▶ methods ── path → (type, variant) ──▶ stream ── select loop ──▶ codec ── ready bytes
//!             ▲                                                            │  ▲
//!             └── cut ── streams, who doesn't read? ◀── Peer ── Session ◀──┘  └── SnapshotReader::changed
//!                           └──▶ client_status (CSDS)
//! ```
//!
//! Connections are bounded by number (`door`), and one on which HTTP/2 doesn't begin in time is cut (`greeting`).
//!
//! A stream is pulled, not pushed: the loop runs when HTTP/2 has room for another message. So there is no queue per
//! client, and a client that doesn't read costs what its session and one response per type cost, until its time is up.
//!
//! Beside discovery, on the same port: `load` takes load reports (LRS), `health` and `reflection` answer those two gRPC
//! services.

mod client_status;
mod codec;
mod connection;
mod door;
mod greeting;
mod health;
mod load;
mod methods;
mod outbox;
mod peer;
mod reflection;
mod request;
mod stream;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::channels::{Demand, SnapshotReader};
use crate::telemetry::Metrics;

use streams::Slot;

pub use streams::Streams;

/// How often clients report their load: often enough for a rate over a minute, and seldom enough to cost nothing.
pub const LOAD_REPORTING_INTERVAL: Duration = Duration::from_secs(10);

/// What the server needs.
#[derive(Debug, Clone)]
pub struct Context {
    /// What clients should hold.
    pub snapshots: SnapshotReader,
    /// Where gRPC clients say what they want by name, so that it is rendered.
    pub demand: Demand,
    /// Where it counts.
    pub metrics: Arc<Metrics>,
    /// `control_plane.identifier` of every response; distinct per replica.
    pub identifier: Arc<str>,
    /// How often clients report their load: [`LOAD_REPORTING_INTERVAL`], or less in a test. More than zero.
    pub load_reporting_interval: Duration,
    /// What it allows a client.
    pub limits: Limits,
    /// The streams that are open; whoever else holds it can look at them.
    pub streams: Streams,
    /// Cancelled when streams should end.
    pub shutdown: CancellationToken,
}

impl Context {
    /// A slot for one more stream, unless there are too many.
    fn admit(&self) -> Result<Slot, Status> {
        let max = self.limits.max_streams;
        self.streams.admit(max).ok_or_else(|| {
            Status::resource_exhausted(format!("{max} streams are open already; connect to another replica"))
        })
    }
}

/// What the server allows a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How old a connection gets, more or less a tenth; none: as old as it likes. Then its streams end in good order, and
    /// the client connects again, to whichever replica its load balancer picks.
    pub max_connection_age: Option<Duration>,
    /// How long a client may leave unread what it was sent. Then it loses its connection, within twice that time.
    pub send_deadline: Duration,
    /// How many streams may be open. More are refused with `RESOURCE_EXHAUSTED`.
    pub max_streams: usize,
    /// How many connections may be open. More are closed at once.
    pub max_connections: usize,
    /// How long a client may take to begin HTTP/2 on a new connection. Then it loses it, so that idle sockets can't keep
    /// others out.
    pub handshake_deadline: Duration,
}

impl Default for Limits {
    /// As old as it likes, 30 seconds, 100,000 streams, 10,000 connections, 10 seconds.
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
/// Until something is published, clients are refused with `UNAVAILABLE`: to accept them and stay silent, or to send
/// them an empty world, would cost them what they hold.
pub async fn serve(listener: TcpListener, context: Context) {
    let routes = methods::routes(&context);
    tokio::select! {
        () = connection::accept(listener, routes, &context) => {}
        () = streams::cut_who_does_not_read(&context.streams, context.limits.send_deadline) => {}
    }
}
