//! Who is connected, as JSON.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::Admin;
use crate::channels::{ClientSummary, NackSummary, TypeSummary};

/// One stream of one client, as programs read it here and from `chancery status -o json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientJson {
    /// The client's `node.id`.
    pub node: String,
    /// Its fleet; may be empty.
    pub fleet: String,
    /// `envoy` or `grpc`.
    pub client: String,
    /// What it runs; may be empty.
    pub user_agent: String,
    /// The stream: service, variant and number.
    pub stream: String,
    /// How long it has been open.
    pub age_seconds: f64,
    /// The types that the client asked for on it, in push order.
    pub types: Vec<TypeJson>,
}

/// How far a client is with one type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeJson {
    /// `cds`, `eds`, `lds`, `rds` or `sds`.
    pub r#type: String,
    /// The version that was sent last; absent before the first response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// The version that the client took last; absent before it took one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acked: Option<String>,
    /// How long the last response has been unanswered; absent if it is answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind_seconds: Option<f64>,
    /// What the client refused last, if it took nothing since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<RejectionJson>,
}

/// A response that a client refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectionJson {
    /// Its version.
    pub version: String,
    /// The client's message.
    pub message: String,
    /// How long ago that was.
    pub seconds_ago: f64,
}

impl From<ClientSummary> for ClientJson {
    fn from(summary: ClientSummary) -> Self {
        let ClientSummary { node_id, user_agent, fleet, kind, scope, age, types } = summary;
        Self {
            node: node_id,
            fleet: fleet.to_string(),
            client: kind.as_str().to_owned(),
            user_agent,
            stream: scope,
            age_seconds: seconds(age),
            types: types.into_iter().map(TypeJson::from).collect(),
        }
    }
}

impl From<TypeSummary> for TypeJson {
    fn from(summary: TypeSummary) -> Self {
        let TypeSummary { resource_type, sent, acked, behind, nack } = summary;
        Self {
            r#type: resource_type.as_str().to_owned(),
            sent: sent.map(|version| version.to_string()),
            acked: acked.map(|version| version.to_string()),
            behind_seconds: behind.map(seconds),
            rejected: nack.map(|NackSummary { version, message, ago }| RejectionJson {
                version,
                message,
                seconds_ago: seconds(ago),
            }),
        }
    }
}

/// To the millisecond: more digits are noise to people.
pub(super) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

pub(super) async fn list(State(admin): State<Admin>) -> Json<Vec<ClientJson>> {
    Json(admin.clients.clients().into_iter().map(ClientJson::from).collect())
}
