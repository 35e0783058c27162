//! Clients of ADS that say exactly what they are told to.

use std::net::SocketAddr;

use data_plane_api::core::Node;
use data_plane_api::discovery::client::AggregatedDiscoveryServiceClient;
use data_plane_api::discovery::{DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse};
use data_plane_api::status::RpcStatus;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};

use chancery::xds::ResourceType;

use crate::soon;

/// One stream: requests go out as they are given, responses are taken one at a time.
#[derive(Debug)]
pub struct Stream<Req, Res> {
    requests: mpsc::Sender<Req>,
    responses: Streaming<Res>,
}

/// A stream of the state of the world.
pub type Sotw = Stream<DiscoveryRequest, DiscoveryResponse>;

/// An incremental stream.
pub type Delta = Stream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

/// A client of the server at `address`, on a connection of its own, with no limit on the size of messages.
///
/// # Panics
/// When nothing listens there.
pub async fn client(address: SocketAddr) -> AggregatedDiscoveryServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address is a URI");
    let channel = soon("a connection to the server", endpoint.connect()).await.expect("the server listens");
    AggregatedDiscoveryServiceClient::new(channel).max_decoding_message_size(usize::MAX)
}

/// The node of an Envoy of this fleet.
pub fn envoy(id: &str, fleet: &str) -> Node {
    Node { id: id.to_owned(), cluster: fleet.to_owned(), user_agent_name: "envoy".to_owned(), ..Node::default() }
}

/// Opens a state-of-the-world stream.
///
/// # Errors
/// What the server refuses it with.
pub async fn sotw(address: SocketAddr) -> Result<Sotw, Status> {
    let (requests, receiver) = mpsc::channel(16);
    let mut client = client(address).await;
    let responses = client.stream_aggregated_resources(ReceiverStream::new(receiver)).await?.into_inner();
    Ok(Stream { requests, responses })
}

/// Opens a delta stream.
///
/// # Errors
/// What the server refuses it with.
pub async fn delta(address: SocketAddr) -> Result<Delta, Status> {
    let (requests, receiver) = mpsc::channel(16);
    let mut client = client(address).await;
    let responses = client.delta_aggregated_resources(ReceiverStream::new(receiver)).await?.into_inner();
    Ok(Stream { requests, responses })
}

impl<Req, Res> Stream<Req, Res> {
    /// Sends a request.
    ///
    /// # Panics
    /// When the stream has ended.
    pub async fn send(&self, request: Req) {
        self.requests.send(request).await.expect("the stream is open");
    }

    /// The next response.
    ///
    /// # Panics
    /// When none comes, or the stream ends.
    pub async fn next(&mut self) -> Res {
        soon("a response", self.responses.message()).await.expect("a response").expect("the stream goes on")
    }

    /// How the stream ends: `None` as it should, else the error.
    ///
    /// # Panics
    /// When it doesn't end, or another response comes first.
    pub async fn end(&mut self) -> Option<Status> {
        match soon("the end of the stream", self.responses.message()).await {
            Ok(None) => None,
            Ok(Some(_)) => panic!("a response where the stream should have ended"),
            Err(status) => Some(status),
        }
    }
}

impl Sotw {
    /// Sends a first request: from `node`, for these names.
    pub async fn ask(&self, node: Option<Node>, resource_type: ResourceType, names: &[&str]) {
        self.send(DiscoveryRequest { node, ..request(resource_type, names) }).await;
    }

    /// Takes a response.
    pub async fn ack(&self, response: &DiscoveryResponse, names: &[&str]) {
        let resource_type = ResourceType::from_type_url(&response.type_url).expect("a type that we serve");
        self.send(DiscoveryRequest {
            version_info: response.version_info.clone(),
            response_nonce: response.nonce.clone(),
            ..request(resource_type, names)
        })
        .await;
    }
}

impl Delta {
    /// Sends a first request: from `node`, subscribing to these names.
    pub async fn ask(&self, node: Option<Node>, resource_type: ResourceType, names: &[&str]) {
        let names = names.iter().map(ToString::to_string).collect();
        self.send(DeltaDiscoveryRequest {
            node,
            type_url: resource_type.type_url().to_owned(),
            resource_names_subscribe: names,
            ..DeltaDiscoveryRequest::default()
        })
        .await;
    }

    /// Takes a response.
    pub async fn ack(&self, response: &DeltaDiscoveryResponse) {
        self.send(DeltaDiscoveryRequest {
            type_url: response.type_url.clone(),
            response_nonce: response.nonce.clone(),
            ..DeltaDiscoveryRequest::default()
        })
        .await;
    }

    /// Refuses a response, saying `message`.
    pub async fn nack(&self, response: &DeltaDiscoveryResponse, message: &str) {
        self.send(DeltaDiscoveryRequest {
            type_url: response.type_url.clone(),
            response_nonce: response.nonce.clone(),
            error_detail: Some(RpcStatus { code: 3, message: message.to_owned(), ..RpcStatus::default() }),
            ..DeltaDiscoveryRequest::default()
        })
        .await;
    }
}

/// The names in a delta response, in its order.
pub fn names(response: &DeltaDiscoveryResponse) -> Vec<&str> {
    response.resources.iter().map(|resource| resource.name.as_str()).collect()
}

fn request(resource_type: ResourceType, names: &[&str]) -> DiscoveryRequest {
    DiscoveryRequest {
        type_url: resource_type.type_url().to_owned(),
        resource_names: names.iter().map(ToString::to_string).collect(),
        ..DiscoveryRequest::default()
    }
}
