//! The gRPC health checking service (`grpc.health.v1.Health`): whether this replica has anything to serve.
//!
//! `""`, for the server as a whole, and each service of xDS by its name are `NOT_SERVING` until something has been
//! published, `SERVING` from then on, and `NOT_SERVING` while the server shuts down. Losing the source changes nothing:
//! what was listed is still served.

use std::pin::Pin;

use futures::{Stream, stream};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::Context;
use super::connection::Connection;
use super::methods;

/// The name of the service.
pub(super) const NAME: &str = "grpc.health.v1.Health";

/// The service, with its methods.
pub(super) fn service(context: Context) -> HealthServer<impl Health> {
    HealthServer::new(Replica { context })
}

/// The replica whose health is checked.
struct Replica {
    context: Context,
}

#[tonic::async_trait]
impl Health for Replica {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        let service = request.into_inner().service;
        if !is_known(&service) {
            return Err(Status::not_found(
                "service: not served here; expected the name of an xDS service, or none for the server as a whole",
            ));
        }
        Ok(Response::new(response(now(&mut self.context.clone()))))
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let connection = Connection::of(request.extensions())?;
        let known = is_known(&request.into_inner().service);
        let watch = Watch { context: self.context.clone(), connection, known, last: None };
        let statuses = stream::unfold(watch, async |mut watch| {
            let status = watch.next().await?;
            Some((Ok(response(status)), watch))
        });
        Ok(Response::new(Box::pin(statuses)))
    }
}

/// One client that watches the status.
struct Watch {
    context: Context,
    connection: Connection,
    /// Whether the service exists. A client may watch one that doesn't.
    known: bool,
    last: Option<ServingStatus>,
}

impl Watch {
    /// The next status that differs from the last one; `None` when the connection is old, or the server shuts down
    /// and the client knows.
    async fn next(&mut self) -> Option<ServingStatus> {
        loop {
            let now = if self.known { now(&mut self.context) } else { ServingStatus::ServiceUnknown };
            if self.last != Some(now) {
                self.last = Some(now);
                return Some(now);
            }
            if self.connection.retired.is_cancelled() {
                return None;
            }
            let waits_for_publication = now == ServingStatus::NotServing;
            tokio::select! {
                () = self.connection.retired.cancelled() => {}
                true = self.context.snapshots.changed(), if waits_for_publication => {}
            }
        }
    }
}

fn is_known(service: &str) -> bool {
    service.is_empty() || methods::services().any(|name| name == service)
}

fn now(context: &mut Context) -> ServingStatus {
    if context.shutdown.is_cancelled() || context.snapshots.latest().is_none() {
        ServingStatus::NotServing
    } else {
        ServingStatus::Serving
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}
