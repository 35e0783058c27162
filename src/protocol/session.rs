//! The protocol of one stream: requests and snapshots in, responses out.

use std::sync::Arc;
use std::time::Duration;

use super::nack::{Nack, NackedResource, nacked_resources};
use super::name_list::NameList;
use super::names::{KnownNames, NameSets};
use super::order::{Holdback, Scope};
use super::request::{Request, SubscriptionUpdate};
use super::status::SubscriptionStatus;
use super::subscriber::{InFlight, Response, Subscriber};
use super::unsupported::{NotFoundResponse, UnsupportedTypes};
use crate::xds::{Name, Place, ResourceType, Snapshot, Version};

/// How much memory the names that a client subscribes to may cost on one stream. More than half a million names of
/// Services fit.
pub const MAX_NAMES_BYTES: usize = 64 << 20;

/// How much of a client's error message is kept and shown, in characters.
const MAX_MESSAGE: usize = 1000;

/// How much of it is searched for names of resources, in characters.
const MAX_SEARCHED: usize = 64 << 10;

/// The variant of the protocol that a stream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// State of the world: requests carry all names.
    Sotw,
    /// Incremental: requests and responses carry changes.
    Delta,
}

/// What a request says about the response with its nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The client accepted it.
    Ack,
    /// The client rejected at least one of its resources.
    Nack {
        /// The version of the response.
        version: String,
        /// The client's message, cut to a sane length.
        message: String,
        /// The resources that the message is about, as far as that can be told.
        resources: Vec<NackedResource>,
    },
}

/// The state of one stream.
#[derive(Debug)]
pub struct Session {
    variant: Variant,
    scope: Scope,
    place: Place,
    snapshot: Arc<Snapshot>,
    subscribers: [Subscriber; ResourceType::COUNT],
    unsupported: UnsupportedTypes,
    holdback: Holdback,
    nonces: Nonces,
    name_sets: Option<Arc<dyn NameSets>>,
}

/// The nonces of one stream. No other stream of the server has the same, so that an ACK for another stream is never taken
/// for one of this.
#[derive(Debug)]
struct Nonces {
    stream: u64,
    last: u64,
}

impl Session {
    /// The unit of time for what is held back: ten of them, five seconds, where an ACK can end the wait ("Make before break"
    /// on the page of the crate), and one where none can.
    pub const TICK: Duration = Duration::from_millis(500);

    /// A session of the ADS stream with this number (unique in the server), for a client that should hold `snapshot`.
    pub fn new(variant: Variant, stream: u64, snapshot: Arc<Snapshot>) -> Self {
        Self::with(Scope::Aggregated, variant, stream, snapshot)
    }

    /// A session of the ADS stream of a client that requests a resource only when it has another one that names it. Routes
    /// aren't held back until it has their clusters, because without the routes it would never request these.
    pub fn by_name(variant: Variant, stream: u64, snapshot: Arc<Snapshot>) -> Self {
        Self::with(Scope::ByName, variant, stream, snapshot)
    }

    /// A session of a stream that carries only this type. What the client holds of other types is unknown.
    pub fn only(resource_type: ResourceType, variant: Variant, stream: u64, snapshot: Arc<Snapshot>) -> Self {
        Self::with(Scope::Only(resource_type), variant, stream, snapshot)
    }

    /// The same session, of a client that runs here.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The same session, which shares sets of names with other sessions.
    #[must_use]
    pub fn sharing(self, name_sets: Arc<dyn NameSets>) -> Self {
        Self { name_sets: Some(name_sets), ..self }
    }

    fn with(scope: Scope, variant: Variant, stream: u64, snapshot: Arc<Snapshot>) -> Self {
        Self {
            variant,
            scope,
            place: Place::default(),
            snapshot,
            subscribers: ResourceType::ALL.map(Subscriber::new),
            unsupported: UnsupportedTypes::default(),
            holdback: Holdback::default(),
            nonces: Nonces { stream, last: 0 },
            name_sets: None,
        }
    }

    /// Takes in a request. Returns the ACK or NACK in it, if it answers the latest response.
    pub fn on_request(&mut self, request: Request) -> Option<Answer> {
        let Request { resource_type, nonce, error, update } = request;
        let known = KnownNames { map: self.snapshot.get(resource_type), sets: self.name_sets.as_deref() };
        let subscriber = self.subscribers.get_mut(resource_type.index())?;
        // A NACK is recognised by nothing but its `error_detail`.
        let answer = subscriber.take_answered(&nonce).map(|response| match error {
            None => {
                subscriber.on_ack(&response);
                Answer::Ack
            }
            Some(message) => on_nack(&response, &message, subscriber, &self.snapshot),
        });
        match update {
            SubscriptionUpdate::Replace { names, has_version } => {
                subscriber.on_names(&names, nonce.is_empty(), has_version, known);
            }
            SubscriptionUpdate::Change { subscribe, unsubscribe, initial_versions } => {
                subscriber.on_changes(&subscribe, &unsubscribe, &initial_versions, known, &self.place);
            }
        }
        answer
    }

    /// Takes in a delta request for an unsupported type. (A state-of-the-world request for one needs no response.)
    pub fn on_unsupported(&mut self, type_url: &str, nonce: &str, subscribe: &NameList, unsubscribe: &NameList) {
        self.unsupported.on_request(type_url, nonce, subscribe, unsubscribe);
    }

