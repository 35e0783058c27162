//! Serves the metrics in the OpenMetrics format.

use std::fmt;
use std::time::Instant;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;

use super::Admin;
use crate::channels::rejected_by_clients;
use crate::model::Reason;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) async fn metrics(State(admin): State<Admin>) -> Response {
    admin.metrics.staleness(admin.status.read().staleness(Instant::now()));
    admin.metrics.rejected([(Reason::RejectedByClient.as_str(), rejected_by_clients(admin.clients.nacks()).len())]);
    let mut text = String::new();
    match encode(&mut text, &admin.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(fmt::Error) => (StatusCode::INTERNAL_SERVER_ERROR, "the metrics can't be written\n").into_response(),
    }
}
