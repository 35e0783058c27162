//! Discovery streams: the loop that reads requests and returns responses.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{Stream, stream};
use tonic::Status;
use tracing::{Span, debug, info, info_span, warn};

use super::Context;
use super::client_stream::ClientStream;
use super::codec::{OutgoingResponse, RequestStream};
use super::connection::Connection;
use super::request::{Received, RequestMessage};
use super::streams::StreamSlot;
use super::write_progress::WriteProgress;
use crate::channels::StreamDemand;
use crate::identity::{self, Node};
use crate::protocol::{Session, Variant};
use crate::xds::{ClientKind, Place, ResourceType};

/// How long a shutdown waits for the first response of a stream. A stream that ends before it looks like a broken server
/// to its client.
const FIRST_RESPONSE_WAIT: Duration = Duration::from_secs(1);

/// What a stream is opened with.
pub(super) struct Opened<R> {
    /// The requests of the client.
    pub(super) requests: RequestStream<Received<R>>,
    /// The only type that it carries; none is ADS.
    pub(super) only: Option<ResourceType>,
    /// Its place in the list of all streams.
    pub(super) slot: StreamSlot,
    /// The connection that it is on.
    pub(super) connection: Connection,
    /// How much of its responses is written.
    pub(super) progress: Arc<WriteProgress>,
}

/// The responses of a stream, until either side ends it.
pub(super) fn responses<R: RequestMessage>(
    opened: Opened<R>,
    context: Context,
) -> impl Stream<Item = Result<OutgoingResponse, Status>> + Send {
    let state =
        StreamLoop { opened, context, client: None, demand: None, awaits_rendering: false, has_responded: false };
    stream::try_unfold(state, async |mut state| Ok(state.next().await?.map(|response| (response, state))))
}

/// The loop of one stream: its transport on one side, the state of its client on the other.
struct StreamLoop<R> {
    opened: Opened<R>,
    context: Context,
    /// Known from the first request on.
    client: Option<Arc<ClientStream>>,
    /// The names that a gRPC client subscribes to.
    demand: Option<StreamDemand>,
    /// Whether any of these may not be rendered yet. Until then no response is sent.
    awaits_rendering: bool,
    has_responded: bool,
}

impl<R: RequestMessage> StreamLoop<R> {
    /// The next response; `None` when the client has ended the stream, or its connection is to be closed. Runs only while
    /// HTTP/2 has room for a response.
    async fn next(&mut self) -> Result<Option<OutgoingResponse>, Status> {
        let mut last_call = None;
        loop {
            let client = self.client.as_ref().filter(|_| !self.awaits_rendering);
            if let Some(content) = client.and_then(|client| client.poll(R::VARIANT, &self.context)) {
                self.has_responded = true;
                return Ok(Some(OutgoingResponse { content, identifier: Arc::clone(&self.context.identifier) }));
            }
            let client = self.client.as_ref();
            tokio::select! {
                () = self.opened.connection.retired.cancelled(), if self.has_responded => return Ok(None),
                () = self.context.shutdown.cancelled(), if !self.has_responded && last_call.is_none() => {
                    last_call = Some(Instant::now() + FIRST_RESPONSE_WAIT);
                }
                () = at(last_call) => {
                    return Err(Status::unavailable("this replica shuts down; connect to another"));
                }
                request = self.opened.requests.next() => match request {
                    Ok(Some(request)) => self.on_request(request)?,
                    Ok(None) => return Ok(None),
                    Err(status) => return self.on_broken_request(status),
                },
                true = self.context.snapshots.changed() => self.on_publication(),
                () = rendered(self.demand.as_mut()), if self.awaits_rendering => self.on_rendered(),
                () = at(client.and_then(|client| client.next_tick())) => if let Some(client) = client { client.on_tick() },
            }
        }
    }

    fn on_request(&mut self, Received { node, request, excessive, .. }: Received<R>) -> Result<(), Status> {
        let client = match &self.client {
            Some(client) => Arc::clone(client),
            None => self.identify(node.as_ref())?,
        };
        if let Some(field) = excessive {
            return Err(too_many_names(&client, field));
        }
        let type_url = request.type_url();
        match (self.opened.only, ResourceType::from_type_url(type_url)) {
            (Some(only), _) if type_url.is_empty() => self.on_supported(&client, only, request),
            (Some(only), Some(resource_type)) if only == resource_type => self.on_supported(&client, only, request),
            (Some(only), _) => Err(Status::invalid_argument(format!(
                "type_url: \"{}\": expected {} or nothing, because this service has no other type",
                type_url.chars().take(200).collect::<String>(),
                only.type_url(),
            ))),
            (None, Some(resource_type)) => self.on_supported(&client, resource_type, request),
            (None, None) if type_url.is_empty() => {
                Err(Status::invalid_argument("type_url: empty; on an ADS stream it must be set"))
            }
            (None, None) => on_unsupported(&client, request),
        }
    }

