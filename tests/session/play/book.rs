//! What the rules say of one type of one stream: what the server may send, and what it has to.

use std::collections::{BTreeMap, BTreeSet};

use chancery::protocol::{Answer, MAX_RESPONSE_BYTES, Response, Variant};
use chancery::xds::{Resource, ResourceType, Snapshot};

use super::subscription::{Changes, Subscription};
use super::view::{has_removals, is_whole};

/// What was sent, and why something may be sent again.
#[derive(Debug)]
pub struct Book {
    variant: Variant,
    of: ResourceType,
    /// What the client holds if it NACKs nothing: the version, and whether it is from this stream.
    sent: BTreeMap<String, (String, bool)>,
    /// What has to be sent once more though it didn't change, or be said to be missing.
    must: BTreeSet<String>,
    /// What may be sent once more though it didn't change.
    may: BTreeSet<String>,
    /// A response has to come even if it is empty; or may.
    must_answer: bool,
    may_answer: bool,
    in_flight: Option<Response>,
    claimed: BTreeSet<String>,
    /// What the client ACKed on this stream, with the names that it refers to.
    acked: BTreeMap<String, Vec<String>>,
    /// What of it was gone at some time since, without a word.
    lost: BTreeSet<String>,
    /// What was gone, without a word, since it was sent: should it come back as it was, the server may send it again.
    unsaid: BTreeSet<String>,
}

/// What a response brought: the names that a resource refers to, and whether there was need to send it.
pub type Brought = Vec<(Vec<String>, bool)>;

impl Book {
    pub fn new(variant: Variant, of: ResourceType) -> Self {
        Self {
            variant,
            of,
            sent: BTreeMap::new(),
            must: BTreeSet::new(),
            may: BTreeSet::new(),
            must_answer: false,
            may_answer: false,
            in_flight: None,
            claimed: BTreeSet::new(),
            acked: BTreeMap::new(),
            lost: BTreeSet::new(),
            unsaid: BTreeSet::new(),
        }
    }

