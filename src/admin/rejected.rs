//! What is rejected, as JSON.

use axum::Json;
use axum::extract::State;

use super::Admin;
use crate::channels::rejected_by_clients;
use crate::model::RejectedJson;

pub(super) async fn list(State(admin): State<Admin>) -> Json<Vec<RejectedJson>> {
    let found = admin.status.read().rejected;
    Json(found.iter().chain(&rejected_by_clients(admin.clients.nacks())).map(RejectedJson::from).collect())
}
