//! What handlers have in common.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::task;

use crate::channels::QueryError;

/// JSON that takes a while to put together: streams are served by the same threads.
pub(super) async fn blocking<T: Serialize>(work: impl FnOnce() -> T + Send + 'static) -> Response {
    match task::spawn_blocking(move || serde_json::to_vec(&work())).await {
        Ok(Ok(json)) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("the answer was cut short: {error}\n")).into_response()
        }
    }
}

pub(super) fn unanswered(error: QueryError) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response()
}
