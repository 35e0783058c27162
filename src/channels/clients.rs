//! Who is connected, for whoever asks: the admin page, `chancery status`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::xds::{ClientKind, Name, Origin, ResourceType, Version};

/// The streams that are open, as the server knows them.
pub trait Clients: fmt::Debug + Send + Sync {
    /// One entry a stream, in the order in which they were opened. Costs the number of streams, whatever they carry.
    fn clients(&self) -> Vec<ClientSummary>;

    /// What they refuse now, as far as it is traced back to objects. Costs the number of streams and what there is to tell.
    fn nacks(&self) -> Vec<ClientNack>;
}

/// One stream of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSummary {
    /// Its `node.id`.
    pub node_id: String,
    /// What it runs, `envoy 1.40.0`; empty if it didn't say.
    pub user_agent: String,
    /// Its fleet, which is `node.cluster`; may be empty.
    pub fleet: Name,
    /// The family of the client.
    pub kind: ClientKind,
    /// The stream: service, variant and number, as `ads delta 17`.
    pub scope: String,
    /// How long it has been open.
    pub age: Duration,
    /// The types that the client asked for on it, in push order.
    pub types: Vec<TypeSummary>,
}

/// How far a client is with one type. A version is that of the whole set that it was brought up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeSummary {
    /// The type.
    pub resource_type: ResourceType,
    /// The version of the last response.
    pub sent: Option<Version>,
    /// The version of the last response that the client took.
    pub acked: Option<Version>,
    /// How long the last response has been unanswered; none if it is answered.
    pub behind: Option<Duration>,
    /// The last response that the client refused, if it took none since.
    pub rejected: Option<NackSummary>,
}

/// A response that a client refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NackSummary {
    /// Its version.
    pub version: String,
    /// The client's message, cut to a sane length.
    pub message: String,
    /// How long ago that was.
    pub ago: Duration,
}

/// A resource that a client refuses, and what it comes of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientNack {
    /// The client's `node.id`.
    pub node_id: String,
    /// The type of what it refused.
    pub resource_type: ResourceType,
    /// The resource that is to blame.
    pub name: Name,
    /// What that was rendered from.
    pub origin: Arc<Origin>,
    /// The annotation that its message mentions, if any, without prefix and port.
    pub annotation: Option<Arc<str>>,
    /// Its message, cut to a sane length.
    pub message: Arc<str>,
}
