//! The connected clients, for the admin page and `chancery status`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::xds::{ClientKind, Name, Origin, ResourceType, Version};

/// The open streams of the server.
pub trait Clients: fmt::Debug + Send + Sync {
    /// One entry a stream, in the order in which they were opened. Costs the number of streams, whatever they carry.
    fn clients(&self) -> Vec<ClientSummary>;

    /// The resources that they NACK now, as far as they are traced back to objects. Costs the number of streams and of NACKs.
    fn nacks(&self) -> Vec<ClientNack>;
}

/// One stream of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSummary {
    /// Its `node.id`.
    pub node_id: String,
    /// Its software, `envoy 1.40.0`; empty if its node has none.
    pub user_agent: String,
    /// Its fleet, which is `node.cluster`; may be empty.
    pub fleet: Name,
    /// The family of the client.
    pub kind: ClientKind,
    /// The stream: service, variant and number, as `ads delta 17`.
    pub scope: String,
    /// How long it has been open.
    pub age: Duration,
    /// The types that the client requested on it, in push order.
    pub types: Vec<TypeSummary>,
}

/// How far a client is with one type. A version is that of the whole set that it was brought up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeSummary {
    /// The type.
    pub resource_type: ResourceType,
    /// The version of the last response.
    pub sent: Option<Version>,
    /// The version of the last response that the client ACKed.
    pub acked: Option<Version>,
    /// How long the last response has been without an ACK or NACK; none if it has one.
    pub behind: Option<Duration>,
    /// The last NACK, if the client sent no ACK since.
    pub nack: Option<NackSummary>,
}

/// The NACK of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NackSummary {
    /// The version of the response.
    pub version: String,
    /// The client's message, cut to a sane length.
    pub message: String,
    /// How long ago that was.
    pub ago: Duration,
}

/// A resource that a client NACKs, and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientNack {
    /// The client's `node.id`.
    pub node_id: String,
    /// The type of the resource.
    pub resource_type: ResourceType,
    /// Its name.
    pub name: Name,
    /// What it was rendered from.
    pub origin: Arc<Origin>,
    /// The annotation that the client's message mentions, if any, without prefix and port.
    pub annotation: Option<Arc<str>>,
    /// The client's message, cut to a sane length.
    pub message: Arc<str>,
}
