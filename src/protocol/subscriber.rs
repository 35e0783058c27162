//! One type of one stream: what is wanted, what is held, what is unanswered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::session::Verdict;
use super::subscription::{Changes, Subscription};
use crate::xds::{Name, Resource, ResourceMap, ResourceType, Version};

/// A response, before it is encoded.
#[derive(Debug, Clone)]
pub struct Response {
    /// The type of its resources.
    pub resource_type: ResourceType,
    /// Its nonce: unique, and saying nothing about the version.
    pub nonce: String,
    /// The version of the whole set that the client's target has of this type.
    pub version: Version,
    /// The resources, in the order of their names, each name once.
    pub resources: Vec<Arc<Resource>>,
    /// Delta only: the names that there are no resources of (any more), none of them in `resources`.
    pub removed: Vec<Name>,
}

/// What a response is to carry.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub resources: Vec<Arc<Resource>>,
    pub removed: Vec<Name>,
}

/// One type of one stream.
#[derive(Debug)]
pub(super) struct Subscriber {
    resource_type: ResourceType,
    /// Whether the client asked for this type on this stream. What nobody asked for is never sent.
    asked: bool,
    pub(super) subscription: Subscription,
    /// What the client was last brought up to. Only the part that it subscribes to means something.
    pub(super) held: ResourceMap,
    /// `held` at the last ACK.
    acked: ResourceMap,
    /// Names to send though the client may hold them, or to say that there are none of.
    pub(super) due: BTreeSet<Name>,
    /// A response is due even if it is empty.
    pub(super) answer_due: bool,
    /// Names in responses that were refused, and in none that was taken since.
    doubtful: BTreeSet<Name>,
    unanswered: Option<Unanswered>,
}

/// The response that waits for its ACK or NACK.
#[derive(Debug)]
struct Unanswered {
    nonce: String,
    version: Version,
    names: Vec<Name>,
}

impl Subscriber {
    pub fn new(resource_type: ResourceType) -> Self {
        Self {
            resource_type,
            asked: false,
            subscription: Subscription::default(),
            held: ResourceMap::default(),
            acked: ResourceMap::default(),
            due: BTreeSet::new(),
            answer_due: false,
            doubtful: BTreeSet::new(),
            unanswered: None,
        }
    }

    pub const fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    pub const fn is_asked(&self) -> bool {
        self.asked
    }

    /// Whether a response may go out: it was asked for, and none is unanswered.
    pub const fn is_ready(&self) -> bool {
        self.asked && self.unanswered.is_none()
    }

    /// What the client uses: what it took last, while something newer is unanswered or was refused.
    pub const fn acked(&self) -> &ResourceMap {
        &self.acked
    }

    /// Whether the client wants the resource of this name, was sent it, and took it.
    pub fn has_taken(&self, name: &str) -> bool {
        let in_flight = self.unanswered.as_ref().is_some_and(|unanswered| unanswered.includes(name));
        self.subscription.matches(name)
            && self.held.contains(name)
            && !self.due.contains(name)
            && !self.doubtful.contains(name)
            && !in_flight
    }

    /// An ACK or NACK is recognised by the latest nonce, a NACK by nothing but its `error_detail`. Any other nonce is
    /// that of an older response, or of another stream: it says nothing about the latest one.
    pub fn on_answer(&mut self, nonce: &str, error: Option<String>) -> Option<Verdict> {
        let answered = self.unanswered.take_if(|unanswered| unanswered.nonce == nonce)?;
        let Unanswered { nonce: _, version, names } = answered;
        if let Some(message) = error {
            self.doubtful.extend(names);
            return Some(Verdict::Nack { version: version.to_string(), message });
        }
        for name in &names {
            self.doubtful.remove(name);
        }
        self.acked = self.held.clone();
        Some(Verdict::Ack)
    }

