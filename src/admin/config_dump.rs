//! Serves the configuration of a fleet or client as JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::task;

use super::Admin;
use crate::xds::{ClientKind, JsonError, Place, ResourceType, Snapshot, Target, resource_to_json};

/// Whose configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    /// The kind of client: `grpc` for all that gRPC clients ask for by name, whoever asks.
    #[serde(default = "envoy")]
    client: ClientKind,
    /// The fleet; without one, what an Envoy gets whose fleet nobody names.
    #[serde(default)]
    fleet: String,
    /// The client's zone; without one, what a client gets that doesn't know its own.
    #[serde(default)]
    zone: String,
    /// The name of the Kubernetes node that the client runs on.
    #[serde(default)]
    node_name: String,
}

const fn envoy() -> ClientKind {
    ClientKind::Envoy
}

/// The resources of a snapshot for a client at `place`: `clusters`, `endpoints`, `listeners` and `routes`, each a list in
/// the order of names. Secrets are for those who name them, and for nobody else to read.
pub fn snapshot_to_json(snapshot: &Snapshot, place: &Place) -> Result<Value, JsonError> {
    let mut lists = Map::new();
    for resource_type in ResourceType::ALL {
        let Some(name) = list_name(resource_type) else { continue };
        let resources = snapshot.get(resource_type).iter().map(|resource| resource_to_json(&resource.at(place)));
        lists.insert(name.to_owned(), Value::Array(resources.collect::<Result<_, _>>()?));
    }
    Ok(Value::Object(lists))
}

const fn list_name(resource_type: ResourceType) -> Option<&'static str> {
    match resource_type {
        ResourceType::Cluster => Some("clusters"),
        ResourceType::Endpoint => Some("endpoints"),
        ResourceType::Listener => Some("listeners"),
        ResourceType::Route => Some("routes"),
        ResourceType::Secret => None,
    }
}

pub(super) async fn config_dump(
    State(mut admin): State<Admin>,
    whose: Result<Query<Whose>, QueryRejection>,
) -> Response {
    let Ok(Query(Whose { client, fleet, zone, node_name })) = whose else {
        let expected =
            "expected /config_dump or some of /config_dump?client=envoy|grpc&fleet=NAME&zone=ZONE&node_name=NAME\n";
        return (StatusCode::BAD_REQUEST, expected).into_response();
    };
    let Some(publication) = admin.snapshots.latest() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "nothing is served yet; /readyz says why\n").into_response();
    };
    let target = Target { kind: client, fleet: fleet.into() };
    let place = Place { zone: zone.into(), node: node_name.into() };
    let snapshot = Arc::clone(publication.world.snapshot(&target));
    // Ten thousand endpoints take a while to write out, and streams are served by the same threads.
    match task::spawn_blocking(move || snapshot_to_json(&snapshot, &place)).await {
        Ok(Ok(json)) => Json(json).into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("the dump was cut short: {error}\n")).into_response(),
    }
}
