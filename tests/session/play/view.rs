//! What a client holds of one type: it applies responses as Envoy does.

use std::collections::BTreeMap;

use chancery::protocol::{Response, Variant};
use chancery::xds::{ResourceType, Snapshot};

use super::wanted::DemandReader;

/// One type of one client. It outlives streams, but for `asked` and what is on its way.
#[derive(Debug, Default)]
pub struct View {
    pub wanted: DemandReader,
    /// Whether it asked for the type on this stream, and on any.
    pub asked: bool,
    pub ever_asked: bool,
    /// The versions of the resources that it uses.
    pub held: BTreeMap<String, String>,
    /// What it refused, and took nothing of that name since: the version, or that there is none any more.
    refused: BTreeMap<String, Option<String>>,
    /// The whole world that it refused, if that was the latest.
    refused_world: Option<BTreeMap<String, String>>,
    /// What it hasn't said to the server yet: the nonce, and whether it took the response.
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
        for resource in response.resources.iter().filter(|resource| self.wanted.is(resource.name())) {
            let (name, version) = (resource.name().to_string(), resource.version().to_string());
            if self.held.get(&name) != Some(&version) {
                warming.extend(resource.references().iter().map(ToString::to_string));
            }
            self.refused.remove(&name);
            world.insert(name, version);
        }
        if is_whole(variant, response.resource_type) {
            self.held = world;
            self.refused_world = None;
        } else {
            self.held.extend(world);
            for name in &response.removed {
                self.held.remove(&**name);
                self.refused.remove(&**name);
            }
        }
        warming
    }

    /// Refuses a response, all of it.
    pub fn refuse(&mut self, variant: Variant, response: &Response) {
        let resources = response.resources.iter().map(|one| (one.name().to_string(), one.version().to_string()));
        if is_whole(variant, response.resource_type) {
            self.refused_world = Some(resources.collect());
        } else {
            self.refused.extend(resources.map(|(name, version)| (name, Some(version))));
            self.refused.extend(response.removed.iter().map(|name| (name.to_string(), None)));
        }
    }

    /// Doesn't use this one any more, whatever was said about it.
    pub fn forget(&mut self, name: &str) {
        self.held.remove(name);
        self.refused.remove(name);
    }

    /// Uses no more than what is wanted.
    pub fn keep_wanted(&mut self) {
        self.held.retain(|name, _| self.wanted.is(name));
        self.refused.retain(|name, _| self.wanted.is(name));
    }

    /// Uses nothing any more.
    pub fn forget_all(&mut self) {
        self.held.clear();
        self.refused.clear();
        self.refused_world = None;
    }

    /// A new stream: the server knows nothing of what was refused, and will offer it again.
    pub fn reconnect(&mut self) {
        self.asked = false;
        self.refused.clear();
        self.refused_world = None;
        self.unsaid = None;
        self.latest.clear();
    }

    /// In the end it holds what it wants of the snapshot, except what it refused.
    pub fn check_end(&self, variant: Variant, of: ResourceType, snapshot: &Snapshot) {
        let wanted = snapshot.get(of).iter().filter(|resource| self.wanted.is(resource.name()));
        let goal: BTreeMap<String, String> =
            wanted.map(|resource| (resource.name().to_string(), resource.version().to_string())).collect();
        let held = &self.held;
        if is_whole(variant, of) {
            let refused = self.refused_world.clone().map(|mut world| {
                world.retain(|name, _| self.wanted.is(name));
                world
            });
            assert!(*held == goal || refused.as_ref() == Some(&goal), "{of}: holds {held:?} instead of {goal:?}");
            return;
        }
        for name in held.keys().chain(goal.keys()) {
            let (held, goal) = (held.get(name), goal.get(name));
            let is_refused = self.refused.get(name).is_some_and(|refused| refused.as_ref() == goal);
            let is_unsaid = goal.is_none() && !has_removals(variant, of);
            assert!(held == goal || is_refused || is_unsaid, "{of}: holds {held:?} of {name} instead of {goal:?}");
        }
    }
}
