//! Which method of which service is served, and how.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use axum::body::Body as HttpBody;
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use futures::Stream;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::{Grpc, StreamingService};
use tonic::service::Routes;
use tonic::{Request as GrpcRequest, Response as GrpcResponse, Status, Streaming};

use super::Context;
use super::codec::{Outgoing, XdsCodec};
use super::request::Request;
use super::{health, load, reflection, stream};

/// An Envoy that reconnects lists every version it holds in one request: with 10,000 clusters that is above gRPC's
/// default limit of 4 MiB.
const MAX_REQUEST_BYTES: usize = 32 << 20;

const ADS_SOTW: &str = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
const ADS_DELTA: &str = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

/// The routes of all methods.
pub(super) fn routes(context: Context) -> Routes {
    let sotw = Method::<DiscoveryRequest>::new(context.clone());
    let delta = Method::<DeltaDiscoveryRequest>::new(context.clone());
    let router = axum::Router::new()
        .route_service(ADS_SOTW, sotw)
        .route_service(ADS_DELTA, delta)
        .route_service(load::PATH, load::service(context.clone()))
        .route_service(health::PATH, health::service(context.clone()))
        .merge(reflection::routes(context.shutdown));
    Routes::from(router)
}

/// One streaming method whose requests are `R`.
struct Method<R> {
    context: Context,
    request: PhantomData<fn() -> R>,
}

impl<R> Method<R> {
    fn new(context: Context) -> Self {
        Self { context, request: PhantomData }
    }
}

impl<R> Clone for Method<R> {
    fn clone(&self) -> Self {
        Self::new(self.context.clone())
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

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let method = self.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(XdsCodec::<R>::default()).max_decoding_message_size(MAX_REQUEST_BYTES);
            Ok(grpc.streaming(method, request).await)
        })
    }
}

/// gRPC: requests in, responses out.
impl<R: Request> StreamingService<R> for Method<R> {
    type Response = Outgoing;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<Outgoing, Status>> + Send>>;
    type Future = Ready<Result<GrpcResponse<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: GrpcRequest<Streaming<R>>) -> Self::Future {
        let mut context = self.context.clone();
        if context.cache.latest().is_none() {
            return ready(Err(Status::unavailable(
                "not every Service and EndpointSlice has been listed yet; what you hold stays valid",
            )));
        }
        ready(Ok(GrpcResponse::new(Box::pin(stream::responses(request.into_inner(), context)))))
    }
}
