//! The state of one resource type on one stream: its subscription, what the client holds, the response that waits for its ACK.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::nack::Nack;
use super::name_list::NameList;
use super::names::{KnownNames, Names, among, not};
use super::subscription::{Changes, Subscription};
use crate::xds::{Name, Place, Resource, ResourceMap, ResourceType, Version};

/// A response, before it is encoded.
#[derive(Debug, Clone)]
pub struct Response {
    /// The resource type.
    pub resource_type: ResourceType,
    /// Its nonce: unique, and saying nothing about the version.
    pub nonce: String,
    /// The version of the whole set that the client's target has of this type.
    pub version: Version,
    /// The resources, in the order of their names, each name once. Shared with the session, until it is answered.
    pub resources: Arc<[Arc<Resource>]>,
    /// Delta only: the names of resources that don't exist (any more), none of them in `resources`.
    pub removed: Vec<Name>,
}

/// What a resource costs in a response besides its bytes and its name: the version and the keys and lengths of the
/// fields round it. Rounded up.
const RESOURCE_OVERHEAD_BYTES: usize = 64;

/// The same for the name of a resource that is gone.
const NAME_OVERHEAD_BYTES: usize = 8;

impl Response {
    /// About how large it is on the wire, in bytes; never more than it says.
    pub fn bytes(&self) -> usize {
        let resources = self.resources.iter().map(|resource| resource_bytes(resource));
        resources.chain(self.removed.iter().map(name_bytes)).sum()
    }
}

/// How much a resource adds to a response, at most.
pub(super) fn resource_bytes(resource: &Resource) -> usize {
    resource.any().len() + resource.name().len() + RESOURCE_OVERHEAD_BYTES
}

/// How much the name of a resource that is gone adds to a response, at most.
pub(super) fn name_bytes(name: &Name) -> usize {
    name.len() + NAME_OVERHEAD_BYTES
}

/// The content of a response.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub resources: Vec<Arc<Resource>>,
    pub removed: Vec<Name>,
    /// Whether a resource that isn't in it doesn't exist.
    pub whole: bool,
}

/// The state of one resource type on one stream. Cloning it is pointer copies, as many as resources were NACKed or
/// removed.
#[derive(Debug, Clone)]
pub(super) struct Subscriber {
    resource_type: ResourceType,
    /// Whether the client requested this type on this stream. A type without a request is never sent.
    requested: bool,
    /// Whether the first request said that the client holds resources of this type, from an earlier stream.
    resumed: bool,
    pub(super) subscription: Subscription,
    /// What the client was last brought up to. Only the part that it subscribes to means something.
    pub(super) held: ResourceMap,
    /// What it uses: `held` at the last ACK, without what it NACKed.
    acked: ResourceMap,
    /// Names to send even if the client holds them, or to report as removed.
    pub(super) due: Names,
    /// A response is due even if it is empty.
    pub(super) response_due: bool,
    /// The names in responses that were NACKed, and in none that was ACKed since.
    nacked: BTreeSet<Name>,
    /// The NACKs by the resource that they are about, until another version of it is ACKed.
    nacks: BTreeMap<Name, Nack>,
    in_flight: Option<InFlight>,
    /// The version of the last response, and of the last that was ACKed.
    sent_version: Option<Version>,
    acked_version: Option<Version>,
}

/// The response that waits for its ACK or NACK.
#[derive(Debug, Clone)]
pub(super) struct InFlight {
    nonce: String,
    version: Version,
    /// What it carries and what it removes, both in the order of names.
    resources: Arc<[Arc<Resource>]>,
    removed: Vec<Name>,
    whole: bool,
}

impl Subscriber {
    pub fn new(resource_type: ResourceType) -> Self {
        Self {
            resource_type,
            requested: false,
            resumed: false,
            subscription: Subscription::default(),
            held: ResourceMap::default(),
            acked: ResourceMap::default(),
            due: Names::default(),
            response_due: false,
            nacked: BTreeSet::new(),
            nacks: BTreeMap::new(),
            in_flight: None,
            sent_version: None,
            acked_version: None,
        }
    }

    pub const fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    pub const fn is_requested(&self) -> bool {
        self.requested
    }

    /// Whether the client held resources of this type at its first request.
    pub const fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Whether a response may go out: the type was requested, and no response waits for its ACK.
    pub const fn is_ready(&self) -> bool {
        self.requested && self.in_flight.is_none()
    }

    /// What the client uses: what it ACKed last, while something newer is in flight or was NACKed.
    pub const fn acked(&self) -> &ResourceMap {
        &self.acked
    }

    /// Whether the client subscribes to these names, which are in order, and was sent them and ACKed them.
    pub fn has_acked(&self, names: &[&Name]) -> bool {
        let texts = || names.iter().map(|name| &***name);
        let mut is_subscribed = among(self.subscription.names().texts());
        let mut is_due = among(self.due.texts());
        texts().zip(self.held.pick(texts())).all(|(name, held)| {
            (self.subscription.is_wildcard() || is_subscribed(name))
                && held.is_some()
                && !is_due(name)
                && !self.is_nacked(name)
                && !self.is_in_flight(name)
        })
    }

