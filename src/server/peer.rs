//! One client behind one stream.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tracing::{Span, debug, info, warn};

use super::Context;
use super::codec::Reply;
use super::connection::Wire;
use crate::access::Client;
use crate::cache::Publication;
use crate::protocol::{Ask, MAX_RESPONSE_BYTES, Response, Session, Variant, Verdict};
use crate::telemetry::OpenStream;
use crate::xds::ResourceType;

/// How long a push waits for the answer that it should come after (contract: make before break, at most 5 s).
const MAX_WAIT: Duration = Duration::from_secs(5);

/// How long routes to new clusters wait on a stream of routes alone, where no answer says that the clusters are there.
const BLIND_ROUTE_WAIT: Duration = Duration::from_secs(1);

/// Says that nothing was stuck when it was last looked.
const NOT_STUCK: u64 = u64::MAX;

/// A client, and how far it is. The stream changes it; others look at it, and hold the lock only for that.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) client: Client,
    /// Which stream of the client it is, for people: `ads delta 17`.
    pub(super) scope: String,
    pub(super) span: Span,
    /// How long what is held back waits at most.
    max_wait: Duration,
    state: Mutex<State>,
    wire: Wire,
    /// Where the outbox was stuck when it was last looked.
    stuck_at: AtomicU64,
    /// Counts the stream as open until it is dropped.
    _open: OpenStream,
}

/// What changes while the stream goes on.
#[derive(Debug)]
pub(super) struct State {
    pub(super) session: Session,
    /// When the session began to wait for an answer.
    waiting_since: Option<Instant>,
    /// The publication that is being sent, until every type has caught up with it: when its oldest event came.
    catching_up: Option<Instant>,
    pushes: [Option<Push>; ResourceType::COUNT],
    /// When the client last rejected a response of each type, if it took none since.
    pub(super) rejected_at: [Option<SystemTime>; ResourceType::COUNT],
    /// The types of which a response was too large, and that was said.
    oversized: [bool; ResourceType::COUNT],
}

/// An unanswered response.
#[derive(Debug)]
struct Push {
    sent_at: Instant,
    observed_at: Option<Instant>,
}

