//! Serves the list of connected clients as JSON.

use axum::Json;
use axum::extract::State;

use super::Admin;
use crate::channels::ClientSummary;

pub(super) async fn list(State(admin): State<Admin>) -> Json<Vec<ClientSummary>> {
    Json(admin.clients.clients())
}
