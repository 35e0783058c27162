//! Who is connected, for whoever asks: the admin page, `chancery status`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::xds::{ClientKind, Name, Origin, ResourceType};

/// The streams that are open, as the server knows them.
pub trait Clients: fmt::Debug + Send + Sync {
    /// One entry a stream, in the order in which they were opened. Costs the number of streams, whatever they carry.
    fn clients(&self) -> Vec<ClientSummary>;

    /// What they refuse now, as far as it is traced back to objects. Costs the number of streams and what there is to tell.
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
    /// What it runs, `envoy 1.40.0`; empty if it didn't say.
    pub user_agent: String,
    /// The stream: service, variant and number, as `ads delta 17`.
    pub stream: String,
    /// How long it has been open, in [`seconds`].
    pub age_seconds: f64,
    /// The types that the client asked for on it, in push order.
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
    /// The version of the last response that the client took; absent before it took one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acked: Option<String>,
    /// How long the last response has been unanswered, in [`seconds`]; absent if it is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind_seconds: Option<f64>,
    /// The last response that the client refused, if it took none since.
    #[serde(rename = "rejected", skip_serializing_if = "Option::is_none")]
    pub nack: Option<NackSummary>,
}

/// A response that a client refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NackSummary {
    /// Its version.
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
