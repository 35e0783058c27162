//! One client behind one stream.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tracing::{Span, debug, info, warn};

use super::Context;
use super::codec::Reply;
use super::connection::Wire;
use crate::channels::{ClientNack, ClientSummary, NackSummary, Publication, TypeSummary, seconds};
use crate::identity::Client;
use crate::protocol::{Ask, Blamed, Complaint, MAX_RESPONSE_BYTES, Response, Session, Variant, Verdict, View};
use crate::telemetry::OpenGuard;
use crate::xds::ResourceType;

/// Says that nothing was stuck when it was last looked.
const NOT_STUCK: u64 = u64::MAX;

/// A client, and how far it is. The stream changes it; others look at it, and hold the lock only for that.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) client: Client,
    since: Instant,
    /// Which stream of the client it is, for people: `ads delta 17`.
    pub(super) scope: String,
    pub(super) span: Span,
    state: Mutex<State>,
    wire: Wire,
    /// Where the outbox was stuck when it was last looked.
    stuck_at: AtomicU64,
    /// Counts the stream as open until it is dropped.
    _open: OpenGuard,
}

/// What changes while the stream goes on.
#[derive(Debug)]
pub(super) struct State {
    pub(super) session: Session,
    /// When the session, which waits for an answer, is to be told that time went by.
    next_tick: Option<Instant>,
    /// The publication that is being sent, until every type has caught up with it: when its oldest event came.
    catching_up: Option<Instant>,
    pushes: [Option<Push>; ResourceType::COUNT],
    /// The last response of each type that the client refused, if it took none since.
    refused: [Option<Refused>; ResourceType::COUNT],
    /// The types of which a response was too large, and that was said.
    oversized: [bool; ResourceType::COUNT],
}

