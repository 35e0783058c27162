//! The state of one stream whose client is known.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tracing::{Span, debug, info, warn};

use super::Context;
use super::codec::Content;
use super::connection::Connection;
use super::write_progress::WriteProgress;
use crate::channels::{ClientNack, ClientSummary, NackSummary, Publication, TypeSummary, seconds};
use crate::identity::Client;
use crate::protocol::{
    Answer, MAX_RESPONSE_BYTES, Nack, NackedResource, Request, Response, Session, SubscriptionStatus, Variant,
};
use crate::telemetry::OpenGuard;
use crate::xds::ResourceType;

/// Nothing was stuck at the last check.
const NOT_STUCK: u64 = u64::MAX;

/// A stream, and how far its client is. The loop of the stream changes it; others look at it, and hold the lock only for
/// that.
#[derive(Debug)]
pub(super) struct ClientStream {
    /// Its client.
    pub(super) client: Client,
    opened_at: Instant,
    /// The stream, as CSDS and `chancery status` show it: `ads delta 17`.
    pub(super) scope: String,
    /// The span of what it logs.
    pub(super) span: Span,
    state: Mutex<State>,
    connection: Connection,
    progress: Arc<WriteProgress>,
    /// Where the responses were stuck at the last check.
    stuck_at: AtomicU64,
    /// Counts the stream as open until it is dropped.
    _open: OpenGuard,
}

/// The state that changes.
#[derive(Debug)]
pub(super) struct State {
    /// The protocol.
    pub(super) session: Session,
    /// When the session, which holds something back, is due its next tick.
    next_tick: Option<Instant>,
    /// The publication that is being sent, until every type has caught up with it: when its oldest event came.
    catching_up: Option<Instant>,
    /// The response of each type that has no ACK or NACK yet.
    in_flight: [Option<InFlight>; ResourceType::COUNT],
    /// The last NACK of each type, until an ACK.
    last_nacks: [Option<LastNack>; ResourceType::COUNT],
    /// The types whose last response was too large, which was logged.
    oversized: [bool; ResourceType::COUNT],
}

/// The NACK of a response.
#[derive(Debug)]
struct LastNack {
    at: Instant,
    /// The same moment by the calendar.
    on: SystemTime,
    version: String,
    message: String,
}

/// A response without ACK or NACK.
#[derive(Debug)]
struct InFlight {
    sent_at: Instant,
    observed_at: Option<Instant>,
}

