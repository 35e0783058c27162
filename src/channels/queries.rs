//! Queries about Services: the admin pages ask, the pipeline answers between two batches.
//!
//! ```text
//! QuerySender ── Query, and where to send the answer ──▶ QueryReceiver     few at a time: whoever asks waits
//!   ▲                                                     │
//!   └──────────────────── answer ─────────────────────────┘
//! ```
//!
//! An answer is put together while the pipeline does nothing else, so each query can be answered in about the time
//! that a batch takes; what costs more is asked for in pages, and worked out by whoever asked.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::model::explanation::ServiceExplanation;
use crate::model::{Endpoint, EndpointState, Key};

/// How many queries may wait to be answered.
const MAX_WAITING: usize = 16;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QueryError {
    /// The first list of the source isn't complete.
    #[error("nothing is served yet; /readyz says why")]
    NotYet,
    /// The pipeline has ended.
    #[error("the server is stopping")]
    Stopping,
}

/// A query, and where its answer goes.
#[derive(Debug)]
pub enum Query {
    /// Why a Service is served as it is; `None` if there is no such Service.
    Explain(Key, Reply<Option<ServiceExplanation>>),
    /// Some Services, in the order of keys: those after this key. An empty page is the end.
    Page(Option<Key>, Reply<Vec<ServiceSummary>>),
}

/// Where the answer to a query goes.
pub type Reply<T> = oneshot::Sender<Result<T, QueryError>>;

/// A Service that the source told of, as programs read it from `/api/v1/services`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceSummary {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The ports that are served, in the order of their numbers; `None` if it takes no part.
    pub ports: Option<Vec<PortSummary>>,
    /// How much of it and of its EndpointSlices is rejected.
    pub rejected: usize,
}

/// A port that is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortSummary {
    /// Its number.
    pub number: u16,
    /// Its name; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of its cluster.
    pub cluster: String,
    /// Its endpoints. Programs read how many there are, which is counted when it is written out, by whoever asked.
    #[serde(flatten, serialize_with = "counted")]
    pub endpoints: Arc<[Endpoint]>,
}

/// How many endpoints of a port there are.
#[derive(Debug, Serialize)]
struct EndpointCounts {
    /// Those that take requests.
    ready: usize,
    /// Those that only finish what they have begun.
    draining: usize,
}

fn counted<S: Serializer>(endpoints: &Arc<[Endpoint]>, serializer: S) -> Result<S::Ok, S::Error> {
    let ready = endpoints.iter().filter(|endpoint| endpoint.state == EndpointState::Ready).count();
    EndpointCounts { ready, draining: endpoints.len() - ready }.serialize(serializer)
}

impl ServiceSummary {
    /// Its namespace and name.
    pub fn key(&self) -> Key {
        Key::new(&*self.namespace, &*self.name)
    }
}

/// The half that asks.
#[derive(Debug, Clone)]
pub struct QuerySender(mpsc::Sender<Query>);

/// The half that answers.
#[derive(Debug)]
pub struct QueryReceiver(mpsc::Receiver<Query>);

/// The two halves.
pub fn query_channel() -> (QuerySender, QueryReceiver) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    (QuerySender(sender), QueryReceiver(receiver))
}

impl QuerySender {
    /// Why this Service is served as it is; `None` if there is no such Service.
    pub async fn explain(&self, key: Key) -> Result<Option<ServiceExplanation>, QueryError> {
        self.ask(|reply| Query::Explain(key, reply)).await
    }

    /// Some of the Services after this key, in the order of keys; none is the end.
    pub async fn page(&self, after: Option<Key>) -> Result<Vec<ServiceSummary>, QueryError> {
        self.ask(|reply| Query::Page(after, reply)).await
    }

    async fn ask<T>(&self, query: impl FnOnce(Reply<T>) -> Query) -> Result<T, QueryError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(query(reply)).await.map_err(|_| QueryError::Stopping)?;
        answer.await.unwrap_or(Err(QueryError::Stopping))
    }
}

impl QueryReceiver {
    /// The next query; `None` once nobody is left to ask one. Cancel-safe.
    pub async fn next(&mut self) -> Option<Query> {
        self.0.recv().await
    }

    /// A query that is waiting already.
    pub fn waiting(&mut self) -> Option<Query> {
        self.0.try_recv().ok()
    }
}
