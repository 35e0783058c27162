//! The Services that take part, as JSON.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::Admin;
use super::answer::{blocking, unanswered};
use crate::channels::{KnownService, QueryError, ServedPort};
use crate::model::{Endpoint, EndpointState};

/// A Service that takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceJson {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The ports that are served, in the order of their numbers.
    pub ports: Vec<ServedPortJson>,
    /// How many things of it and of its EndpointSlices can't be used.
    pub rejected: usize,
}

/// A port that is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServedPortJson {
    /// Its number.
    pub number: u16,
    /// Its name; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of its cluster.
    pub cluster: String,
    /// How many endpoints take requests.
    pub ready: usize,
    /// How many endpoints only finish what they have begun.
    pub draining: usize,
}

impl ServiceJson {
    /// `None` if the Service takes no part.
    fn of(known: KnownService) -> Option<Self> {
        let KnownService { key, served, rejected } = known;
        let ports = served?.into_iter().map(ServedPortJson::from).collect();
        Some(Self { namespace: key.namespace.to_string(), name: key.name.to_string(), ports, rejected })
    }
}

impl From<ServedPort> for ServedPortJson {
    fn from(port: ServedPort) -> Self {
        let ServedPort { number, name, cluster, endpoints } = port;
        let is_ready = |endpoint: &&Endpoint| endpoint.state == EndpointState::Ready;
        let ready = endpoints.iter().filter(is_ready).count();
        let name = (!name.is_empty()).then(|| name.to_string());
        Self { number, name, cluster: cluster.to_string(), ready, draining: endpoints.len() - ready }
    }
}

pub(super) async fn list(State(admin): State<Admin>) -> Response {
    match all(&admin).await {
        Ok(all) => blocking(move || all.into_iter().filter_map(ServiceJson::of).collect::<Vec<_>>()).await,
        Err(error) => unanswered(error),
    }
}

/// Every Service. The pages needn't be of one moment: each Service is told as it is when its page is asked for.
async fn all(admin: &Admin) -> Result<Vec<KnownService>, QueryError> {
    let mut all: Vec<KnownService> = Vec::new();
    loop {
        let page = admin.queries.page(all.last().map(|last| last.key.clone())).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
