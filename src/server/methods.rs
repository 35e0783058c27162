//! Which method of which service is served, and how.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use axum::Router;
use axum::body::Body as HttpBody;
use futures::Stream;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::{Grpc, StreamingService};
use tonic::{Request as GrpcRequest, Response as GrpcResponse, Status, Streaming};

use super::Context;
use super::codec::{Outgoing, XdsCodec};
use super::connection::{Connection, Wire};
use super::outbox::{Counted, Outbox};
use super::request::{Received, Request};
use super::{client_status, health, load, reflection, stream};
use crate::protocol::{DeltaDiscoveryRequest, DiscoveryRequest};
use crate::xds::ResourceType;

/// An Envoy that reconnects lists every version it holds in one request: with 100,000 clusters that is some 8 MB, and
/// gRPC's default limit is 4 MiB.
pub(super) const MAX_REQUEST_BYTES: usize = 16 << 20;

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

const CLIENT_STATUS: &str = "envoy.service.status.v3.ClientStatusDiscoveryService";

/// The names of the services of xDS, which health and reflection know.
///
/// VHDS, ECDS, RTDS and the like are missing on purpose: a client may ask ADS for these types, and stays unanswered.
pub(super) fn services() -> impl Iterator<Item = &'static str> {
    DISCOVERY.into_iter().map(|discovery| discovery.service).chain([CLIENT_STATUS, load::NAME])
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
    router
        .route_service(&format!("/{CLIENT_STATUS}/{{*method}}"), client_status::service(context.streams.clone()))
        .route_service(&format!("/{}/{}", load::NAME, load::METHOD), load::method(context.clone()))
        .route_service(&format!("/{}/{{*method}}", health::NAME), health::service(context.clone()))
        .merge(reflection::routes())
        .fallback(unimplemented)
}

async fn unimplemented(uri: http::Uri) -> http::Response<Body> {
    Status::unimplemented(format!("{}: not served; xDS is served by its Stream… and Delta… methods", uri.path()))
        .into_http()
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

/// HTTP: one call of the method.
impl<R: Request> Service<http::Request<HttpBody>> for Method<R> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<HttpBody>) -> Self::Future {
        let method = self.clone();
        let outbox = Arc::<Outbox>::default();
        request.extensions_mut().insert(Arc::clone(&outbox));
        Box::pin(async move {
            let mut grpc = Grpc::new(XdsCodec::<Received<R>>::default()).max_decoding_message_size(MAX_REQUEST_BYTES);
            let response = grpc.streaming(method, request).await;
            Ok(response.map(|body| Body::new(Counted::new(body, outbox))))
        })
    }
}

/// gRPC: requests in, responses out.
impl<R: Request> StreamingService<Received<R>> for Method<R> {
    type Response = Outgoing;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<Outgoing, Status>> + Send>>;
    type Future = Ready<Result<GrpcResponse<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: GrpcRequest<Streaming<Received<R>>>) -> Self::Future {
        let mut context = self.context.clone();
        if context.cache.latest().is_none() {
            return ready(Err(Status::unavailable(
                "not every Service and EndpointSlice has been listed yet; what you hold stays valid",
            )));
        }
        let Some(outbox) = request.extensions().get().cloned() else {
            return ready(Err(Status::internal("a request without an outbox; this is a bug")));
        };
        let wire = match Connection::of(&request) {
            Ok(connection) => Wire { connection, outbox },
            Err(status) => return ready(Err(status)),
        };
        let place = match context.admit() {
            Ok(place) => place,
            Err(status) => return ready(Err(status)),
        };
        let responses = stream::responses(request.into_inner(), self.only, place, wire, context);
        ready(Ok(GrpcResponse::new(Box::pin(responses))))
    }
}
