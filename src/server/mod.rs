//! The xDS server: gRPC round the state machines of [`crate::protocol`].
//!
//! ```text
//! methods ── path → (variant) ──▶ stream ── one select loop a client ──▶ codec ── bytes that are encoded already
//!                                   │  ▲
//!                         Session ◀─┘  └── SnapshotCache::changed
//! ```
//!
//! A stream is pulled, not pushed: the loop runs when HTTP/2 has room for another message. So there is no queue per
//! client, and a client that doesn't read costs what its session costs, whatever happens meanwhile.
//!
//! Beside discovery, on the same port: `load` takes load reports (LRS), `health` and `reflection` answer those two gRPC
//! services. `services` names all of them.

mod codec;
mod health;
mod load;
mod methods;
mod reflection;
mod request;
mod services;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::cache::SnapshotCache;
use crate::telemetry::Metrics;

/// A client whose side of a connection is silent for this long is asked whether it is there …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// … and has this long to answer. Together they free the state of a vanished client within 40 s.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(15);

/// The port can't be served any more. A retry of the same call doesn't help.
#[derive(Debug, thiserror::Error)]
#[error("the xDS server failed: {0}")]
pub struct ServeError(#[from] tonic::transport::Error);

/// How often clients report their load: often enough for a rate over a minute, and seldom enough to cost nothing.
pub const LOAD_REPORTING_INTERVAL: Duration = Duration::from_secs(10);

/// What the server needs.
#[derive(Debug, Clone)]
pub struct Context {
    /// What clients should hold.
    pub cache: SnapshotCache,
    /// Where it counts.
    pub metrics: Arc<Metrics>,
    /// `control_plane.identifier` of every response; distinct per replica.
    pub identifier: Arc<str>,
    /// How often clients report their load: [`LOAD_REPORTING_INTERVAL`], or less in a test. More than zero.
    pub load_reporting_interval: Duration,
    /// Cancelled when streams should end.
    pub shutdown: CancellationToken,
}

/// Serves xDS on `listener` until `context.shutdown` is cancelled and all streams have ended.
///
/// Until something is published, clients are refused with `UNAVAILABLE`: to accept them and stay silent, or to send
/// them an empty world, would cost them what they hold.
pub async fn serve(listener: TcpListener, context: Context) -> Result<(), ServeError> {
    let shutdown = context.shutdown.clone();
    Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_routes(methods::routes(context))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), shutdown.cancelled_owned())
        .await?;
    Ok(())
}
