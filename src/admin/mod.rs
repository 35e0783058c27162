//! The admin server: health, metrics and debug pages over HTTP.
//!
//! ```text
//! GET /livez             it runs
//! GET /readyz            it has something to serve         ◀── SourceStatus, SnapshotReader
//! GET /metrics           OpenMetrics                       ◀── Registry
//! GET /api/v1/clients    who is connected, how far         ◀── Clients
//! GET /api/v1/services   what is served                    ◀── the pipeline, asked by QuerySender
//!       …/NAMESPACE/NAME and why                           ◀── the pipeline, Clients
//! GET /api/v1/rejected   what can't be used, and why       ◀── SourceStatus, Clients
//! GET /config_dump       what the clients of a fleet hold  ◀── SnapshotReader
//! GET /                  the list of these
//! ```
//!
//! It only reads, and it answers whatever the API server and the clients are doing.

mod answer;
mod clients;
mod config_dump;
mod explanation;
mod health;
mod index;
mod metrics;
mod rejected;
mod services;

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use crate::channels::{Clients, QuerySender, SnapshotReader, StatusReader};
use crate::telemetry::Metrics;

pub use config_dump::snapshot_to_json;
pub use explanation::NoSuchService;

/// What the answers are made from.
#[derive(Debug, Clone)]
pub struct Admin {
    /// What clients should hold.
    pub snapshots: SnapshotReader,
    /// How the source is doing.
    pub status: StatusReader,
    /// Who is connected.
    pub clients: Arc<dyn Clients>,
    /// Why Services are served as they are.
    pub queries: QuerySender,
    /// The metrics that are worked out only when somebody asks.
    pub metrics: Arc<Metrics>,
    /// Every metric there is.
    pub registry: Arc<Registry>,
}

/// Answers until `shutdown` completes, then finishes the answers that have begun. Fails only if the listener does.
pub async fn serve(
    listener: TcpListener,
    admin: Admin,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router(admin)).with_graceful_shutdown(shutdown).await
}

fn router(admin: Admin) -> Router {
    Router::new()
        .route("/", get(index::page))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .route("/api/v1/clients", get(clients::list))
        .route("/api/v1/rejected", get(rejected::list))
        .route("/api/v1/services", get(services::list))
        .route("/api/v1/services/{namespace}/{name}", get(explanation::explain))
        .route("/config_dump", get(config_dump::config_dump))
        .fallback(|| async { (StatusCode::NOT_FOUND, "no such page; / lists them\n") })
        .with_state(admin)
}

#[cfg(test)]
mod tests;
