//! Clients of ADS that say exactly what they are told to.
//!
//! Every response that they take is held against the rules that have no exception (see `response.rs`). That a server says
//! *nothing* is asserted without waiting: see [`Sotw::silent`] and [`Delta::silent`].

mod response;
mod silence;
mod single;

use std::collections::{BTreeMap, BTreeSet};
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

pub use response::{Response, contents};
pub use single::{delta_of, fetch, sotw_of};

/// A client on a connection; any number of streams may share one.
pub type Connection = AggregatedDiscoveryServiceClient<Channel>;

/// One stream: requests go out as they are given, responses are taken one at a time.
#[derive(Debug)]
pub struct Stream<Req, Res> {
    requests: mpsc::Sender<Req>,
    responses: Streaming<Res>,
    nonces: BTreeSet<String>,
}

/// A stream of the state of the world.
pub type Sotw = Stream<DiscoveryRequest, DiscoveryResponse>;

/// An incremental stream.
pub type Delta = Stream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

/// A client of the server at `address`, on a connection of its own, with no limit on the size of messages.
///
/// # Panics
/// When nothing listens there.
pub async fn client(address: SocketAddr) -> Connection {
    AggregatedDiscoveryServiceClient::new(channel(address).await).max_decoding_message_size(usize::MAX)
}

/// Opens a delta stream on a connection of its own, unless the server takes no connection.
pub async fn delta_if_admitted(address: SocketAddr) -> Option<Delta> {
    let channel = endpoint(address).connect().await.ok()?;
    delta_on(&mut AggregatedDiscoveryServiceClient::new(channel)).await.ok()
}

/// A connection to `address`.
///
/// # Panics
/// When nothing listens there.
pub async fn channel(address: SocketAddr) -> Channel {
    soon("a connection to the server", endpoint(address).connect()).await.expect("the server listens")
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::from_shared(format!("http://{address}")).expect("an address is a URI")
}

/// The node of an Envoy of this fleet.
pub fn envoy(id: &str, fleet: &str) -> Node {
    Node { id: id.to_owned(), cluster: fleet.to_owned(), user_agent_name: "envoy".to_owned(), ..Node::default() }
}

/// The node of a proxyless gRPC client, which says so in the two ways that such clients do.
pub fn grpc(id: &str) -> Node {
    Node {
        id: id.to_owned(),
        user_agent_name: "gRPC Go".to_owned(),
        client_features: vec!["envoy.lb.does_not_support_overprovisioning".to_owned()],
        ..Node::default()
    }
}

/// Opens a state-of-the-world stream on a connection of its own.
///
/// # Errors
/// What the server refuses it with.
pub async fn sotw(address: SocketAddr) -> Result<Sotw, Status> {
    sotw_on(&mut client(address).await).await
}

/// Opens a delta stream on a connection of its own.
///
/// # Errors
/// What the server refuses it with.
pub async fn delta(address: SocketAddr) -> Result<Delta, Status> {
    delta_on(&mut client(address).await).await
}

/// Opens a state-of-the-world stream on this connection.
///
/// # Errors
/// What the server refuses it with.
pub async fn sotw_on(connection: &mut Connection) -> Result<Sotw, Status> {
    let (requests, receiver) = mpsc::channel(16);
    let responses = connection.stream_aggregated_resources(ReceiverStream::new(receiver)).await?.into_inner();
    Ok(Stream { requests, responses, nonces: BTreeSet::new() })
}

/// Opens a delta stream on this connection.
///
/// # Errors
/// What the server refuses it with.
pub async fn delta_on(connection: &mut Connection) -> Result<Delta, Status> {
    let (requests, receiver) = mpsc::channel(16);
    let responses = connection.delta_aggregated_resources(ReceiverStream::new(receiver)).await?.into_inner();
    Ok(Stream { requests, responses, nonces: BTreeSet::new() })
}

impl<Req, Res: Response> Stream<Req, Res> {
    /// Sends a request.
    ///
    /// # Panics
    /// When the stream has ended.
    pub async fn send(&self, request: Req) {
        self.requests.send(request).await.expect("the stream is open");
    }

    /// Returns when the server has cut the connection, though nothing was read from it.
    pub async fn closed(&self) {
        self.requests.closed().await;
    }

    /// The next response.
    ///
    /// # Panics
    /// When none comes, the stream ends, or the response breaks a [rule](Response::check).
    pub async fn next(&mut self) -> Res {
        let response =
            soon("a response", self.responses.message()).await.expect("a response").expect("the stream goes on");
        response.check();
        assert!(self.nonces.insert(response.nonce().to_owned()), "the nonce {} came twice", response.nonce());
        response
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
        self.send(DiscoveryRequest { node, ..sotw_request(resource_type, names) }).await;
    }

