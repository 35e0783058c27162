//! The loop of one stream.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{Stream, stream};
use tonic::Status;
use tracing::{Span, debug, info, info_span, warn};

use super::Context;
use super::codec::{Outgoing, Requests};
use super::connection::Wire;
use super::peer::Peer;
use super::request::{Received, Request};
use super::streams::Slot;
use crate::channels::StreamDemand;
use crate::identity::{self, Node};
use crate::protocol::{Session, Variant};
use crate::xds::{ClientKind, Place, ResourceType};

/// How long a shutdown waits for the first response of a stream. A stream that ends before it looks like a broken server
/// to its client.
const FIRST_RESPONSE_WAIT: Duration = Duration::from_secs(1);

/// The responses to the requests of one client, until either side ends. Of one type (`only`), or of all.
pub(super) fn responses<R: Request>(
    requests: Requests<Received<R>>,
    only: Option<ResourceType>,
    slot: Slot,
    wire: Wire,
    context: Context,
) -> impl Stream<Item = Result<Outgoing, Status>> + Send {
    let conversation = Conversation {
        requests,
        only,
        slot,
        wire,
        context,
        peer: None,
        demand: None,
        awaits_rendering: false,
        has_responded: false,
    };
    stream::unfold(Some(conversation), async |conversation| {
        let mut conversation = conversation?;
        match conversation.next().await {
            Ok(response) => Some((Ok(response), Some(conversation))),
            Err(End::Client | End::Retired) => None,
            Err(End::Refused(status)) => Some((Err(status), None)),
        }
    })
}

/// One stream: the transport on one side, the client's state on the other.
struct Conversation<R> {
    requests: Requests<Received<R>>,
    only: Option<ResourceType>,
    slot: Slot,
    wire: Wire,
    context: Context,
    /// Known from the first request on.
    peer: Option<Arc<Peer>>,
    /// What a gRPC client demand by name.
    demand: Option<StreamDemand>,
    /// Whether some of that hasn't been looked for. Until then nothing is said to it.
    awaits_rendering: bool,
    has_responded: bool,
}

/// Why a stream ends.
enum End {
    /// The client ended it, or is gone.
    Client,
    /// Its connection is old, or the server shuts down.
    Retired,
    /// The client's requests can't be served.
    Refused(Status),
}

impl<R: Request> Conversation<R> {
    /// The next response. Runs only while HTTP/2 has room for one.
    async fn next(&mut self) -> Result<Outgoing, End> {
        let mut last_call = None;
        loop {
            let peer = self.peer.as_ref().filter(|_| !self.awaits_rendering);
            if let Some(reply) = peer.and_then(|peer| peer.poll(R::VARIANT, &self.context)) {
                self.has_responded = true;
                return Ok(Outgoing { reply, identifier: Arc::clone(&self.context.identifier) });
            }
            let peer = self.peer.as_ref();
            tokio::select! {
                () = self.wire.connection.retired.cancelled(), if self.has_responded => return Err(End::Retired),
                () = self.context.shutdown.cancelled(), if !self.has_responded && last_call.is_none() => {
                    last_call = Some(Instant::now() + FIRST_RESPONSE_WAIT);
                }
                () = at(last_call) => {
                    return Err(End::Refused(Status::unavailable("this replica shuts down; connect to another")));
                }
                request = self.requests.next() => match request {
                    Ok(Some(request)) => self.on_request(request)?,
                    Ok(None) => return Err(End::Client),
                    Err(status) => return Err(self.broken(status)),
                },
                true = self.context.snapshots.changed() => self.on_publication(),
                () = rendered(self.demand.as_mut()), if self.awaits_rendering => self.on_rendered(),
                () = at(peer.and_then(|peer| peer.next_tick())) => if let Some(peer) = peer { peer.on_tick() },
            }
        }
    }

