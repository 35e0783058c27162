//! One type of one stream: what is wanted, what is held, what is unanswered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::blame::Complaint;
use super::name_list::NameList;
use super::names::{Names, among, not};
use super::subscription::{Changes, Subscription};
use crate::xds::{Name, Place, Resource, ResourceMap, ResourceType, Version};

/// A response, before it is encoded.
#[derive(Debug, Clone)]
pub struct Response {
    /// The type of its resources.
    pub resource_type: ResourceType,
    /// Its nonce: unique, and saying nothing about the version.
    pub nonce: String,
    /// The version of the whole set that the client's target has of this type.
    pub version: Version,
    /// The resources, in the order of their names, each name once. Shared with the session, until it is answered.
    pub resources: Arc<[Arc<Resource>]>,
    /// Delta only: the names that there are no resources of (any more), none of them in `resources`.
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

/// What a response is to carry.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub resources: Vec<Arc<Resource>>,
    pub removed: Vec<Name>,
    /// Whether what isn't in it isn't there.
    pub whole: bool,
}

/// One type of one stream. Cloning it is pointer copies, as many as were refused or removed.
#[derive(Debug, Clone)]
pub(super) struct Subscriber {
    resource_type: ResourceType,
    /// Whether the client asked for this type on this stream. What nobody asked for is never sent.
    asked: bool,
    /// Whether the client held something of it when it first asked: it comes from an earlier stream.
    resumed: bool,
    pub(super) subscription: Subscription,
    /// What the client was last brought up to. Only the part that it subscribes to means something.
    pub(super) held: ResourceMap,
    /// What it uses: `held` at the last ACK, without what it refused.
    acked: ResourceMap,
    /// Names to send though the client may hold them, or to say that there are none of.
    pub(super) due: Names,
    /// A response is due even if it is empty.
    pub(super) answer_due: bool,
    /// Names in responses that were refused, and in none that was taken since.
    doubtful: BTreeSet<Name>,
    /// The resources that the client complained about, until it takes something else of that name.
    complaints: BTreeMap<Name, Complaint>,
    unanswered: Option<Unanswered>,
    /// The version of the last response, and of the last that was taken.
    sent: Option<Version>,
    taken: Option<Version>,
}

/// The response that waits for its ACK or NACK.
#[derive(Debug, Clone)]
struct Unanswered {
    nonce: String,
    version: Version,
    /// What it brings and what it removes, both in the order of names.
    resources: Arc<[Arc<Resource>]>,
    removed: Vec<Name>,
    whole: bool,
}

/// What a client said to the latest response.
pub(super) enum Answer {
    Ack,
    /// It was this version, with these names, in order.
    Nack {
        version: Version,
        names: Vec<Name>,
    },
}

impl Subscriber {
    pub fn new(resource_type: ResourceType) -> Self {
        Self {
            resource_type,
            asked: false,
            resumed: false,
            subscription: Subscription::default(),
            held: ResourceMap::default(),
            acked: ResourceMap::default(),
            due: Names::default(),
            answer_due: false,
            doubtful: BTreeSet::new(),
            complaints: BTreeMap::new(),
            unanswered: None,
            sent: None,
            taken: None,
        }
    }

    pub const fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    pub const fn is_asked(&self) -> bool {
        self.asked
    }

    /// Whether the client held something of this type when it first asked.
    pub const fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// Whether a response may go out: it was asked for, and none is unanswered.
    pub const fn is_ready(&self) -> bool {
        self.asked && self.unanswered.is_none()
    }

    /// What the client uses: what it took last, while something newer is unanswered or was refused.
    pub const fn acked(&self) -> &ResourceMap {
        &self.acked
    }

    /// Whether the client wants the resources of these names, which are in order, was sent them, and took them.
    pub fn has_taken(&self, names: &[&Name]) -> bool {
        let texts = || names.iter().map(|name| &***name);
        let mut in_demand = among(self.subscription.names().texts());
        let mut is_due = among(self.due.texts());
        texts().zip(self.held.pick(texts())).all(|(name, held)| {
            (self.subscription.is_wildcard() || in_demand(name))
                && held.is_some()
                && !is_due(name)
                && !self.is_doubtful(name)
                && !self.is_in_flight(name)
        })
    }

    /// Whether a response that has this name is unanswered.
    pub fn is_in_flight(&self, name: &str) -> bool {
        self.unanswered.as_ref().is_some_and(|unanswered| unanswered.includes(name))
    }