    /// Whether a response that includes this name is in flight.
    pub fn is_in_flight(&self, name: &str) -> bool {
        self.in_flight.as_ref().is_some_and(|response| response.includes(name))
    }

    /// Whether a response that includes this name was NACKed, and none ACKed since.
    pub fn is_nacked(&self, name: &str) -> bool {
        self.nacked.contains(name)
    }

    /// The version of the last response, and of the last that the client ACKed.
    pub const fn versions(&self) -> (Option<Version>, Option<Version>) {
        (self.sent_version, self.acked_version)
    }

    /// The message of the NACK of this resource, if no other version of it was ACKed since.
    pub fn nack_message(&self, name: &str) -> Option<&Arc<str>> {
        self.nacks.get(name).map(|nack| &nack.message)
    }

    /// The NACKs of resources that the client subscribes to, and has ACKed no other version of since.
    pub fn nacks(&self) -> impl Iterator<Item = (&Name, &Nack)> {
        self.nacks.iter().filter(|(name, _)| self.subscription.matches(name))
    }

    /// Notes the NACK of this resource.
    pub fn note_nack(&mut self, name: Name, nack: Nack) {
        self.nacks.insert(name, nack);
    }

    /// The response in flight, no longer in flight, if a request has its nonce. Any other nonce is that of an older
    /// response, or of another stream: it says nothing about the latest response.
    pub fn take_answered(&mut self, nonce: &str) -> Option<InFlight> {
        self.in_flight.take_if(|response| response.nonce == nonce)
    }

    /// The client ACKed this response.
    pub fn on_ack(&mut self, response: &InFlight) {
        if response.whole {
            self.nacked.clear();
            self.nacks.clear();
        }
        if !(self.nacked.is_empty() && self.nacks.is_empty()) {
            for name in response.names() {
                self.nacked.remove(name);
                self.nacks.remove(name);
            }
        }
        let mut acked = self.held.clone();
        for name in &self.nacked {
            // Of what it NACKed it uses what it had.
            match self.acked.get(name) {
                Some(old) => acked.insert(Arc::clone(old)),
                None => acked.remove(name),
            }
        }
        self.acked = acked;
        self.acked_version = Some(response.version);
    }

    /// The client NACKed this response. Returns its names, in order.
    pub fn on_nack(&mut self, response: &InFlight) -> Vec<Name> {
        let mut names: Vec<Name> = response.names().cloned().collect();
        names.sort_unstable();
        self.nacked.extend(names.iter().cloned());
        names
    }

    /// The names of a state-of-the-world request. They count whatever the nonce: they are the client's latest subscription.
    pub fn on_names(&mut self, names: &NameList, without_nonce: bool, has_version: bool, known: KnownNames<'_>) {
        let first = !std::mem::replace(&mut self.requested, true);
        self.resumed |= first && has_version;
        let changes = self.subscription.replace(self.resource_type, first, names, known);
        self.apply(first, changes, &BTreeMap::new(), known.map, &Place::default());
        if without_nonce && !first {
            // A client that has forgotten what it was sent begins anew.
            self.in_flight = None;
            self.held = ResourceMap::default();
            self.acked = ResourceMap::default();
            self.due = self.due.union(self.subscription.names());
            self.response_due = self.subscription.is_wildcard();
        }
        // Where absence deletes, an empty response tells a client that holds resources, from an earlier stream or in
        // flight, that they are gone; nothing else would. A client that holds none waits for what it named.
        let begins = (first && has_version) || (without_nonce && !first);
        self.response_due |= begins && self.resource_type.is_whole_world() && !self.subscription.names().is_empty();
    }

    /// The changes of a delta request, by a client at `place`. They count whatever the nonce: a change that is dropped is
    /// lost for ever.
    pub fn on_changes(
        &mut self,
        subscribe: &NameList,
        unsubscribe: &NameList,
        initial_versions: &BTreeMap<String, String>,
        known: KnownNames<'_>,
        place: &Place,
    ) {
        let first = !std::mem::replace(&mut self.requested, true);
        self.resumed |= first && !initial_versions.is_empty();
        let changes = self.subscription.update(self.resource_type, first, subscribe, unsubscribe, known);
        let none = BTreeMap::new();
        // Later in a stream the versions are to be ignored (`initial_resource_versions` in discovery.proto).
        self.apply(first, changes, if first { initial_versions } else { &none }, known.map, place);
        self.response_due |= first && !initial_versions.is_empty();
    }

    /// These names have to be sent again if the client subscribes to them, because what refers to them was just sent.
    pub fn send_again(&mut self, names: &Names) {
        let names = names.filter(|name| !self.requested || self.subscription.matches(name));
        self.due = self.due.union(&names);
    }