    fn on_request(&mut self, Received { node, request, excessive, .. }: Received<R>) -> Result<(), End> {
        let peer = match &self.peer {
            Some(peer) => Arc::clone(peer),
            None => self.introduce(node.as_ref())?,
        };
        if let Some(field) = excessive {
            return Err(too_many_names(&peer, field));
        }
        let type_url = request.type_url();
        match (self.only, ResourceType::from_type_url(type_url)) {
            (Some(only), _) if type_url.is_empty() => self.on_ask(&peer, only, request),
            (Some(only), Some(resource_type)) if only == resource_type => self.on_ask(&peer, only, request),
            (Some(only), _) => Err(refused(Status::invalid_argument(format!(
                "type_url: \"{}\": expected {} or nothing, because this service has no other type",
                type_url.chars().take(200).collect::<String>(),
                only.type_url(),
            )))),
            (None, Some(resource_type)) => self.on_ask(&peer, resource_type, request),
            (None, None) if type_url.is_empty() => {
                Err(refused(Status::invalid_argument("type_url: empty; on an ADS stream it must be set")))
            }
            (None, None) => {
                // The types that we serve go on beside it.
                debug!(parent: &peer.span, type_url, "A client asks for a type that isn't served");
                let type_url = type_url.to_owned();
                if let Some((nonce, subscribe, unsubscribe)) = request.into_changes() {
                    let session = &mut peer.state().session;
                    session.on_unserved(&type_url, &nonce, &subscribe, &unsubscribe);
                    if session.is_excessive() {
                        return Err(too_many_names(&peer, R::NAMES_FIELD));
                    }
                }
                Ok(())
            }
        }
    }

    fn on_ask(&mut self, peer: &Peer, resource_type: ResourceType, request: R) -> Result<(), End> {
        if peer.on_ask(request.into_ask(resource_type), &self.context) {
            return Err(too_many_names(peer, R::NAMES_FIELD));
        }
        let Some(demand) = &mut self.demand else { return Ok(()) };
        let is_new = demand.set(resource_type, peer.state().session.names(resource_type));
        self.awaits_rendering |= is_new.map_err(|_| too_many_names(peer, R::NAMES_FIELD))?;
        Ok(())
    }

    fn introduce(&mut self, node: Option<&Node>) -> Result<Arc<Peer>, End> {
        let client = identity::identify(node).map_err(|refused| {
            warn!(error = %refused, "Refused a client");
            End::Refused(Status::invalid_argument(refused.to_string()))
        })?;
        let Some(publication) = self.context.snapshots.latest() else {
            return Err(refused(Status::unavailable("nothing has been published yet")));
        };
        let variant = match R::VARIANT {
            Variant::Sotw => "sotw",
            Variant::Delta => "delta",
        };
        let target = &client.target;
        let service = self.only.map_or("ads", ResourceType::as_str);
        let span = info_span!(
            "stream", node.id = client.node_id, fleet = &*target.fleet, client = %target.kind, service, variant
        );
        let Place { zone, node } = &client.place;
        info!(parent: &span, user_agent = client.user_agent, zone = &**zone, kubernetes_node = &**node, "Client connected");
        let snapshot = Arc::clone(publication.world.snapshot(target));
        let session = match self.only {
            None if target.kind == ClientKind::Grpc => Session::by_name(R::VARIANT, self.slot.number(), snapshot),
            None => Session::new(R::VARIANT, self.slot.number(), snapshot),
            Some(only) => Session::only(only, R::VARIANT, self.slot.number(), snapshot),
        };
        let session = session.at(client.place.clone());
        let scope = format!("{service} {variant} {}", self.slot.number());
        let open = self.context.metrics.stream_opened(target.kind.as_str(), variant);
        let peer = Arc::new(Peer::new(client, scope, session, span, self.wire.clone(), open));
        self.slot.introduce(Arc::clone(&peer));
        self.demand = (peer.client.target.kind == ClientKind::Grpc).then(|| self.context.demand.stream());
        self.peer = Some(Arc::clone(&peer));
        Ok(peer)
    }

    fn on_publication(&mut self) {
        if let (Some(peer), Some(publication)) = (&self.peer, self.context.snapshots.latest()) {
            peer.on_publication(&publication);
        }
    }

    /// What the client demand is published, as far as it exists; but maybe this stream hasn't seen that yet.
    fn on_rendered(&mut self) {
        self.awaits_rendering = false;
        if let (Some(peer), Some(publication)) = (&self.peer, self.context.snapshots.newer()) {
            peer.on_publication(&publication);
        }
    }

    fn broken(&self, status: Status) -> End {
        let span = self.peer.as_ref().map_or_else(Span::none, |peer| peer.span.clone());
        if matches!(status.code(), tonic::Code::InvalidArgument | tonic::Code::OutOfRange) {
            warn!(parent: &span, error = %status.message(), "Refused a request that can't be read");
            return End::Refused(status);
        }
        debug!(parent: &span, error = %status.message(), "Lost a client");
        End::Client
    }
}

const fn refused(status: Status) -> End {
    End::Refused(status)
}

fn too_many_names(peer: &Peer, field: &str) -> End {
    warn!(parent: &peer.span, field, "Refused a client that asks for too many names");
    refused(Status::resource_exhausted(format!("{field}: too many names on one stream; subscribe to * or to fewer")))
}

/// Returns when what the client demand has been looked for.
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