    fn on_supported(&mut self, client: &ClientStream, resource_type: ResourceType, request: R) -> Result<(), Status> {
        if client.on_request(request.into_request(resource_type), &self.context) {
            return Err(too_many_names(client, R::NAMES_FIELD));
        }
        let Some(demand) = &mut self.demand else { return Ok(()) };
        let is_new = demand.set(resource_type, client.state().session.names(resource_type));
        self.awaits_rendering |= is_new.map_err(|_| too_many_names(client, R::NAMES_FIELD))?;
        Ok(())
    }

    /// Makes the state of the client that the first request identifies.
    fn identify(&mut self, node: Option<&Node>) -> Result<Arc<ClientStream>, Status> {
        let client = identity::identify(node).map_err(|error| {
            warn!(%error, "Rejected a client");
            Status::invalid_argument(error.to_string())
        })?;
        let Some(publication) = self.context.snapshots.latest() else {
            return Err(Status::unavailable("nothing has been published yet"));
        };
        let variant = match R::VARIANT {
            Variant::Sotw => "sotw",
            Variant::Delta => "delta",
        };
        let target = &client.target;
        let Opened { only, slot, connection, progress, requests: _ } = &self.opened;
        let (service, number) = (only.map_or("ads", ResourceType::as_str), slot.number());
        let span = info_span!(
            "stream", node.id = client.node_id, fleet = &*target.fleet, client = %target.kind, service, variant
        );
        let Place { zone, node } = &client.place;
        info!(parent: &span, user_agent = client.user_agent, zone = &**zone, kubernetes_node = &**node, "Client connected");
        let snapshot = Arc::clone(publication.world.snapshot(target));
        let session = match only {
            None if target.kind == ClientKind::Grpc => Session::by_name(R::VARIANT, number, snapshot),
            None => Session::new(R::VARIANT, number, snapshot),
            Some(only) => Session::only(*only, R::VARIANT, number, snapshot),
        };
        let session = session.at(client.place.clone()).sharing(slot.name_sets());
        let scope = format!("{service} {variant} {number}");
        let open = self.context.metrics.stream_opened(target.kind.as_str(), variant);
        let (connection, progress) = (connection.clone(), Arc::clone(progress));
        let client = Arc::new(ClientStream::new(client, scope, session, span, connection, progress, open));
        slot.identified(Arc::clone(&client));
        self.demand = (client.client.target.kind == ClientKind::Grpc).then(|| self.context.demand.stream());
        self.client = Some(Arc::clone(&client));
        Ok(client)
    }

    fn on_publication(&mut self) {
        if let (Some(client), Some(publication)) = (&self.client, self.context.snapshots.latest()) {
            client.on_publication(&publication);
        }
    }

    /// What the client subscribes to is published, as far as it exists; but maybe this stream hasn't seen that yet.
    fn on_rendered(&mut self) {
        self.awaits_rendering = false;
        if let (Some(client), Some(publication)) = (&self.client, self.context.snapshots.newer()) {
            client.on_publication(&publication);
        }
    }

    /// Ends the stream with a status if the request is invalid, without one if the connection is lost.
    fn on_broken_request<T>(&self, status: Status) -> Result<Option<T>, Status> {
        let span = self.client.as_ref().map_or_else(Span::none, |client| client.span.clone());
        if matches!(status.code(), tonic::Code::InvalidArgument | tonic::Code::OutOfRange) {
            warn!(parent: &span, error = %status.message(), "Rejected a request that can't be decoded");
            return Err(status);
        }
        debug!(parent: &span, error = %status.message(), "Lost the connection to a client");
        Ok(None)
    }
}

/// Takes in a request for a type that isn't served. The other types of the stream go on.
fn on_unsupported<R: RequestMessage>(client: &ClientStream, request: R) -> Result<(), Status> {
    let type_url = request.type_url().to_owned();
    debug!(parent: &client.span, type_url, "Client subscribed to a type that isn't served");
    if let Some((nonce, subscribe, unsubscribe)) = request.into_changes() {
        let session = &mut client.state().session;
        session.on_unsupported(&type_url, &nonce, &subscribe, &unsubscribe);
        if session.is_excessive() {
            return Err(too_many_names(client, R::NAMES_FIELD));
        }
    }
    Ok(())
}

fn too_many_names(client: &ClientStream, field: &str) -> Status {
    warn!(parent: &client.span, field, "Closed a stream that subscribes to too many names");
    Status::resource_exhausted(format!("{field}: too many names on one stream; subscribe to * or to fewer"))
}

/// Returns when the names of a stream are rendered.
async fn rendered(demand: Option<&mut StreamDemand>) {
    match demand {
        Some(demand) => demand.rendered().await,
        None => pending().await,
    }
}

/// Returns at `deadline`, or never.
pub(super) async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => pending().await,
    }
}
