//! Serves the list of Services as JSON.

use axum::extract::State;
use axum::response::Response;

use super::Admin;
use super::answer::{blocking, unanswered};
use crate::channels::{QueryError, ServiceSummary};

pub(super) async fn list(State(admin): State<Admin>) -> Response {
    match served(&admin).await {
        Ok(served) => blocking(move || served).await,
        Err(error) => unanswered(error),
    }
}

/// Every Service that takes part. The pages needn't be of one moment: each Service is told as it is when its page is asked
/// for.
async fn served(admin: &Admin) -> Result<Vec<ServiceSummary>, QueryError> {
    let mut served: Vec<ServiceSummary> = Vec::new();
    let mut last = None;
    loop {
        let page = admin.queries.page(last).await?;
        last = page.last().map(ServiceSummary::key);
        if last.is_none() {
            return Ok(served);
        }
        served.extend(page.into_iter().filter(|service| service.ports.is_some()));
    }
}