    /// The names of a state-of-the-world request. They count whatever the nonce: they are the client's latest wish.
    pub fn on_names(&mut self, names: Vec<String>, without_nonce: bool, map: &ResourceMap) {
        let first = !std::mem::replace(&mut self.asked, true);
        let changes = self.subscription.replace(self.resource_type, first, names);
        self.wish(first, changes, &BTreeMap::new(), map);
        if without_nonce && !first {
            // A client that has forgotten what it was sent begins anew.
            self.unanswered = None;
            self.held = ResourceMap::default();
            self.due.extend(self.subscription.names().iter().cloned());
            self.answer_due = self.subscription.is_wildcard();
        }
    }

    /// The changes of a delta request. They count whatever the nonce: a change that is dropped is lost for ever.
    pub fn on_changes(
        &mut self,
        subscribe: Vec<String>,
        unsubscribe: Vec<String>,
        claims: &BTreeMap<String, String>,
        map: &ResourceMap,
    ) {
        let first = !std::mem::replace(&mut self.asked, true);
        let changes = self.subscription.update(self.resource_type, first, subscribe, unsubscribe);
        let none = BTreeMap::new();
        // Later in a stream the versions are to be ignored (`initial_resource_versions` in discovery.proto).
        self.wish(first, changes, if first { claims } else { &none }, map);
        self.answer_due |= first && !claims.is_empty();
    }

    /// Names that the client must be sent again if it wants them, because what refers to them was just sent.
    pub fn owe(&mut self, names: BTreeSet<Name>) {
        if self.asked {
            self.due.extend(names.into_iter().filter(|name| self.subscription.matches(name)));
        } else {
            self.due.extend(names);
        }
    }

    /// Notes that `contents` go out.
    pub fn sent(&mut self, nonce: String, contents: Contents) -> Response {
        let Contents { resources, removed } = contents;
        let version = self.held.version();
        let names = resources.iter().map(|resource| Name::clone(resource.name())).collect();
        self.unanswered = Some(Unanswered { nonce: nonce.clone(), version, names });
        Response { resource_type: self.resource_type, nonce, version, resources, removed }
    }

    /// Brings the client up to `goal` without a response, because none of the difference concerns it.
    pub fn advance(&mut self, goal: ResourceMap) {
        if self.acked.is_same(&self.held) {
            self.acked = goal.clone();
        }
        self.held = goal;
    }

    fn wish(&mut self, first: bool, changes: Changes, claims: &BTreeMap<String, String>, map: &ResourceMap) {
        let Changes { everything, added, dropped, covered } = changes;
        for name in dropped {
            self.due.remove(&name);
        }
        if first {
            // What was owed before the client asked is due now, but only of what it asks for.
            self.due.retain(|name| self.subscription.matches(name));
            self.held = if everything { claimed(claims, map) } else { overlaid(claims, map) };
        } else if everything {
            self.held = self.subscription.names().iter().filter_map(|name| self.held.get(name)).cloned().collect();
        }
        self.answer_due |= everything;
        self.due.extend(added.into_iter().filter(|name| !claims.contains_key(name.as_ref())));
        self.due.extend(covered);
    }
}

impl Unanswered {
    fn includes(&self, name: &str) -> bool {
        self.names.binary_search_by(|candidate| candidate.as_ref().cmp(name)).is_ok()
    }
}

/// What a client holds that wants everything and says it has `claims`: these, and nothing else.
fn claimed(claims: &BTreeMap<String, String>, map: &ResourceMap) -> ResourceMap {
    claims.iter().map(|(name, version)| claim(name, version, map)).collect()
}

/// What a client holds that wants names and says it has `claims`. Of the others it doesn't matter: those it wants are
/// due, those it doesn't want aren't compared.
fn overlaid(claims: &BTreeMap<String, String>, map: &ResourceMap) -> ResourceMap {
    let mut held = map.clone();
    for (name, version) in claims {
        let claim = claim(name, version, map);
        if map.get(name) != Some(&claim) {
            held.insert(claim);
        }
    }
    held
}

fn claim(name: &str, version: &str, map: &ResourceMap) -> Arc<Resource> {
    let version = Version::parse(version);
    match map.get(name) {
        Some(resource) if Some(resource.version()) == version => Arc::clone(resource),
        _ => Arc::new(Resource::claimed(Name::from(name), version.unwrap_or_default())),
    }
}
