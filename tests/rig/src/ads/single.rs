//! Clients of the services of single types.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use chancery::xds::ResourceType;
use http::uri::PathAndQuery;
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

use super::{Delta, Sotw, Stream, channel};

/// Opens a state-of-the-world stream of the service for this type.
///
/// # Errors
/// What the server refuses it with.
pub async fn sotw_of(address: SocketAddr, resource_type: ResourceType) -> Result<Sotw, Status> {
    open(channel(address).await, resource_type, "Stream").await
}

/// Opens a delta stream of the service for this type.
///
/// # Errors
/// What the server refuses it with.
pub async fn delta_of(address: SocketAddr, resource_type: ResourceType) -> Result<Delta, Status> {
    open(channel(address).await, resource_type, "Delta").await
}

/// Polls the service for this type, as REST clients would.
///
/// # Errors
/// What the server refuses it with.
///
/// # Panics
/// When nothing listens there.
pub async fn fetch(address: SocketAddr, resource_type: ResourceType) -> Result<(), Status> {
    let mut grpc = ready(channel(address).await).await;
    let request = Request::new(super::sotw_request(resource_type, &[]));
    let codec = ProstCodec::<_, data_plane_api::discovery::DiscoveryResponse>::default();
    grpc.unary(request, path(resource_type, "Fetch"), codec).await.map(drop)
}

async fn open<Req, Res>(channel: Channel, resource_type: ResourceType, form: &str) -> Result<Stream<Req, Res>, Status>
where
    Req: Message + Send + 'static,
    Res: Message + Default + Send + 'static,
{
    let (requests, receiver) = mpsc::channel(16);
    let mut grpc = ready(channel).await;
    let request = Request::new(ReceiverStream::new(receiver));
    let codec = ProstCodec::<Req, Res>::default();
    let responses = grpc.streaming(request, path(resource_type, form), codec).await?.into_inner();
    Ok(Stream { requests, responses, nonces: BTreeSet::new() })
}

async fn ready(channel: Channel) -> Grpc<Channel> {
    let mut grpc = Grpc::new(channel).max_decoding_message_size(usize::MAX);
    grpc.ready().await.expect("the server listens");
    grpc
}

/// The path of the method: `form` is `Stream`, `Delta` or `Fetch`.
fn path(resource_type: ResourceType, form: &str) -> PathAndQuery {
    let (package, service, noun) = match resource_type {
        ResourceType::Cluster => ("cluster", "ClusterDiscoveryService", "Clusters"),
        ResourceType::Endpoint => ("endpoint", "EndpointDiscoveryService", "Endpoints"),
        ResourceType::Listener => ("listener", "ListenerDiscoveryService", "Listeners"),
        ResourceType::Route => ("route", "RouteDiscoveryService", "Routes"),
        ResourceType::Secret => ("secret", "SecretDiscoveryService", "Secrets"),
    };
    let path = format!("/envoy.service.{package}.v3.{service}/{form}{noun}");
    PathAndQuery::try_from(path).expect("a path")
}