impl ClientStream {
    pub(super) fn new(
        client: Client,
        scope: String,
        session: Session,
        span: Span,
        connection: Connection,
        progress: Arc<WriteProgress>,
        open: OpenGuard,
    ) -> Self {
        Self {
            client,
            opened_at: Instant::now(),
            scope,
            span,
            state: Mutex::new(State {
                session,
                next_tick: None,
                catching_up: None,
                in_flight: [const { None }; ResourceType::COUNT],
                last_nacks: [const { None }; ResourceType::COUNT],
                oversized: [false; ResourceType::COUNT],
            }),
            connection,
            progress,
            stuck_at: AtomicU64::new(NOT_STUCK),
            _open: open,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be sent next. Called whenever HTTP/2 has room for a message.
    pub(super) fn poll(&self, variant: Variant, context: &Context) -> Option<Content> {
        let mut state = self.state();
        let response = state.session.poll();
        match (state.session.is_waiting(), state.next_tick) {
            (true, None) => state.next_tick = Some(Instant::now() + Session::TICK),
            (false, Some(_)) => state.next_tick = None,
            (true, Some(_)) | (false, None) => {}
        }
        if let Some(response) = response {
            self.note_sent(&mut state, &response, context);
            return Some(Content::Resources { variant, response });
        }
        if state.in_flight.iter().all(Option::is_none) && state.next_tick.is_none() {
            state.catching_up = None;
        }
        state.session.poll_unsupported().map(Content::NotFound)
    }

    fn note_sent(&self, state: &mut State, response: &Response, context: &Context) {
        let Response { resource_type, nonce, version, resources, removed } = response;
        let bytes = response.bytes();
        debug!(
            parent: &self.span, type_url = resource_type.type_url(), nonce, %version,
            resources = resources.len(), removed = removed.len(), bytes, "Sending",
        );
        context.metrics.response_sent(resource_type.as_str(), self.client.target.kind.as_str());
        let sent = InFlight { sent_at: Instant::now(), observed_at: state.catching_up };
        if let Some(in_flight) = state.in_flight.get_mut(resource_type.index()) {
            *in_flight = Some(sent);
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

    /// Takes in a request. Returns whether the client subscribes to too many names.
    pub(super) fn on_request(&self, request: Request, context: &Context) -> bool {
        let (resource_type, nonce) = (request.resource_type, request.nonce.clone());
        let mut state = self.state();
        let had_nacks = state.session.nacks().next().is_some();
        if let Some(answer) = state.session.on_request(request) {
            self.note_answer(&mut state, resource_type, &nonce, answer, context);
            if had_nacks || state.session.nacks().next().is_some() {
                context.streams.nacks_changed();
            }
        }
        state.session.is_excessive()
    }

    fn note_answer(
        &self,
        state: &mut State,
        resource_type: ResourceType,
        nonce: &str,
        answer: Answer,
        context: &Context,
    ) {
        let in_flight = state.in_flight.get_mut(resource_type.index()).and_then(Option::take);
        let Some(last_nack) = state.last_nacks.get_mut(resource_type.index()) else { return };
        let metrics = &context.metrics;
        match answer {
            Answer::Ack => {
                *last_nack = None;
                let Some(InFlight { sent_at, observed_at }) = in_flight else { return };
                metrics.acked(resource_type.as_str(), sent_at.elapsed());
                if let Some(observed_at) = observed_at {
                    metrics.event_acked(resource_type.as_str(), observed_at.elapsed());
                }
            }
            Answer::Nack { version, message, resources } => {
                metrics.nacked(resource_type.as_str(), self.client.target.kind.as_str());
                let names: Vec<&str> = resources.iter().map(|resource| &*resource.name).collect();
                let object = resources.iter().find_map(|resource| Some(resource.origin.as_ref()?.object.to_string()));
                let annotation = resources.iter().find_map(|resource| resource.annotation.as_deref());
                warn!(
                    parent: &self.span, type_url = resource_type.type_url(), nonce, version, error = message,
                    resources = names.join(" "), object, annotation,
                    "Client rejected a response (NACK); it keeps its previous configuration and isn't sent this version \
                     again",
                );
                *last_nack = Some(LastNack { at: Instant::now(), on: SystemTime::now(), version, message });
            }
        }
    }

    /// How far the client is, in one entry.
    pub(super) fn summary(&self) -> ClientSummary {
        let Client { node_id, user_agent, target, place: _ } = &self.client;
        let state = self.state();
        ClientSummary {
            node: node_id.clone(),
            fleet: target.fleet.to_string(),
            client: target.kind,
            user_agent: user_agent.clone(),
            stream: self.scope.clone(),
            age_seconds: seconds(self.opened_at.elapsed()),
            types: ResourceType::ALL.into_iter().filter_map(|resource_type| state.summary(resource_type)).collect(),
        }
    }

    /// The status of each type that the client requested, and the time of its last NACK, if it sent no ACK since.
    pub(super) fn statuses(&self) -> Vec<(SubscriptionStatus, Option<SystemTime>)> {
        let state = self.state();
        let nacked_on = state.last_nacks.iter().map(|nack| nack.as_ref().map(|nack| nack.on));
        let types = ResourceType::ALL.into_iter().zip(nacked_on);
        types.filter_map(|(resource_type, on)| Some((state.session.status(resource_type)?, on))).collect()
    }

    /// The resources that the client NACKs now, as far as they are traced back to objects.
    pub(super) fn nacks(&self) -> Vec<ClientNack> {
        let state = self.state();
        let nacks = state.session.nacks().flat_map(|(resource_type, _, Nack { message, resources })| {
            resources.iter().filter_map(move |NackedResource { name, origin, annotation }| {
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
        if state.session.on_tick() && state.in_flight.iter().any(Option::is_some) {
            warn!(parent: &self.span, "Client didn't ACK in time; sending the updates that waited for its ACK");
        }
    }

    /// Cuts the connection if nothing was written since the last check.
    pub(super) fn check_reading(&self) {
        let stuck_at = self.progress.stuck_at().unwrap_or(NOT_STUCK);
        if self.stuck_at.swap(stuck_at, Ordering::Relaxed) == stuck_at && stuck_at != NOT_STUCK {
            warn!(parent: &self.span, "Client doesn't read; closing its connection");
            self.connection.cut.abort();
        }
    }
}

impl State {
    fn summary(&self, resource_type: ResourceType) -> Option<TypeSummary> {
        let (sent, acked) = self.session.versions(resource_type)?;
        let index = resource_type.index();
        let in_flight = self.in_flight.get(index).and_then(Option::as_ref);
        let nack = self.last_nacks.get(index).and_then(Option::as_ref);
        Some(TypeSummary {
            resource_type,
            sent: sent.map(|version| version.to_string()),
            acked: acked.map(|version| version.to_string()),
            behind_seconds: in_flight.map(|response| seconds(response.sent_at.elapsed())),
            nack: nack.map(|LastNack { at, on: _, version, message }| NackSummary {
                version: version.clone(),
                message: message.clone(),
                seconds_ago: seconds(at.elapsed()),
            }),
        })
    }
}

impl Drop for ClientStream {
    fn drop(&mut self) {
        info!(parent: &self.span, "Client disconnected");
    }
}
