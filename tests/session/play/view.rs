//! What a client holds of one type: it applies responses as Envoy does.

use std::collections::BTreeMap;

use chancery::protocol::{Response, Variant};
use chancery::xds::{ResourceType, Snapshot};

use super::subscription::Subscription;

/// One type of one client. It outlives streams, but for `asked` and what is on its way.
#[derive(Debug, Default)]
pub struct View {
    pub subscription: Subscription,
    /// Whether it asked for the type on this stream, and on any.
    pub asked: bool,
    pub ever_asked: bool,
    /// The versions of the resources that it uses.
    pub held: BTreeMap<String, String>,
    /// What it NACKed, and ACKed nothing of that name since: the version, or that there is none any more.
    nacked: BTreeMap<String, Option<String>>,
    /// The whole world that it NACKed, if that was the latest.
    nacked_world: Option<BTreeMap<String, String>>,
    /// What it hasn't said to the server yet: the nonce, and whether it accepted the response.
    pub unsaid: Option<(String, bool)>,
    /// The nonces that it answered, on this and earlier streams.
    pub answered: Vec<String>,
    /// The latest of them on this stream.
    pub latest: String,
}

/// Whether a response of this type holds all there is, so that absence deletes.
pub fn is_whole(variant: Variant, of: ResourceType) -> bool {
    variant == Variant::Sotw && matches!(of, ResourceType::Cluster | ResourceType::Listener)
}

/// Whether a client of this type is ever told that something is gone.
pub fn has_removals(variant: Variant, of: ResourceType) -> bool {
    variant == Variant::Delta && of != ResourceType::Secret
}

impl View {
    /// Takes a response. Returns what the resources that are new or other than before refer to: those are to come again,
    /// because Envoy waits for them before it uses the new ones ("Resource warming").
    pub fn apply(&mut self, variant: Variant, response: &Response) -> Vec<String> {
        let mut warming = Vec::new();
        let mut world = BTreeMap::new();
        for resource in response.resources.iter().filter(|resource| self.subscription.matches(resource.name())) {
            let (name, version) = (resource.name().to_string(), resource.version().to_string());
            if self.held.get(&name) != Some(&version) {
                warming.extend(resource.references().iter().map(ToString::to_string));
            }
            self.nacked.remove(&name);
            world.insert(name, version);
        }
        if is_whole(variant, response.resource_type) {
            self.held = world;
            self.nacked_world = None;
        } else {
            self.held.extend(world);
            for name in &response.removed {
                self.held.remove(&**name);
                self.nacked.remove(&**name);
            }
        }
        warming
    }

    /// Refuses a response, all of it.
    pub fn nack(&mut self, variant: Variant, response: &Response) {
        let resources = response.resources.iter().map(|one| (one.name().to_string(), one.version().to_string()));
        if is_whole(variant, response.resource_type) {
            self.nacked_world = Some(resources.collect());
        } else {
            self.nacked.extend(resources.map(|(name, version)| (name, Some(version))));
            self.nacked.extend(response.removed.iter().map(|name| (name.to_string(), None)));
        }
    }

    /// Doesn't use this one any more, whatever was said about it.
    pub fn forget(&mut self, name: &str) {
        self.held.remove(name);
        self.nacked.remove(name);
    }

    /// Uses no more than the subscription covers.
    pub fn keep_subscribed(&mut self) {
        self.held.retain(|name, _| self.subscription.matches(name));
        self.nacked.retain(|name, _| self.subscription.matches(name));
    }

    /// Uses nothing any more.
    pub fn forget_all(&mut self) {
        self.held.clear();
        self.nacked.clear();
        self.nacked_world = None;
    }

    /// A new stream: the server knows nothing of what was NACKed, and will offer it again.
    pub fn reconnect(&mut self) {
        self.asked = false;
        self.nacked.clear();
        self.nacked_world = None;
        self.unsaid = None;
        self.latest.clear();
    }

    /// In the end it holds what it subscribes to of the snapshot, except what it NACKed.
    pub fn check_end(&self, variant: Variant, of: ResourceType, snapshot: &Snapshot) {
        let subscribed = snapshot.get(of).iter().filter(|resource| self.subscription.matches(resource.name()));
        let goal: BTreeMap<String, String> =
            subscribed.map(|resource| (resource.name().to_string(), resource.version().to_string())).collect();
        let held = &self.held;
        if is_whole(variant, of) {
            let nacked = self.nacked_world.clone().map(|mut world| {
                world.retain(|name, _| self.subscription.matches(name));
                world
            });
            assert!(*held == goal || nacked.as_ref() == Some(&goal), "{of}: holds {held:?} instead of {goal:?}");
            return;
        }
        for name in held.keys().chain(goal.keys()) {
            let (held, goal) = (held.get(name), goal.get(name));
            let is_nacked = self.nacked.get(name).is_some_and(|nacked| nacked.as_ref() == goal);
            let is_unsaid = goal.is_none() && !has_removals(variant, of);
            assert!(held == goal || is_nacked || is_unsaid, "{of}: holds {held:?} of {name} instead of {goal:?}");
        }
    }
}
