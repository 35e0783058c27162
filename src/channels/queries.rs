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

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::model::explain::Explanation;
use crate::model::{Endpoint, Fleets, Key, Rejected, Requests};
use crate::xds::Name;

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
    Explain(Key, Reply<Option<Explained>>),
    /// Some Services, in the order of keys: those after this key. An empty page is the end.
    Page(Option<Key>, Reply<Vec<KnownService>>),
}

/// Where the answer to a query goes.
pub type Reply<T> = oneshot::Sender<Result<T, QueryError>>;

/// Why a Service is served as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// What its objects say.
    pub explanation: Explanation,
    /// What clients get for each port that is served, by its number.
    pub rendered: BTreeMap<u16, RenderedFor>,
    /// What can't be used of it, of its Namespace, its slices and its pods.
    pub rejected: Vec<Rejected>,
}

/// What clients get for one port.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedFor {
    /// The name of its cluster.
    pub cluster: Name,
    /// The fleets that get it.
    pub fleets: Fleets,
    /// How many different fleets that are now; all that nobody names are one.
    pub everywhere: usize,
    /// The domains that it wants.
    pub domains: Vec<DomainWanted>,
}

/// A domain that a port wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainWanted {
    /// The domain.
    pub domain: Name,
    /// Which requests under it the port takes, if the port has it.
    pub requests: Requests,
    /// Who has it instead; empty if the port has it in each of its fleets.
    pub lost: Vec<DomainLost>,
}

/// Who has a domain that somebody else wants, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainLost {
    /// The Service that has it.
    pub service: Key,
    /// The port of that Service.
    pub port: u16,
    /// The fleets where that is so; an empty name stands for all that nobody names.
    pub fleets: Vec<Name>,
}

/// A Service that the source told of.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownService {
    /// Its namespace and name.
    pub key: Key,
    /// What is served of it; `None` if it takes no part.
    pub served: Option<Vec<ServedPort>>,
    /// How much of it and of its slices can't be used.
    pub rejected: usize,
}

/// A port that is served.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedPort {
    /// Its number.
    pub number: u16,
    /// Its name; may be empty.
    pub name: Arc<str>,
    /// The name of its cluster.
    pub cluster: Name,
    /// Its endpoints.
    pub endpoints: Arc<[Endpoint]>,
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
    pub async fn explain(&self, key: Key) -> Result<Option<Explained>, QueryError> {
        self.ask(|reply| Query::Explain(key, reply)).await
    }

    /// Some of the Services after this key, in the order of keys; none is the end.
    pub async fn page(&self, after: Option<Key>) -> Result<Vec<KnownService>, QueryError> {
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
