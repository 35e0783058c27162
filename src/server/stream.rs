//! The life of one stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::{Stream, stream};
use tonic::{Status, Streaming};
use tracing::{Span, debug, info, info_span, warn};

use super::Context;
use super::codec::Outgoing;
use super::request::Request;
use crate::access::{self, Client};
use crate::cache::Publication;
use crate::protocol::{Response, Session, Variant, Verdict};
use crate::telemetry::OpenStream;
use crate::xds::ResourceType;

/// How long a push waits for the answer that it should come after (contract: make before break, at most 5 s).
const MAX_WAIT: Duration = Duration::from_secs(5);

/// How much of a client's error message is logged.
const MAX_MESSAGE: usize = 1000;

/// Numbers the streams of this process.
static STREAMS: AtomicU64 = AtomicU64::new(1);

/// The responses to the requests of one client, until either side ends.
pub(super) fn responses<R: Request>(
    requests: Streaming<R>,
    context: Context,
) -> impl Stream<Item = Result<Outgoing, Status>> + Send {
    stream::unfold(Some(Connection::new(requests, context)), async |connection| {
        let mut connection = connection?;
        match connection.next().await {
            Ok(response) => Some((Ok(response), Some(connection))),
            Err(End::Client | End::Shutdown) => None,
            Err(End::Refused(status)) => Some((Err(status), None)),
        }
    })
}

/// One stream: the transport on one side, the session on the other.
struct Connection<R> {
    requests: Streaming<R>,
    context: Context,
    stream: u64,
    /// Known from the first request on.
    peer: Option<Peer>,
}

/// The client behind a stream.
struct Peer {
    client: Client,
    session: Session,
    span: Span,
    /// When the session began to wait for an answer.
    waiting_since: Option<Instant>,
    /// The publication that is being sent, until every type has caught up with it: when its oldest event came.
    catching_up: Option<Instant>,
    pushes: [Option<Push>; ResourceType::COUNT],
    /// Counts the stream as open until it is dropped.
    _open: OpenStream,
}

/// An unanswered response.
struct Push {
    sent_at: Instant,
    observed_at: Option<Instant>,
}

/// Why a stream ends.
enum End {
    /// The client ended it, or is gone.
    Client,
    /// The server shuts down.
    Shutdown,
    /// The client's requests can't be served.
    Refused(Status),
}

impl<R: Request> Connection<R> {
    fn new(requests: Streaming<R>, context: Context) -> Self {
        Self { requests, context, stream: STREAMS.fetch_add(1, Ordering::Relaxed), peer: None }
    }

    /// The next response. Runs only while HTTP/2 has room for one.
    async fn next(&mut self) -> Result<Outgoing, End> {
        loop {
            if let Some(response) = self.peer.as_mut().and_then(|peer| peer.poll(&self.context)) {
                return Ok(Outgoing {
                    variant: R::VARIANT,
                    response,
                    identifier: Arc::clone(&self.context.identifier),
                });
            }
            let deadline = self.peer.as_ref().and_then(|peer| peer.waiting_since).map(|since| since + MAX_WAIT);
            tokio::select! {
                () = self.context.shutdown.cancelled() => return Err(End::Shutdown),
                request = self.requests.message() => match request {
                    Ok(Some(request)) => self.on_request(request)?,
                    Ok(None) => return Err(End::Client),
                    Err(status) => return Err(self.broken(status)),
                },
                true = self.context.cache.changed() => self.on_publication(),
                () = at(deadline) => self.on_wait_expired(),
            }
        }
    }

    fn on_request(&mut self, request: R) -> Result<(), End> {
        if self.peer.is_none() {
            self.peer = Some(self.introduce(&request)?);
        }
        let Some(peer) = &mut self.peer else { return Ok(()) };
        let type_url = request.type_url();
        if type_url.is_empty() {
            return Err(End::Refused(Status::invalid_argument("type_url: empty; on an ADS stream it must be set")));
        }
        if let Some(resource_type) = ResourceType::from_type_url(type_url) {
            peer.on_ask(resource_type, request, &self.context);
        } else {
            // Another type on the same stream is none of our business; the types that we serve go on.
            debug!(parent: &peer.span, type_url, "Ignored a request for a type that isn't served");
        }
        Ok(())
    }