impl Peer {
    pub(super) fn new(
        client: Client,
        scope: String,
        only: Option<ResourceType>,
        session: Session,
        span: Span,
        wire: Wire,
        open: OpenStream,
    ) -> Self {
        Self {
            client,
            scope,
            span,
            max_wait: if only == Some(ResourceType::Route) { BLIND_ROUTE_WAIT } else { MAX_WAIT },
            state: Mutex::new(State {
                session,
                waiting_since: None,
                catching_up: None,
                pushes: [const { None }; ResourceType::COUNT],
                rejected_at: [None; ResourceType::COUNT],
                oversized: [false; ResourceType::COUNT],
            }),
            wire,
            stuck_at: AtomicU64::new(NOT_STUCK),
            _open: open,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be sent next. Called whenever HTTP/2 has room for a message.
    pub(super) fn poll(&self, variant: Variant, context: &Context) -> Option<Reply> {
        let mut state = self.state();
        let response = state.session.poll();
        match (state.session.is_waiting(), state.waiting_since) {
            (true, None) => state.waiting_since = Some(Instant::now()),
            (false, Some(_)) => state.waiting_since = None,
            (true, Some(_)) | (false, None) => {}
        }
        if let Some(response) = response {
            self.note_sent(&mut state, &response, context);
            return Some(Reply::Resources { variant, response });
        }
        if state.pushes.iter().all(Option::is_none) && state.waiting_since.is_none() {
            state.catching_up = None;
        }
        state.session.poll_unserved().map(Reply::Absence)
    }

    fn note_sent(&self, state: &mut State, response: &Response, context: &Context) {
        let Response { resource_type, nonce, version, resources, removed } = response;
        let bytes = response.bytes();
        debug!(
            parent: &self.span, type_url = resource_type.type_url(), nonce, %version,
            resources = resources.len(), removed = removed.len(), bytes, "Sending",
        );
        context.metrics.response_sent(resource_type.as_str(), self.client.target.kind.as_str());
        let push = Push { sent_at: Instant::now(), observed_at: state.catching_up };
        if let Some(slot) = state.pushes.get_mut(resource_type.index()) {
            *slot = Some(push);
        }
        let Some(was_oversized) = state.oversized.get_mut(resource_type.index()) else { return };
        let is_oversized = bytes > MAX_RESPONSE_BYTES;
        if is_oversized && !std::mem::replace(was_oversized, is_oversized) {
            warn!(
                parent: &self.span, type_url = resource_type.type_url(), bytes, limit = MAX_RESPONSE_BYTES,
                "Response is larger than gRPC clients accept by default; use delta xDS, where it can be split",
            );
        }
        *was_oversized = is_oversized;
    }

    pub(super) fn on_publication(&self, publication: &Publication) {
        let mut state = self.state();
        state.catching_up.get_or_insert(publication.observed_at);
        state.session.on_snapshot(Arc::clone(publication.world.snapshot(&self.client.target)));
    }

    /// Takes in a request. Says whether the client asks for more than can be remembered.
    pub(super) fn on_ask(&self, ask: Ask, context: &Context) -> bool {
        if ask.is_excessive() {
            return true;
        }
        let (resource_type, nonce) = (ask.resource_type, ask.nonce.clone());
        let mut state = self.state();
        if let Some(verdict) = state.session.on_request(ask) {
            self.note_verdict(&mut state, resource_type, &nonce, verdict, context);
        }
        state.session.is_excessive()
    }

    fn note_verdict(
        &self,
        state: &mut State,
        resource_type: ResourceType,
        nonce: &str,
        verdict: Verdict,
        context: &Context,
    ) {
        let push = state.pushes.get_mut(resource_type.index()).and_then(Option::take);
        let Some(rejected_at) = state.rejected_at.get_mut(resource_type.index()) else { return };
        let metrics = &context.metrics;
        match verdict {
            Verdict::Ack => {
                *rejected_at = None;
                let Some(Push { sent_at, observed_at }) = push else { return };
                metrics.acked(resource_type.as_str(), sent_at.elapsed());
                if let Some(observed_at) = observed_at {
                    metrics.event_acked(resource_type.as_str(), observed_at.elapsed());
                }
            }
            Verdict::Nack { version, message, blamed } => {
                metrics.nacked(resource_type.as_str(), self.client.target.kind.as_str());
                let names: Vec<&str> = blamed.iter().map(|blamed| &*blamed.name).collect();
                let origin = blamed.iter().find_map(|blamed| blamed.origin.as_ref().map(|origin| &*origin.object));
                let annotation = blamed.iter().find_map(|blamed| blamed.annotation.as_deref());
                warn!(
                    parent: &self.span, type_url = resource_type.type_url(), nonce, version, error = message,
                    resources = names.join(" "), object = origin, annotation,
                    "Client rejected a response; it keeps what it had, and won't be sent this again",
                );
                *rejected_at = Some(SystemTime::now());
            }
        }
    }

    /// When what is held back must go out.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.state().waiting_since.map(|since| since + self.max_wait)
    }

    pub(super) fn on_wait_expired(&self) {
        let mut state = self.state();
        if state.pushes.iter().any(Option::is_some) {
            warn!(parent: &self.span, "Client didn't answer in time; sending what was held back for its answer");
        }
        state.waiting_since = None;
        state.session.on_wait_expired();
    }

    /// Cuts the connection if the same is stuck as when this was last called.
    pub(super) fn check_reading(&self) {
        let stuck_at = self.wire.outbox.stuck_at().unwrap_or(NOT_STUCK);
        if self.stuck_at.swap(stuck_at, Ordering::Relaxed) == stuck_at && stuck_at != NOT_STUCK {
            warn!(parent: &self.span, "Client doesn't read what it was sent; cutting its connection");
            self.wire.connection.cut.cancel();
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        info!(parent: &self.span, "Client disconnected");
    }
}
