//! The connected clients, for the admin page and `chancery status`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::xds::{ClientKind, Name, Origin, ResourceType};

/// The open streams of the server.
pub trait Clients: fmt::Debug + Send + Sync {
    /// One entry a stream, in the order in which they were opened. Costs the number of streams, whatever they carry.
    fn clients(&self) -> Vec<ClientSummary>;

    /// The resources that they NACK now, as far as they are traced back to objects. Costs the number of streams and of NACKs.
    fn nacks(&self) -> Vec<ClientNack>;
}

/// One stream of one client, as programs read it from `/api/v1/clients` and from `chancery status -o json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientSummary {
    /// The client's `node.id`.
    pub node: String,
    /// Its fleet, which is `node.cluster`; may be empty.
    pub fleet: String,
    /// The family of the client.
    pub client: ClientKind,
    /// Its software, `envoy 1.40.0`; empty if its node has none.
    pub user_agent: String,
    /// The stream: service, variant and number, as `ads delta 17`.
    pub stream: String,
    /// How long it has been open, in [`seconds`].
    pub age_seconds: f64,
    /// The types that the client requested on it, in push order.
    pub types: Vec<TypeSummary>,
}

/// How far a client is with one type. A version is that of the whole set that it was brought up to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeSummary {
    /// The type.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// The version of the last response; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// The version of the last response that the client ACKed; absent before its first ACK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acked: Option<String>,
    /// How long the last response has been without an ACK or NACK, in [`seconds`]; absent if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind_seconds: Option<f64>,
    /// The last NACK, if the client sent no ACK since.
    #[serde(rename = "rejected", skip_serializing_if = "Option::is_none")]
    pub nack: Option<NackSummary>,
}

/// The NACK of a response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NackSummary {
    /// The version of the response.
    pub version: String,
    /// The client's message, cut to a sane length.
    pub message: String,
    /// How long ago that was, in [`seconds`].
    pub seconds_ago: f64,
}

/// A duration as programs read it: to the millisecond, since more digits are noise to people.
pub fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
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