    pub fn is_unanswered(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Whether the client claimed to hold something of this name when it began.
    pub fn is_claimed(&self, name: &str) -> bool {
        self.claimed.contains(name)
    }

    /// What the client ACKed on this stream of this name refers to these.
    pub fn acked(&self, name: &str) -> Option<&Vec<String>> {
        self.acked.get(name)
    }

    /// Whether the server has reason to believe that the client still uses what it ACKed of this name.
    pub fn is_in_use(&self, name: &str) -> bool {
        !self.lost.contains(name)
    }

    /// What a client claims to hold when it begins.
    pub fn on_claims(&mut self, claims: &BTreeMap<String, String>) {
        self.sent = claims.iter().map(|(name, version)| (name.clone(), (version.clone(), false))).collect();
        self.claimed = claims.keys().cloned().collect();
        self.must_answer = !claims.is_empty();
    }

    /// A request says this of the latest response, if its nonce is the one of that.
    pub fn on_answer(&mut self, nonce: &str, error: Option<&str>) -> Option<Response> {
        let response = self.in_flight.take_if(|response| response.nonce == nonce)?;
        if error.is_none() {
            if is_whole(self.variant, self.of) {
                self.acked.clear();
            }
            for resource in response.resources.iter() {
                self.acked.insert(resource.name().to_string(), references(resource));
                self.lost.remove(&**resource.name());
            }
            for name in &response.removed {
                self.acked.remove(&**name);
            }
        }
        Some(response)
    }

    /// The answer that the session reports has to be this.
    pub fn check_answer(answer: Option<&Answer>, answered: Option<&Response>, error: Option<&str>) {
        match (answer, answered, error) {
            (None, None, _) | (Some(Answer::Ack), Some(_), None) => {}
            (Some(Answer::Nack { version, message, .. }), Some(response), Some(error)) => {
                assert_eq!(*version, response.version.to_string());
                assert_eq!(message, error);
            }
            _ => panic!("{answer:?} about {answered:?}, which the client answered with {error:?}"),
        }
    }

    /// The subscription changed. `holds` says whether the client has anything of this type.
    pub fn on_changes(&mut self, first: bool, holds: bool, changes: &Changes, subscription: &Subscription) {
        self.sent.retain(|name, _| subscription.matches(name));
        self.must.retain(|name| subscription.matches(name));
        self.may.retain(|name| subscription.matches(name));
        self.acked.retain(|name, _| subscription.matches(name));
        match self.variant {
            // What is subscribed to by name may come, if the wildcard gave it or not.
            Variant::Sotw => self.may.extend(changes.added.iter().cloned()),
            Variant::Delta if first => {
                self.must.extend(changes.added.iter().filter(|name| !self.sent.contains_key(*name)).cloned());
            }
            // Subscribed to again, so it is sent again (`resource_names_subscribe` in discovery.proto).
            Variant::Delta => {
                for name in &changes.added {
                    self.sent.remove(name);
                    self.must.insert(name.clone());
                }
            }
        }
        if self.variant == Variant::Delta {
            for name in &changes.dropped {
                self.sent.remove(name);
                self.must.remove(name);
                self.may.remove(name);
                // The wildcard covers it still, and the client can't know (spec, "Unsubscribing From Resources").
                if subscription.matches(name) {
                    self.must.insert(name.clone());
                }
            }
        }
        self.may_answer |= self.must_answer || changes.began || changes.again;
        // Where absence deletes, the first answer deletes what is left of earlier streams.
        let begins = changes.began || (first && holds && is_whole(self.variant, self.of));
        self.must_answer = (self.must_answer || begins) && !changes.ended && is_to_anything(subscription);
        if changes.began || changes.again {
            self.may.extend(self.sent.keys().cloned());
        }
        if changes.began || self.variant == Variant::Sotw {
            // What is subscribed to again before it has arrived will be held when it does.
            for resource in self.in_flight.iter().flat_map(|response| response.resources.iter()) {
                let name = resource.name().to_string();
                if subscription.matches(&name) && !self.sent.contains_key(&name) {
                    self.may.insert(name.clone());
                    self.sent.insert(name, (resource.version().to_string(), true));
                }
            }
        }
    }

    /// The client has forgotten everything, also that a response is on its way.
    pub fn on_forgotten(&mut self, subscription: &Subscription) {
        self.in_flight = None;
        self.sent.clear();
        self.acked.clear();
        let is_whole = is_whole(self.variant, self.of);
        self.must_answer = subscription.is_everything() || (is_whole && is_to_anything(subscription));
        self.may_answer = true;
    }

    /// What refers to these was sent: with need, so they have to follow; without, so they may.
    pub fn on_parents(&mut self, brought: Brought, subscription: Option<&Subscription>) {
        for (names, was_needed) in brought {
            let names =
                names.into_iter().filter(|name| subscription.is_none_or(|subscription| subscription.matches(name)));
            if was_needed { self.must.extend(names) } else { self.may.extend(names) }
        }
    }

    /// Whether the client was sent all that a response has before.
    pub fn brings_nothing(&self, response: &Response) -> bool {
        response.resources.iter().all(|resource| {
            let sent = self.sent.get(&**resource.name());
            sent.is_some_and(|(version, _)| *version == resource.version().to_string())
        })
    }

    /// A response came out. Is there need for it, and for all of it?
    pub fn on_response(&mut self, response: &Response, subscription: &Subscription, snapshot: &Snapshot) -> Brought {
        let (of, goal) = (self.of, snapshot.get(self.of));
        assert!(self.in_flight.is_none(), "{of}: two responses are unanswered: {:?}, {response:?}", self.in_flight);
        self.check_form(response);
        for resource in response.resources.iter() {
            let name = resource.name();
            assert!(subscription.matches(name), "{of}: {name} isn't subscription");
            match goal.get(name) {
                Some(now) => assert_eq!(now, resource, "{of}: not what the snapshot has"),
                // It may linger.
                None => assert!(matches!(of, ResourceType::Cluster | ResourceType::Endpoint), "{of}: {name} is gone"),
            }
        }
        let is_changed = |resource: &Resource| {
            self.sent.get(&**resource.name()).is_none_or(|(version, _)| *version != resource.version().to_string())
        };
        let is_due = |name: &str| [&self.must, &self.may, &self.unsaid].iter().any(|names| names.contains(name));
        let brought = response
            .resources
            .iter()
            .map(|resource| (references(resource), is_changed(resource) || self.must.contains(&**resource.name())));
        let brought: Brought = brought.collect();
        if is_whole(self.variant, of) {
            for resource in goal.iter().filter(|resource| subscription.matches(resource.name())) {
                assert!(response.resources.contains(resource), "{of}: {} is left out", resource.name());
            }
            let is_shorter = self.sent.len() != response.resources.len();
            let is_news = is_shorter || response.resources.iter().any(|one| is_changed(one) || is_due(one.name()));
            assert!(is_news || self.may_answer || self.must_answer, "{of}: sent without need: {response:?}");
            self.sent.clear();
        } else {
            for resource in response.resources.iter() {
                let is_needed = is_changed(resource) || is_due(resource.name());
                assert!(is_needed, "{of}: {} is sent without need", resource.name());
            }
            for name in &response.removed {
                assert!(subscription.matches(name), "{of}: {name} isn't subscription, and said to be gone");
                assert!(!goal.contains(name), "{of}: {name} isn't gone");
                assert!(
                    self.sent.contains_key(&**name) || is_due(name),
                    "{of}: {name} is said to be gone without need"
                );
            }
            let is_empty = response.resources.is_empty() && response.removed.is_empty();
            assert!(!is_empty || self.may_answer || self.must_answer, "{of}: an empty response without need");
        }
        if !is_whole(self.variant, of) && !has_removals(self.variant, of) {
            self.lose(snapshot);
        }
        self.note(response);
        brought
    }

    fn check_form(&self, response: &Response) {
        let names: Vec<&str> = response.resources.iter().map(|resource| &**resource.name()).collect();
        let removed: Vec<&str> = response.removed.iter().map(|name| &**name).collect();
        let all: BTreeSet<&str> = names.iter().chain(&removed).copied().collect();
        assert_eq!(all.len(), names.len() + removed.len(), "a name is there twice: {response:?}");
        assert!(names.is_sorted() && removed.is_sorted(), "not in the order of names: {response:?}");
        assert!(removed.is_empty() || has_removals(self.variant, self.of), "a removal: {response:?}");
        let is_indivisible = all.len() < 2 || is_whole(self.variant, self.of);
        assert!(is_indivisible || response.bytes() <= MAX_RESPONSE_BYTES, "{} bytes", response.bytes());
    }

    fn note(&mut self, response: &Response) {
        if is_whole(self.variant, self.of) {
            self.must.clear();
            self.may.clear();
        }
        for resource in response.resources.iter() {
            let name = resource.name().to_string();
            self.must.remove(&name);
            self.may.remove(&name);
            self.unsaid.remove(&name);
            self.sent.insert(name, (resource.version().to_string(), true));
        }
        for name in &response.removed {
            self.must.remove(&**name);
            self.may.remove(&**name);
            self.sent.remove(&**name);
        }
        (self.must_answer, self.may_answer) = (false, false);
        self.in_flight = Some(response.clone());
    }

    /// The client can't be told what is gone. It may keep that, and nothing is thought of what it referred to.
    fn lose(&mut self, snapshot: &Snapshot) {
        let goal = snapshot.get(self.of);
        self.unsaid.extend(self.sent.keys().filter(|name| !goal.contains(name)).cloned());
        self.lost.extend(self.acked.keys().filter(|name| !goal.contains(name)).cloned());
    }

    /// What a response takes away from the client that subscribes to it, and that was sent on this stream.
    pub fn removed_from_client<'a>(&'a self, response: &Response, subscription: &Subscription) -> Vec<&'a str> {
        let is_gone = |name: &str| {
            let is_removed = response.removed.iter().any(|removed| **removed == *name);
            let is_absent = response.resources.iter().all(|resource| **resource.name() != *name);
            is_removed || (is_whole(self.variant, self.of) && is_absent)
        };
        let sent = self.sent.iter().filter(|(name, (_, here))| *here && subscription.matches(name) && is_gone(name));
        sent.map(|(name, _)| name.as_str()).collect()
    }

    /// The session is silent, and no response of this type is unanswered: nothing may be due. While it waits, it may
    /// keep what is gone.
    pub fn check_silence(&mut self, subscription: &Subscription, snapshot: &Snapshot, waits: bool) {
        if self.is_unanswered() || (waits && self.of == ResourceType::Route) {
            return;
        }
        let (of, goal) = (self.of, snapshot.get(self.of));
        for resource in goal.iter().filter(|resource| subscription.matches(resource.name())) {
            let sent = self.sent.get(&**resource.name()).map(|(version, _)| version.clone());
            assert_eq!(sent, Some(resource.version().to_string()), "{of}: {} isn't sent", resource.name());
        }
        let has_removals = has_removals(self.variant, of);
        let may_linger = waits && matches!(of, ResourceType::Cluster | ResourceType::Endpoint);
        if has_removals || is_whole(self.variant, of) {
            let gone = self.sent.keys().find(|name| !goal.contains(name));
            assert!(may_linger || gone.is_none(), "{of}: {gone:?} is gone, and the client isn't told");
        } else {
            self.lose(snapshot);
        }
        let owed = self.must.iter().find(|name| has_removals || goal.contains(name));
        assert!(owed.is_none(), "{of}: {owed:?} is owed");
        assert!(!self.must_answer, "{of}: no answer");
        self.must.clear();
        self.may.clear();
        self.may_answer = false;
    }
}

fn references(resource: &Resource) -> Vec<String> {
    resource.references().iter().map(ToString::to_string).collect()
}

fn is_to_anything(subscription: &Subscription) -> bool {
    subscription.is_everything() || !subscription.names.is_empty()
}