    /// Notes that `contents` go out.
    pub fn sent(&mut self, nonce: String, contents: Contents) -> Response {
        let Contents { resources, removed, whole } = contents;
        let version = self.held.version();
        self.sent_version = Some(version);
        let resources: Arc<[Arc<Resource>]> = resources.into();
        self.in_flight = Some(InFlight {
            nonce: nonce.clone(),
            version,
            resources: Arc::clone(&resources),
            removed: removed.clone(),
            whole,
        });
        Response { resource_type: self.resource_type, nonce, version, resources, removed }
    }

    /// Brings the client up to `goal` without a response, because none of the difference concerns it.
    pub fn advance(&mut self, goal: &ResourceMap) {
        if self.acked.is_same(&self.held) {
            self.acked = goal.clone();
        }
        self.held = goal.clone();
    }

    /// Applies the changes of the subscription to what is held and what is due.
    fn apply(
        &mut self,
        first: bool,
        changes: Changes,
        initial_versions: &BTreeMap<String, String>,
        map: &ResourceMap,
        place: &Place,
    ) {
        let Changes { everything, again, added, new, covered, kept } = changes;
        // Before the first request more may be due than the client subscribes to; later it may subscribe to less than before.
        self.due = self.due.filter(|name| self.subscription.matches(name));
        if first {
            self.held = if everything || initial_versions.is_empty() {
                only(initial_versions, map, place)
            } else {
                overlaid(initial_versions, map, place)
            };
        } else {
            if everything {
                self.forget_unsubscribed(&kept);
            }
            if again {
                self.due = self.due.union(&self.held.iter().map(|resource| Name::clone(resource.name())).collect());
            }
        }
        // The client has none of these, though `held` may, unless it gives a version or one is in flight.
        let is_without_version = || not(among(initial_versions.keys().map(String::as_str)));
        if !(self.held.is_empty() && self.acked.is_empty()) {
            for name in new.filter(is_without_version()).texts() {
                if !self.is_in_flight(name) {
                    self.held.remove(name);
                    self.acked.remove(name);
                }
            }
        }
        self.response_due |= everything || again;
        self.due = self.due.union(&added.filter(is_without_version())).union(&covered);
    }

    /// A wildcard covers everything from now on: what wasn't subscribed to before isn't held. (What is `kept` was subscribed
    /// to by name, and the client uses what it has of that.) What is in flight is due again, because the client may have
    /// dropped it by the time it arrives.
    fn forget_unsubscribed(&mut self, kept: &Names) {
        let names = self.subscription.names().union(kept);
        self.acked = names.iter().filter_map(|name| self.acked.get(name)).cloned().collect();
        let in_flight = self.in_flight.iter().flat_map(InFlight::names);
        let in_flight: Names =
            in_flight.filter(|name| !names.contains(name) && self.held.contains(name)).cloned().collect();
        self.held = names.iter().chain(in_flight.iter()).filter_map(|name| self.held.get(name)).cloned().collect();
        self.due = self.due.union(&in_flight);
    }
}

impl InFlight {
    /// The version of the response.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The names of what it carries and of what it removes.
    fn names(&self) -> impl Iterator<Item = &Name> {
        self.resources.iter().map(|resource| resource.name()).chain(&self.removed)
    }

    fn includes(&self, name: &str) -> bool {
        self.resources.binary_search_by(|candidate| candidate.name().as_ref().cmp(name)).is_ok()
            || self.removed.binary_search_by(|candidate| candidate.as_ref().cmp(name)).is_ok()
    }
}

/// What a client with these `initial_resource_versions` holds: these resources, and no others.
fn only(versions: &BTreeMap<String, String>, map: &ResourceMap, place: &Place) -> ResourceMap {
    let known = map.pick(versions.keys().map(String::as_str));
    versions.iter().zip(known).map(|((name, version), known)| held(name, version, known, place)).collect()
}

/// What a client with these `initial_resource_versions` holds if it subscribes to names. The other names don't matter:
/// those that it subscribes to are due, the rest isn't compared. So `held` may begin as the map that all streams share.
fn overlaid(versions: &BTreeMap<String, String>, map: &ResourceMap, place: &Place) -> ResourceMap {
    let mut overlaid = map.clone();
    let known = map.pick(versions.keys().map(String::as_str));
    for ((name, version), known) in versions.iter().zip(known) {
        let resource = held(name, version, known, place);
        if known != Some(&resource) {
            overlaid.insert(resource);
        }
    }
    overlaid
}

/// What a client holds that gives this version: the known resource, if it is of that version.
fn held(name: &str, version: &str, known: Option<&Arc<Resource>>, place: &Place) -> Arc<Resource> {
    let version = Version::parse(version);
    match known {
        Some(resource) if Some(resource.version_at(place)) == version => Arc::clone(resource),
        _ => Arc::new(Resource::without_content(Name::from(name), version.unwrap_or_default())),
    }
}