    /// Whether a response that has this name was refused, and none was taken since.
    pub fn is_doubtful(&self, name: &str) -> bool {
        self.doubtful.contains(name)
    }

    /// The version of the last response, and of the last that the client took.
    pub const fn versions(&self) -> (Option<Version>, Option<Version>) {
        (self.sent, self.taken)
    }

    /// What the client said against the resource of this name, if it hasn't taken another since.
    pub fn complaint(&self, name: &str) -> Option<&Arc<str>> {
        self.complaints.get(name).map(|complaint| &complaint.message)
    }

    /// Everything that it said against resources that it wants, and has taken nothing else of since.
    pub fn complaints(&self) -> impl Iterator<Item = (&Name, &Complaint)> {
        self.complaints.iter().filter(|(name, _)| self.subscription.matches(name))
    }

    /// Notes what the client said against the resource of this name.
    pub fn complain(&mut self, name: Name, complaint: Complaint) {
        self.complaints.insert(name, complaint);
    }

    /// An ACK or NACK is recognised by the latest nonce, a NACK by nothing but its `error_detail`. Any other nonce is
    /// that of an older response, or of another stream: it says nothing about the latest one.
    pub fn on_answer(&mut self, nonce: &str, is_error: bool) -> Option<Answer> {
        let answered = self.unanswered.take_if(|unanswered| unanswered.nonce == nonce)?;
        if is_error {
            let mut names: Vec<Name> = answered.names().cloned().collect();
            names.sort_unstable();
            self.doubtful.extend(names.iter().cloned());
            return Some(Answer::Nack { version: answered.version, names });
        }
        if answered.whole {
            self.doubtful.clear();
            self.complaints.clear();
        }
        if !(self.doubtful.is_empty() && self.complaints.is_empty()) {
            for name in answered.names() {
                self.doubtful.remove(name);
                self.complaints.remove(name);
            }
        }
        let mut acked = self.held.clone();
        for name in &self.doubtful {
            // Of what it refused it uses what it had.
            match self.acked.get(name) {
                Some(old) => acked.insert(Arc::clone(old)),
                None => acked.remove(name),
            }
        }
        self.acked = acked;
        self.taken = Some(answered.version);
        Some(Answer::Ack)
    }

    /// The names of a state-of-the-world request. They count whatever the nonce: they are the client's latest wish.
    pub fn on_names(&mut self, names: &NameList, without_nonce: bool, holding: bool, map: &ResourceMap) {
        let first = !std::mem::replace(&mut self.asked, true);
        self.resumed |= first && holding;
        let changes = self.subscription.replace(self.resource_type, first, names, map);
        self.wish(first, changes, &BTreeMap::new(), map, &Place::default());
        if without_nonce && !first {
            // A client that has forgotten what it was sent begins anew.
            self.unanswered = None;
            self.held = ResourceMap::default();
            self.acked = ResourceMap::default();
            self.due = self.due.union(self.subscription.names());
            self.answer_due = self.subscription.is_wildcard();
        }
        // Where absence deletes, even "nothing" is an answer to a client that holds something, from an earlier stream or
        // on its way: nothing else would tell it that this is gone. One that holds nothing waits for what it named.
        let begins = (first && holding) || (without_nonce && !first);
        self.answer_due |= begins && self.resource_type.is_whole_world() && !self.subscription.names().is_empty();
    }

    /// The changes of a delta request, by a client at `place`. They count whatever the nonce: a change that is dropped is
    /// lost for ever.
    pub fn on_changes(
        &mut self,
        subscribe: &NameList,
        unsubscribe: &NameList,
        claims: &BTreeMap<String, String>,
        map: &ResourceMap,
        place: &Place,
    ) {
        let first = !std::mem::replace(&mut self.asked, true);
        self.resumed |= first && !claims.is_empty();
        let changes = self.subscription.update(self.resource_type, first, subscribe, unsubscribe, map);
        let none = BTreeMap::new();
        // Later in a stream the versions are to be ignored (`initial_resource_versions` in discovery.proto).
        self.wish(first, changes, if first { claims } else { &none }, map, place);
        self.answer_due |= first && !claims.is_empty();
    }