/// A response that the client refused.
#[derive(Debug)]
struct Refused {
    at: Instant,
    /// The same moment by the calendar.
    on: SystemTime,
    version: String,
    message: String,
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
        session: Session,
        span: Span,
        wire: Wire,
        open: OpenGuard,
    ) -> Self {
        Self {
            client,
            since: Instant::now(),
            scope,
            span,
            state: Mutex::new(State {
                session,
                next_tick: None,
                catching_up: None,
                pushes: [const { None }; ResourceType::COUNT],
                refused: [const { None }; ResourceType::COUNT],
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
        match (state.session.is_waiting(), state.next_tick) {
            (true, None) => state.next_tick = Some(Instant::now() + Session::TICK),
            (false, Some(_)) => state.next_tick = None,
            (true, Some(_)) | (false, None) => {}
        }
        if let Some(response) = response {
            self.note_sent(&mut state, &response, context);
            return Some(Reply::Resources { variant, response });
        }
        if state.pushes.iter().all(Option::is_none) && state.next_tick.is_none() {
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
        let (resource_type, nonce) = (ask.resource_type, ask.nonce.clone());
        let mut state = self.state();
        let refused = state.session.complaints().next().is_some();
        if let Some(verdict) = state.session.on_request(ask) {
            self.note_verdict(&mut state, resource_type, &nonce, verdict, context);
            if refused || state.session.complaints().next().is_some() {
                context.streams.nacks_changed();
            }
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
        let Some(refused) = state.refused.get_mut(resource_type.index()) else { return };
        let metrics = &context.metrics;
        match verdict {
            Verdict::Ack => {
                *refused = None;
                let Some(Push { sent_at, observed_at }) = push else { return };
                metrics.acked(resource_type.as_str(), sent_at.elapsed());
                if let Some(observed_at) = observed_at {
                    metrics.event_acked(resource_type.as_str(), observed_at.elapsed());
                }
            }
            Verdict::Nack { version, message, blamed } => {
                metrics.nacked(resource_type.as_str(), self.client.target.kind.as_str());
                let names: Vec<&str> = blamed.iter().map(|blamed| &*blamed.name).collect();
                let object =
                    blamed.iter().find_map(|blamed| blamed.origin.as_ref().map(|origin| origin.object.to_string()));
                let annotation = blamed.iter().find_map(|blamed| blamed.annotation.as_deref());
                warn!(
                    parent: &self.span, type_url = resource_type.type_url(), nonce, version, error = message,
                    resources = names.join(" "), object, annotation,
                    "Client rejected a response; it keeps what it had, and won't be sent this again",
                );
                *refused = Some(Refused { at: Instant::now(), on: SystemTime::now(), version, message });
            }
        }
    }

    /// How far the client is, in short.
    pub(super) fn summary(&self) -> ClientSummary {
        let Client { node_id, user_agent, target, place: _ } = &self.client;
        let state = self.state();
        ClientSummary {
            node: node_id.clone(),
            fleet: target.fleet.to_string(),
            client: target.kind,
            user_agent: user_agent.clone(),
            stream: self.scope.clone(),
            age_seconds: seconds(self.since.elapsed()),
            types: ResourceType::ALL.into_iter().filter_map(|resource_type| state.summary(resource_type)).collect(),
        }
    }

    /// How far the client is now with each type that it asked for, and when it last refused a response of that type, if it
    /// took none since.
    pub(super) fn views(&self) -> Vec<(View, Option<SystemTime>)> {
        let state = self.state();
        let refused_on = state.refused.iter().map(|refused| refused.as_ref().map(|refused| refused.on));
        let views = ResourceType::ALL.into_iter().zip(refused_on);
        views.filter_map(|(resource_type, on)| Some((state.session.view(resource_type)?, on))).collect()
    }

    /// What the client refuses now, as far as it is traced back to objects.
    pub(super) fn nacks(&self) -> Vec<ClientNack> {
        let state = self.state();
        let nacks = state.session.complaints().flat_map(|(resource_type, _, Complaint { message, blamed })| {
            blamed.iter().filter_map(move |Blamed { name, origin, annotation }| {
                Some(ClientNack {
                    node_id: self.client.node_id.clone(),
                    resource_type,
                    name: Arc::clone(name),
                    origin: Arc::clone(origin.as_ref()?),
                    annotation: annotation.clone(),
                    message: Arc::clone(message),
                })
            })
        });
        nacks.collect()
    }

    /// When [`Self::on_tick`] is to be called.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        self.state().next_tick
    }

    pub(super) fn on_tick(&self) {
        let mut state = self.state();
        state.next_tick = None;
        if state.session.on_tick() && state.pushes.iter().any(Option::is_some) {
            warn!(parent: &self.span, "Client didn't answer in time; sending what was held back for its answer");
        }
    }

    /// Cuts the connection if the same is stuck as when this was last called.
    pub(super) fn check_reading(&self) {
        let stuck_at = self.wire.outbox.stuck_at().unwrap_or(NOT_STUCK);
        if self.stuck_at.swap(stuck_at, Ordering::Relaxed) == stuck_at && stuck_at != NOT_STUCK {
            warn!(parent: &self.span, "Client doesn't read what it was sent; cutting its connection");
            self.wire.connection.cut.abort();
        }
    }
}

impl State {
    fn summary(&self, resource_type: ResourceType) -> Option<TypeSummary> {
        let (sent, acked) = self.session.versions(resource_type)?;
        let index = resource_type.index();
        let push = self.pushes.get(index).and_then(Option::as_ref);
        let refused = self.refused.get(index).and_then(Option::as_ref);
        Some(TypeSummary {
            resource_type,
            sent: sent.map(|version| version.to_string()),
            acked: acked.map(|version| version.to_string()),
            behind_seconds: push.map(|push| seconds(push.sent_at.elapsed())),
            nack: refused.map(|Refused { at, on: _, version, message }| NackSummary {
                version: version.clone(),
                message: message.clone(),
                seconds_ago: seconds(at.elapsed()),
            }),
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        info!(parent: &self.span, "Client disconnected");
    }
}