    /// Takes a response, and wants these names from now on.
    pub async fn ack(&self, response: &DiscoveryResponse, names: &[&str]) {
        self.send(sotw_answer(response, names)).await;
    }

    /// Refuses a response, saying `message`, and wants these names from now on.
    pub async fn nack(&self, response: &DiscoveryResponse, names: &[&str], message: &str) {
        self.send(DiscoveryRequest { error_detail: error(message), ..sotw_answer(response, names) }).await;
    }

    /// The next response, which it takes, wanting these names as before.
    pub async fn take(&mut self, names: &[&str]) -> DiscoveryResponse {
        let response = self.next().await;
        self.ack(&response, names).await;
        response
    }
}

impl Delta {
    /// Sends a first request: from `node`, subscribing to these names.
    pub async fn ask(&self, node: Option<Node>, resource_type: ResourceType, names: &[&str]) {
        self.send(DeltaDiscoveryRequest { node, ..delta_request(resource_type, names, &[]) }).await;
    }

    /// Sends the first request of a client that reconnects: it subscribes to these names, and holds these versions.
    pub async fn resume(
        &self,
        node: Option<Node>,
        resource_type: ResourceType,
        names: &[&str],
        held: &BTreeMap<String, String>,
    ) {
        let initial_resource_versions = held.clone();
        let request = delta_request(resource_type, names, &[]);
        self.send(DeltaDiscoveryRequest { node, initial_resource_versions, ..request }).await;
    }

    /// Changes the subscription, answering no response.
    pub async fn change(&self, resource_type: ResourceType, subscribe: &[&str], unsubscribe: &[&str]) {
        self.send(delta_request(resource_type, subscribe, unsubscribe)).await;
    }

    /// Takes a response.
    pub async fn ack(&self, response: &DeltaDiscoveryResponse) {
        self.send(delta_answer(response)).await;
    }

    /// Refuses a response, saying `message`.
    pub async fn nack(&self, response: &DeltaDiscoveryResponse, message: &str) {
        self.send(DeltaDiscoveryRequest { error_detail: error(message), ..delta_answer(response) }).await;
    }

    /// The next response, which it takes.
    pub async fn take(&mut self) -> DeltaDiscoveryResponse {
        let response = self.next().await;
        self.ack(&response).await;
        response
    }
}

/// A state-of-the-world request for these names that answers nothing.
pub fn sotw_request(resource_type: ResourceType, names: &[&str]) -> DiscoveryRequest {
    DiscoveryRequest {
        type_url: resource_type.type_url().to_owned(),
        resource_names: strings(names),
        ..DiscoveryRequest::default()
    }
}

/// The ACK of a state-of-the-world response, with the names that are wanted.
pub fn sotw_answer(response: &DiscoveryResponse, names: &[&str]) -> DiscoveryRequest {
    DiscoveryRequest {
        version_info: response.version_info.clone(),
        resource_names: strings(names),
        type_url: response.type_url.clone(),
        response_nonce: response.nonce.clone(),
        ..DiscoveryRequest::default()
    }
}

/// A delta request that changes the subscription and answers nothing.
pub fn delta_request(resource_type: ResourceType, subscribe: &[&str], unsubscribe: &[&str]) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        type_url: resource_type.type_url().to_owned(),
        resource_names_subscribe: strings(subscribe),
        resource_names_unsubscribe: strings(unsubscribe),
        ..DeltaDiscoveryRequest::default()
    }
}

/// The ACK of a delta response.
pub fn delta_answer(response: &DeltaDiscoveryResponse) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        type_url: response.type_url.clone(),
        response_nonce: response.nonce.clone(),
        ..DeltaDiscoveryRequest::default()
    }
}

/// The names in a delta response, in its order.
pub fn names(response: &DeltaDiscoveryResponse) -> Vec<&str> {
    response.resources.iter().map(|resource| resource.name.as_str()).collect()
}

/// What a delta response says: the [`contents`] of its resources, and the names that there is nothing of (any more).
pub fn changes(response: &DeltaDiscoveryResponse) -> (Vec<&str>, Vec<&str>) {
    (contents(response), response.removed_resources.iter().map(String::as_str).collect())
}

/// What a client holds that took these responses: for `initial_resource_versions`.
pub fn versions(responses: &[&DeltaDiscoveryResponse]) -> BTreeMap<String, String> {
    let mut held = BTreeMap::new();
    for response in responses {
        for name in &response.removed_resources {
            held.remove(name);
        }
        held.extend(response.resources.iter().map(|resource| (resource.name.clone(), resource.version.clone())));
    }
    held
}

/// The `error_detail` of a NACK.
pub fn error(message: &str) -> Option<RpcStatus> {
    Some(RpcStatus { code: 3, message: message.to_owned(), ..RpcStatus::default() })
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
