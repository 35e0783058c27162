//! Why a Service is served as it is, as JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Admin;
use super::answer::{blocking, unanswered};
use crate::channels::{QueryError, ServiceSummary, rejected_by_clients};
use crate::model::{Key, NearestService, ObjectRef, RejectedJson};

/// That there is no such Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoSuchService {
    /// What is wrong, for people.
    pub error: String,
    /// The Service with the nearest name, as `<name>.<namespace>`; absent if none is near.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

impl NoSuchService {
    /// That there is no such Service, and which may have been meant.
    pub fn new(wanted: &Key, nearest: Option<&Key>) -> Self {
        let nearest = nearest.map(|Key { namespace, name }| format!("{name}.{namespace}"));
        Self { error: format!("there is no Service {wanted}"), nearest }
    }
}

pub(super) async fn explain(State(admin): State<Admin>, Path((namespace, name)): Path<(String, String)>) -> Response {
    let key = Key::new(namespace, name);
    match admin.queries.explain(key.clone()).await {
        Ok(Some(mut explanation)) => {
            let clients = Arc::clone(&admin.clients);
            let add_nacks = move || {
                let service = ObjectRef::service(&key);
                let nacks = rejected_by_clients(clients.nacks());
                let own = nacks.iter().filter(|nack| nack.object == service);
                explanation.rejected.extend(own.map(RejectedJson::from));
                explanation
            };
            blocking(add_nacks).await
        }
        Ok(None) => match nearest(&admin, key.clone()).await {
            Ok(nearest) => (StatusCode::NOT_FOUND, Json(NoSuchService::new(&key, nearest.as_ref()))).into_response(),
            Err(error) => unanswered(error),
        },
        Err(error) => unanswered(error),
    }
}

async fn nearest(admin: &Admin, wanted: Key) -> Result<Option<Key>, QueryError> {
    let mut nearest = NearestService::new(wanted);
    let mut last = None;
    loop {
        let page = admin.queries.page(last).await?;
        for service in &page {
            nearest.consider(&service.key());
        }
        last = page.last().map(ServiceSummary::key);
        if last.is_none() {
            return Ok(nearest.found());
        }
    }
}
