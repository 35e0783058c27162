//! The gRPC methods, by path.

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::body::Body as HttpBody;
use axum::extract::Request as HttpRequest;
use axum::routing::{MethodRouter, any};
use futures::TryStreamExt;
use http::HeaderMap;
use tonic::Status;
use tonic::body::Body;

use super::codec::RequestStream;
use super::connection::Connection;
use super::request::RequestMessage;
use super::stream::{self, Opened};
use super::write_progress::{CountedPieces, WriteProgress};
use super::{Context, body, client_status, health, load, reflection};
use crate::protocol::{DeltaDiscoveryRequest, DiscoveryRequest};
use crate::xds::ResourceType;

/// The header with which a client says that it compresses its requests.
const ENCODING: &str = "grpc-encoding";

/// A discovery service: one type each, or all of them.
struct Discovery {
    service: &'static str,
    /// The method of the state-of-the-world variant.
    sotw: &'static str,
    delta: &'static str,
    /// The only type that it serves; none is ADS.
    only: Option<ResourceType>,
}

/// The services of envoy/service/*/v3/*.proto that have what Chancery serves. Their `Fetch…` methods, which are for
/// polling over REST, are unimplemented.
const DISCOVERY: [Discovery; 6] = [
    Discovery {
        service: "envoy.service.discovery.v3.AggregatedDiscoveryService",
        sotw: "StreamAggregatedResources",
        delta: "DeltaAggregatedResources",
        only: None,
    },
    Discovery {
        service: "envoy.service.cluster.v3.ClusterDiscoveryService",
        sotw: "StreamClusters",
        delta: "DeltaClusters",
        only: Some(ResourceType::Cluster),
    },
    Discovery {
        service: "envoy.service.endpoint.v3.EndpointDiscoveryService",
        sotw: "StreamEndpoints",
        delta: "DeltaEndpoints",
        only: Some(ResourceType::Endpoint),
    },
    Discovery {
        service: "envoy.service.listener.v3.ListenerDiscoveryService",
        sotw: "StreamListeners",
        delta: "DeltaListeners",
        only: Some(ResourceType::Listener),
    },
    Discovery {
        service: "envoy.service.route.v3.RouteDiscoveryService",
        sotw: "StreamRoutes",
        delta: "DeltaRoutes",
        only: Some(ResourceType::Route),
    },
    Discovery {
        service: "envoy.service.secret.v3.SecretDiscoveryService",
        sotw: "StreamSecrets",
        delta: "DeltaSecrets",
        only: Some(ResourceType::Secret),
    },
];

/// The names of the xDS services, which health and reflection know.
///
/// VHDS, ECDS, RTDS and the like are missing on purpose: a client may ask ADS for these types, and gets no resources.
pub(super) fn services() -> impl Iterator<Item = &'static str> {
    DISCOVERY.into_iter().map(|discovery| discovery.service).chain([client_status::NAME, load::NAME])
}

/// The routes of all methods. Any other path is `UNIMPLEMENTED`.
pub(super) fn routes(context: &Context) -> Router {
    let mut router = Router::new();
    for Discovery { service, sotw, delta, only } in DISCOVERY {
        router = router
            .route(&format!("/{service}/{sotw}"), discovery::<DiscoveryRequest>(context, only))
            .route(&format!("/{service}/{delta}"), discovery::<DeltaDiscoveryRequest>(context, only));
    }
    let (status_stream, status_fetch) = client_status::methods(context);
    router
        .route(&format!("/{}/{}", client_status::NAME, client_status::STREAM), status_stream)
        .route(&format!("/{}/{}", client_status::NAME, client_status::FETCH), status_fetch)
        .route(&format!("/{}/{}", load::NAME, load::METHOD), load::method(context.clone()))
        .route_service(&format!("/{}/{{*method}}", health::NAME), health::service(context.clone()))
        .merge(reflection::routes())
        .fallback(unimplemented)
}

/// A method whose response begins at once, with messages to come or with a status.
pub(super) fn method(
    respond: impl Fn(HttpRequest) -> Result<http::Response<HttpBody>, Status> + Clone + Send + Sync + 'static,
) -> MethodRouter {
    any(move |request: HttpRequest| ready(respond(request).unwrap_or_else(Status::into_http)))
}

/// A discovery method whose requests are `R`.
fn discovery<R: RequestMessage>(context: &Context, only: Option<ResourceType>) -> MethodRouter {
    let context = context.clone();
    method(move |request| {
        let mut context = context.clone();
        if context.snapshots.latest().is_none() {
            return Err(Status::unavailable(
                "not every Service and EndpointSlice has been listed yet; what you hold stays valid",
            ));
        }
        check_uncompressed(request.headers())?;
        let connection = Connection::of(request.extensions())?;
        let slot = context.admit()?;
        let progress = Arc::<WriteProgress>::default();
        let requests = RequestStream::new(request.into_body());
        let opened = Opened::<R> { requests, only, slot, connection, progress: Arc::clone(&progress) };
        let responses = stream::responses(opened, context);
        Ok(body::response(responses.map_ok(move |response| CountedPieces::new(response, Arc::clone(&progress)))))
    })
}

async fn unimplemented(uri: http::Uri) -> http::Response<Body> {
    Status::unimplemented(format!("{}: not served; xDS is served by its Stream… and Delta… methods", uri.path()))
        .into_http()
}

/// Fails if the requests are compressed, by the header that says so.
pub(super) fn check_uncompressed(headers: &HeaderMap) -> Result<(), Status> {
    match headers.get(ENCODING).filter(|encoding| *encoding != "identity") {
        Some(encoding) => Err(Status::unimplemented(format!("{ENCODING}: {encoding:?}; requests can't be compressed"))),
        None => Ok(()),
    }
}
