//! What stands between a gRPC client and the control plane, and makes what passes refusable.
//!
//! Chancery renders nothing that a client refuses; so a client that is to refuse something must be given something else.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::Request;
use data_plane_api::any;
use data_plane_api::discovery::client::AggregatedDiscoveryServiceClient;
use data_plane_api::discovery::{DiscoveryRequest, DiscoveryResponse};
use data_plane_api::endpoint::ClusterLoadAssignment;
use futures::Stream;
use prost::{Message as _, Name as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::server::Grpc;
use tonic::transport::Server;
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;

/// State-of-the-world ADS, the only method there is.
const METHOD: &str = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";

type Responses = Pin<Box<dyn Stream<Item = Result<DiscoveryResponse, Status>> + Send>>;

/// A server that passes every request on to another one, and the responses back; spoiled, if it is told so. It ends when
/// dropped.
#[derive(Debug)]
pub struct Spoiler {
    /// Where it listens.
    pub address: SocketAddr,
    spoils: Arc<AtomicBool>,
    server: JoinHandle<()>,
}

impl Spoiler {
    /// Starts one before this server.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(before: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let spoils = Arc::new(AtomicBool::new(false));
        let spoiling = Arc::clone(&spoils);
        let service = tower::service_fn(move |request| answer(before, Arc::clone(&spoiling), request));
        let router = Router::new().route_service(METHOD, service);
        let incoming = TcpListenerStream::new(listener);
        let server = tokio::spawn(async move {
            Server::builder().add_routes(router.into()).serve_with_incoming(incoming).await.expect("it serves");
        });
        Self { address, spoils, server }
    }

    /// Whether the assignments that come from now on are spoiled: none of the libraries takes one whose priorities don't
    /// begin at 0.
    pub fn spoil(&self, spoils: bool) {
        self.spoils.store(spoils, Ordering::Relaxed);
    }
}

impl Drop for Spoiler {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Answers a call with a call of the other server.
async fn answer(
    before: SocketAddr,
    spoils: Arc<AtomicBool>,
    request: Request,
) -> Result<http::Response<tonic::body::Body>, Infallible> {
    let codec = ProstCodec::<DiscoveryResponse, DiscoveryRequest>::default();
    let pass_on = tower::service_fn(move |requests| pass_on(before, Arc::clone(&spoils), requests));
    Ok(Grpc::new(codec).streaming(pass_on, request).await)
}

async fn pass_on(
    before: SocketAddr,
    spoils: Arc<AtomicBool>,
    requests: tonic::Request<Streaming<DiscoveryRequest>>,
) -> Result<tonic::Response<Responses>, Status> {
    let client = AggregatedDiscoveryServiceClient::connect(format!("http://{before}")).await;
    let mut client = client.map_err(|error| Status::unavailable(error.to_string()))?;
    // The client's end is the end of the requests.
    let requests = requests.into_inner().map_while(Result::ok);
    let responses = client.stream_aggregated_resources(requests).await?.into_inner();
    let responses = responses.map(move |response| {
        response.map(|response| if spoils.load(Ordering::Relaxed) { spoiled(response) } else { response })
    });
    Ok(tonic::Response::new(Box::pin(responses)))
}

fn spoiled(mut response: DiscoveryResponse) -> DiscoveryResponse {
    if response.type_url == ClusterLoadAssignment::type_url() {
        for resource in &mut response.resources {
            let mut assignment = ClusterLoadAssignment::decode(&*resource.value).expect("an assignment");
            assignment.endpoints.iter_mut().for_each(|locality| locality.priority += 1);
            *resource = any(&assignment);
        }
    }
    response
}