    fn introduce(&mut self, first: &R) -> Result<Peer, End> {
        let client = access::identify(first.node()).map_err(|refused| {
            warn!(error = %refused, "Refused a client");
            End::Refused(Status::invalid_argument(refused.to_string()))
        })?;
        let Some(publication) = self.context.cache.latest() else {
            return Err(End::Refused(Status::unavailable("nothing has been published yet")));
        };
        let variant = match R::VARIANT {
            Variant::Sotw => "sotw",
            Variant::Delta => "delta",
        };
        let target = &client.target;
        let span =
            info_span!("stream", node.id = client.node_id, fleet = &*target.fleet, client = %target.kind, variant);
        info!(parent: &span, user_agent = client.user_agent, "Client connected");
        Ok(Peer {
            session: Session::new(R::VARIANT, self.stream, Arc::clone(publication.world.snapshot(target))),
            _open: self.context.metrics.stream_opened(target.kind.as_str(), variant),
            client,
            span,
            waiting_since: None,
            catching_up: None,
            pushes: [const { None }; ResourceType::COUNT],
        })
    }

    fn on_publication(&mut self) {
        if let (Some(peer), Some(publication)) = (&mut self.peer, self.context.cache.latest()) {
            peer.on_publication(&publication);
        }
    }

    fn on_wait_expired(&mut self) {
        if let Some(peer) = &mut self.peer {
            warn!(parent: &peer.span, "Client didn't answer in time; sending what was held back for its answer");
            peer.waiting_since = None;
            peer.session.on_wait_expired();
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

impl Peer {
    fn poll(&mut self, context: &Context) -> Option<Response> {
        let response = self.session.poll();
        match (self.session.is_waiting(), self.waiting_since) {
            (true, None) => self.waiting_since = Some(Instant::now()),
            (false, Some(_)) => self.waiting_since = None,
            (true, Some(_)) | (false, None) => {}
        }
        let Some(response) = response else {
            if self.pushes.iter().all(Option::is_none) && self.waiting_since.is_none() {
                self.catching_up = None;
            }
            return None;
        };
        let Response { resource_type, nonce, version, resources, removed } = &response;
        debug!(
            parent: &self.span, type_url = resource_type.type_url(), nonce, %version,
            resources = resources.len(), removed = removed.len(), "Sending",
        );
        context.metrics.response_sent(resource_type.as_str(), self.client.target.kind.as_str());
        if let Some(push) = self.pushes.get_mut(resource_type.index()) {
            *push = Some(Push { sent_at: Instant::now(), observed_at: self.catching_up });
        }
        Some(response)
    }

    fn on_publication(&mut self, publication: &Publication) {
        self.catching_up.get_or_insert(publication.observed_at);
        self.session.on_snapshot(Arc::clone(publication.world.snapshot(&self.client.target)));
    }

    fn on_ask(&mut self, resource_type: ResourceType, request: impl Request, context: &Context) {
        let ask = request.into_ask(resource_type);
        let nonce = ask.nonce.clone();
        let Some(verdict) = self.session.on_request(ask) else { return };
        let push = self.pushes.get_mut(resource_type.index()).and_then(Option::take);
        let metrics = &context.metrics;
        match verdict {
            Verdict::Ack => {
                let Some(Push { sent_at, observed_at }) = push else { return };
                metrics.acked(resource_type.as_str(), sent_at.elapsed());
                if let Some(observed_at) = observed_at {
                    metrics.event_acked(resource_type.as_str(), observed_at.elapsed());
                }
            }
            Verdict::Nack { version, message } => {
                metrics.nacked(resource_type.as_str(), self.client.target.kind.as_str());
                let message: String = message.chars().take(MAX_MESSAGE).collect();
                warn!(
                    parent: &self.span, type_url = resource_type.type_url(), nonce, version, error = message,
                    "Client rejected a response; it keeps what it had, and won't be sent this again",
                );
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        info!(parent: &self.span, "Client disconnected");
    }
}

/// Returns at `deadline`, or never.
pub(super) async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
