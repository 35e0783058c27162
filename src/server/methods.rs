//! Which method of which service is served, and how.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use axum::Router;
use axum::body::Body as HttpBody;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::metadata::GRPC_CONTENT_TYPE;

use super::Context;
use super::codec::Requests;
use super::connection::{Connection, Wire};
use super::outbox::{Outbox, Responses};
use super::request::{Received, Request};
use super::{client_status, health, load, reflection, stream};
use crate::protocol::{DeltaDiscoveryRequest, DiscoveryRequest};
use crate::xds::ResourceType;

/// The header with which a client says that it compresses its requests.
const ENCODING: &str = "grpc-encoding";

/// A discovery service: one type each, or all of them.
struct Discovery {
    service: &'static str,
    /// The method of the state of the world.
    sotw: &'static str,
    delta: &'static str,
    /// The only type it serves; none is ADS.
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

/// The names of the services of xDS, which health and reflection know.
///
/// VHDS, ECDS, RTDS and the like are missing on purpose: a client may ask ADS for these types, and stays unanswered.
pub(super) fn services() -> impl Iterator<Item = &'static str> {
    DISCOVERY.into_iter().map(|discovery| discovery.service).chain([client_status::NAME, load::NAME])
}

/// The routes of all methods. Any other path is `UNIMPLEMENTED`.
pub(super) fn routes(context: &Context) -> Router {
    let mut router = Router::new();
    for Discovery { service, sotw, delta, only } in DISCOVERY {
        let state_of_the_world = Method::<DiscoveryRequest>::new(context.clone(), only);
        let incremental = Method::<DeltaDiscoveryRequest>::new(context.clone(), only);
        router = router
            .route_service(&format!("/{service}/{sotw}"), state_of_the_world)
            .route_service(&format!("/{service}/{delta}"), incremental);
    }
    let (status_stream, status_fetch) = client_status::methods(context);
    router
        .route_service(&format!("/{}/{}", client_status::NAME, client_status::STREAM), status_stream)
        .route_service(&format!("/{}/{}", client_status::NAME, client_status::FETCH), status_fetch)
        .route_service(&format!("/{}/{}", load::NAME, load::METHOD), load::method(context.clone()))
        .route_service(&format!("/{}/{{*method}}", health::NAME), health::service(context.clone()))
        .merge(reflection::routes())
        .fallback(unimplemented)
}

async fn unimplemented(uri: http::Uri) -> http::Response<Body> {
    Status::unimplemented(format!("{}: not served; xDS is served by its Stream… and Delta… methods", uri.path()))
        .into_http()
}

/// Refuses requests that are compressed, by the header that says so.
pub(super) fn refuse_compressed(headers: &HeaderMap) -> Result<(), Status> {
    match headers.get(ENCODING).filter(|encoding| *encoding != "identity") {
        Some(encoding) => Err(Status::unimplemented(format!("{ENCODING}: {encoding:?}; requests can't be compressed"))),
        None => Ok(()),
    }
}

/// One streaming method whose requests are `R`.
struct Method<R> {
    context: Context,
    only: Option<ResourceType>,
    request: PhantomData<fn() -> R>,
}

impl<R> Method<R> {
    fn new(context: Context, only: Option<ResourceType>) -> Self {
        Self { context, only, request: PhantomData }
    }
}

impl<R> Clone for Method<R> {
    fn clone(&self) -> Self {
        Self::new(self.context.clone(), self.only)
    }
}

impl<R: Request> Service<http::Request<HttpBody>> for Method<R> {
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        ready(Ok(self.answer(request).unwrap_or_else(Status::into_http)))
    }
}

impl<R: Request> Method<R> {
    /// Requests in, responses out.
    fn answer(&self, request: http::Request<HttpBody>) -> Result<http::Response<HttpBody>, Status> {
        let mut context = self.context.clone();
        if context.snapshots.latest().is_none() {
            return Err(Status::unavailable(
                "not every Service and EndpointSlice has been listed yet; what you hold stays valid",
            ));
        }
        refuse_compressed(request.headers())?;
        let outbox = Arc::<Outbox>::default();
        let wire = Wire { connection: Connection::of(request.extensions())?, outbox: Arc::clone(&outbox) };
        let slot = context.admit()?;
        let requests = Requests::<Received<R>>::new(request.into_body());
        let responses = stream::responses(requests, self.only, slot, wire, context);
        let mut response = http::Response::new(HttpBody::new(Responses::new(responses, outbox)));
        response.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
        Ok(response)
    }
}