    /// Whether the client subscribes to so many names that the stream should end.
    pub fn is_excessive(&self) -> bool {
        let supported: usize = self.subscribers.iter().map(|subscriber| subscriber.subscription.bytes()).sum();
        supported + self.unsupported.bytes() > MAX_NAMES_BYTES
    }

    /// Takes in what the client should hold from now on.
    pub fn on_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        self.snapshot = snapshot;
    }

    /// The next response that is due, if any. Call it until there is none, after every request, snapshot and
    /// [`Self::on_tick`].
    pub fn poll(&mut self) -> Option<Response> {
        let mut lingering = Holdback::lingering(self.scope, &self.subscribers, &self.snapshot);
        self.holdback.note_clusters(&lingering);
        lingering.retain(|cluster| self.holdback.holds_cluster(cluster.name()));

        for resource_type in ResourceType::ALL {
            if resource_type == ResourceType::Route {
                // Only now, because it is worth the work only when all types before it are ACKed.
                let (routes, blind) = Holdback::waiting_routes(self.scope, &self.subscribers, &self.snapshot);
                self.holdback.note_routes(&routes, blind);
                if self.holdback.holds_routes() {
                    continue;
                }
            }
            let held_back = Holdback::goal(resource_type, &self.snapshot, &lingering, &self.subscribers);
            let goal = held_back.as_ref().unwrap_or_else(|| self.snapshot.get(resource_type));
            let subscriber = self.subscribers.get_mut(resource_type.index())?;
            let Some(contents) = subscriber.due(self.variant, goal, &self.place) else { continue };
            if let Some(dependency) = resource_type.dependency() {
                let names = contents.resources.iter().flat_map(|resource| resource.references()).cloned().collect();
                self.subscribers.get_mut(dependency.index())?.send_again(&names);
            }
            let nonce = self.nonces.next();
            let subscriber = self.subscribers.get_mut(resource_type.index())?;
            return Some(subscriber.sent(nonce, contents));
        }
        None
    }

    /// The next response to requests for unsupported types, if one is due. Call it as [`Self::poll`].
    pub fn poll_unsupported(&mut self) -> Option<NotFoundResponse> {
        let nonces = &mut self.nonces;
        self.unsupported.poll(|| nonces.next())
    }

    /// The names of this type that the client subscribes to, in order.
    pub fn names(&self, resource_type: ResourceType) -> &[Name] {
        let subscriber = self.subscribers.get(resource_type.index());
        subscriber.map_or(&[], |subscriber| subscriber.subscription.names().as_slice())
    }

    /// The status of this type now, to be read elsewhere; `None` if the client never requested it.
    pub fn status(&self, resource_type: ResourceType) -> Option<SubscriptionStatus> {
        let subscriber = self.subscribers.get(resource_type.index())?;
        let map = self.snapshot.get(resource_type);
        subscriber.is_requested().then(|| SubscriptionStatus::new(subscriber, map, &self.place))
    }

    /// The NACKs of resources that the client subscribes to and hasn't ACKed another version of, by type and name.
    pub fn nacks(&self) -> impl Iterator<Item = (ResourceType, &Name, &Nack)> {
        self.subscribers
            .iter()
            .flat_map(|subscriber| subscriber.nacks().map(|(name, nack)| (subscriber.resource_type(), name, nack)))
    }

    /// The versions of the last response of this type and of the last that was ACKed; `None` if the client never requested
    /// it.
    pub fn versions(&self, resource_type: ResourceType) -> Option<(Option<Version>, Option<Version>)> {
        let subscriber = self.subscribers.get(resource_type.index())?;
        subscriber.is_requested().then(|| subscriber.versions())
    }

    /// Whether something is held back until the client's ACK. The caller keeps the time, and calls [`Self::on_tick`]
    /// after each [`Self::TICK`] in which it was true.
    pub fn is_waiting(&self) -> bool {
        self.holdback.is_waiting()
    }

    /// A [`Self::TICK`] went by. What has been held back for too long goes out with the next [`Self::poll`];
    /// returns whether there is any.
    pub fn on_tick(&mut self) -> bool {
        self.holdback.on_tick()
    }
}

/// Notes a NACK with the resources that it is about.
fn on_nack(response: &InFlight, message: &str, subscriber: &mut Subscriber, snapshot: &Snapshot) -> Answer {
    let names = subscriber.on_nack(response);
    let resources = nacked_resources(subscriber, &names, start(message, MAX_SEARCHED), snapshot);
    let message = start(message.trim(), MAX_MESSAGE);
    let text: Arc<str> = message.into();
    let (sent, clusters): (Vec<NackedResource>, Vec<NackedResource>) =
        resources.iter().cloned().partition(|resource| names.binary_search(&resource.name).is_ok());
    for resource in sent {
        let name = Arc::clone(&resource.name);
        let resources = if resource.origin.is_some() { vec![resource] } else { clusters.clone() };
        subscriber.note_nack(name, Nack { message: Arc::clone(&text), resources });
    }
    Answer::Nack { version: response.version().to_string(), message: message.to_owned(), resources }
}

/// The first characters of a text.
fn start(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

impl Nonces {
    fn next(&mut self) -> String {
        self.last += 1;
        format!("{:x}.{}", self.stream, self.last)
    }
}