    /// Names that the client must be sent again if it wants them, because what refers to them was just sent.
    pub fn owe(&mut self, names: &Names) {
        let names = names.filter(|name| !self.asked || self.subscription.matches(name));
        self.due = self.due.union(&names);
    }

    /// Notes that `contents` go out.
    pub fn sent(&mut self, nonce: String, contents: Contents) -> Response {
        let Contents { resources, removed, whole } = contents;
        let version = self.held.version();
        self.sent = Some(version);
        let resources: Arc<[Arc<Resource>]> = resources.into();
        self.unanswered = Some(Unanswered {
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

    fn wish(
        &mut self,
        first: bool,
        changes: Changes,
        claims: &BTreeMap<String, String>,
        map: &ResourceMap,
        place: &Place,
    ) {
        let Changes { everything, again, added, new, covered, kept } = changes;
        // Before the first request, more may be owed than the client asks for; later it may want less than before.
        self.due = self.due.filter(|name| self.subscription.matches(name));
        if first {
            self.held = if everything || claims.is_empty() {
                claimed(claims, map, place)
            } else {
                overlaid(claims, map, place)
            };
        } else {
            if everything {
                self.forget_unwanted(&kept);
            }
            if again {
                self.due = self.due.union(&self.held.iter().map(|resource| Name::clone(resource.name())).collect());
            }
        }
        // The client has none of these, though `held` may, unless it says so or one is on its way.
        let is_unclaimed = || not(among(claims.keys().map(String::as_str)));
        if !(self.held.is_empty() && self.acked.is_empty()) {
            for name in new.filter(is_unclaimed()).texts() {
                if !self.is_in_flight(name) {
                    self.held.remove(name);
                    self.acked.remove(name);
                }
            }
        }
        self.answer_due |= everything || again;
        self.due = self.due.union(&added.filter(is_unclaimed())).union(&covered);
    }

    /// Everything is wanted from now on: what wasn't wanted before isn't held. (What is `kept` was wanted by name, and the
    /// client uses what it has of that.) What is on its way is due again, because it may be gone by the time it arrives.
    fn forget_unwanted(&mut self, kept: &Names) {
        let wanted = self.subscription.names().union(kept);
        self.acked = wanted.iter().filter_map(|name| self.acked.get(name)).cloned().collect();
        let in_flight = self.unanswered.iter().flat_map(Unanswered::names);
        let in_flight: Names =
            in_flight.filter(|name| !wanted.contains(name) && self.held.contains(name)).cloned().collect();
        self.held = wanted.iter().chain(in_flight.iter()).filter_map(|name| self.held.get(name)).cloned().collect();
        self.due = self.due.union(&in_flight);
    }
}

impl Unanswered {
    /// What it brings and what it removes.
    fn names(&self) -> impl Iterator<Item = &Name> {
        self.resources.iter().map(|resource| resource.name()).chain(&self.removed)
    }

    fn includes(&self, name: &str) -> bool {
        self.resources.binary_search_by(|candidate| candidate.name().as_ref().cmp(name)).is_ok()
            || self.removed.binary_search_by(|candidate| candidate.as_ref().cmp(name)).is_ok()
    }
}

/// What a client holds that says it has `claims`: these, and nothing else.
fn claimed(claims: &BTreeMap<String, String>, map: &ResourceMap, place: &Place) -> ResourceMap {
    let known = map.pick(claims.keys().map(String::as_str));
    claims.iter().zip(known).map(|((name, version), known)| claim(name, version, known, place)).collect()
}

/// What a client holds that wants names and says it has `claims`. Of the others it doesn't matter: those it wants are
/// due, those it doesn't want aren't compared. So it may as well be the map that everybody has.
fn overlaid(claims: &BTreeMap<String, String>, map: &ResourceMap, place: &Place) -> ResourceMap {
    let mut held = map.clone();
    let known = map.pick(claims.keys().map(String::as_str));
    for ((name, version), known) in claims.iter().zip(known) {
        let claim = claim(name, version, known, place);
        if known != Some(&claim) {
            held.insert(claim);
        }
    }
    held
}

fn claim(name: &str, version: &str, known: Option<&Arc<Resource>>, place: &Place) -> Arc<Resource> {
    let version = Version::parse(version);
    match known {
        Some(resource) if Some(resource.version_at(place)) == version => Arc::clone(resource),
        _ => Arc::new(Resource::claimed(Name::from(name), version.unwrap_or_default())),
    }
}
