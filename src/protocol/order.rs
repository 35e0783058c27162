//! The order of resource types, and make before break.
//!
//! Changes are sent in the order CDS, EDS, LDS, RDS (xDS protocol, "Eventual consistency considerations"). Two changes are
//! held back until an ACK, so that the client can route every request (make before break):
//!
//! - A route that begins to name a cluster waits until the client has ACKed that cluster and its assignment.
//! - A cluster that is gone, and its assignment, *linger* until the client has ACKed routes that don't name it.
//!
//! A client that requests no routes keeps its own; nothing waits for it. A stream of a single type knows nothing of the
//! client's other types; there clusters linger, and routes to new clusters wait, for a fixed time. Every wait has an end:
//! the server tells the session how time goes by, and what is held back has an age.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::{among, not};
use super::subscriber::Subscriber;
use crate::xds::{Difference, Name, Resource, ResourceMap, ResourceType, Snapshot};

/// The subscribers of a session, in push order.
type Subscribers = [Subscriber; ResourceType::COUNT];

/// The resource types that a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Any of them (ADS).
    Aggregated,
    /// Any of them, to a client that requests clusters because routes name them, and uses new routes only when it has these
    /// (gRFC A74).
    ByName,
    /// This one.
    Only(ResourceType),
}

/// What is held back until an ACK, and for how long it has been.
#[derive(Debug, Default)]
pub(super) struct Holdback {
    /// The clusters whose removal is held back.
    clusters: BTreeMap<Name, Age>,
    routes: BTreeMap<Name, Age>,
}

/// How long something has been held back, and how long it may be. In ticks.
#[derive(Debug, Clone, Copy)]
struct Age {
    ticks: u8,
    limit: u8,
}

/// How many ticks anything waits for an ACK.
const WAIT_TICKS: u8 = 10;

/// How many ticks routes wait where no ACK says that the client has their clusters.
const BLIND_TICKS: u8 = 1;

impl Age {
    const fn is_over(self) -> bool {
        self.ticks >= self.limit
    }
}

impl Holdback {
    /// Notes which clusters there are to hold back now. What was noted before keeps its age.
    pub fn note_clusters(&mut self, lingering: &[Arc<Resource>]) {
        note(&mut self.clusters, lingering.iter().map(|cluster| cluster.name()), WAIT_TICKS);
    }

    /// The same for routes; `blind` if no ACK says that the client has their clusters.
    pub fn note_routes(&mut self, routes: &[Name], blind: bool) {
        note(&mut self.routes, routes.iter(), if blind { BLIND_TICKS } else { WAIT_TICKS });
    }

    /// Whether the removal of this cluster is held back still.
    pub fn holds_cluster(&self, name: &Name) -> bool {
        self.clusters.get(name).is_some_and(|age| !age.is_over())
    }

    /// Whether routes are held back still. They go together, so the oldest decides.
    pub fn holds_routes(&self) -> bool {
        !self.routes.is_empty() && self.routes.values().all(|age| !age.is_over())
    }

    /// Whether anything is held back.
    pub fn is_waiting(&self) -> bool {
        self.clusters.values().chain(self.routes.values()).any(|age| !age.is_over())
    }

    /// A tick went by. Returns whether anything is held back no longer because of it.
    pub fn on_tick(&mut self) -> bool {
        let mut over = false;
        for age in self.clusters.values_mut().chain(self.routes.values_mut()).filter(|age| !age.is_over()) {
            age.ticks += 1;
            over |= age.is_over();
        }
        over
    }

    /// The clusters that are gone from the snapshot and that the client's routes still name: the routes that it ACKed last,
    /// and those that it was sent and may use before its ACK arrives.
    pub fn lingering(scope: Scope, subscribers: &Subscribers, snapshot: &Snapshot) -> Vec<Arc<Resource>> {
        let [clusters, _, _, routes, _] = subscribers;
        let goal = snapshot.get(ResourceType::Cluster);
        let alone = scope == Scope::Only(ResourceType::Cluster);
        if !(routes.is_requested() || alone) || clusters.held.is_empty() || !clusters.is_behind(goal) {
            return Vec::new();
        }
        goal.difference(&clusters.held)
            .filter_map(|difference| match difference {
                Difference::Removed(cluster) if clusters.subscription.matches(cluster.name()) => Some(cluster),
                Difference::Removed(_) | Difference::Changed(_) => None,
            })
            // What a client holds by its version only has no content that could be sent again.
            .filter(|cluster| !cluster.any().is_empty())
            .filter(|cluster| {
                let mut named = routes.acked().iter().chain(routes.held.iter());
                alone || named.any(|route| routes.subscription.matches(route.name()) && route.refers_to(cluster.name()))
            })
            .cloned()
            .collect()
    }

    /// The routes that are due and begin to name a cluster that the client hasn't ACKed yet; and whether that is a guess,
    /// because this stream carries no clusters.
    pub fn waiting_routes(scope: Scope, subscribers: &Subscribers, snapshot: &Snapshot) -> (Vec<Name>, bool) {
        let [clusters, endpoints, _, routes, _] = subscribers;
        let goal = snapshot.get(ResourceType::Route);
        let blind = scope == Scope::Only(ResourceType::Route) || !clusters.is_requested();
        // Routes that wait for clusters which the client hasn't requested yet would wait for ever.
        if scope == Scope::ByName || !routes.is_ready() || !routes.is_behind(goal) {
            return (Vec::new(), blind);
        }
        let changed = goal.difference(&routes.held).filter_map(|difference| match difference {
            Difference::Changed(route) if routes.subscription.matches(route.name()) => Some(route),
            Difference::Changed(_) | Difference::Removed(_) => None,
        });
        let due = goal.pick(routes.due.texts()).flatten();
        let waits = |route: &&Arc<Resource>| {
            let known = routes.acked().get(route.name());
            if blind && known.is_none() && !routes.is_resumed() {
                // The client has no routes yet, so there is nothing to break.
                return false;
            }
            let known = known.into_iter().flat_map(|known| known.references()).map(|name| &**name);
            let mut is_new = not(among(known));
            let new: Vec<&str> = route.references().iter().map(|name| &**name).filter(|name| is_new(name)).collect();
            let named: Vec<_> = snapshot.get(ResourceType::Cluster).pick(new.into_iter()).flatten().collect();
            !named.is_empty() && (blind || !are_ready_to_use(&named, clusters, endpoints))
        };
        (changed.chain(due).filter(waits).map(|route| Name::clone(route.name())).collect(), blind)
    }

    /// What the client should hold of one type now, if that differs from the snapshot: what lingers is part of it.
    pub fn goal(
        resource_type: ResourceType,
        snapshot: &Snapshot,
        lingering: &[Arc<Resource>],
        subscribers: &Subscribers,
    ) -> Option<ResourceMap> {
        let [_, endpoints, _, _, _] = subscribers;
        let map = snapshot.get(resource_type);
        let lingering: Vec<&Arc<Resource>> = match resource_type {
            ResourceType::Cluster => lingering.iter().collect(),
            ResourceType::Endpoint => {
                let names = lingering.iter().flat_map(|cluster| cluster.references());
                // What the snapshot still has isn't held back.
                names.filter(|name| !map.contains(name)).filter_map(|name| endpoints.held.get(name)).collect()
            }
            ResourceType::Listener | ResourceType::Route | ResourceType::Secret => Vec::new(),
        };
        if lingering.is_empty() {
            return None;
        }
        let mut goal = map.clone();
        for resource in lingering {
            goal.insert(Arc::clone(resource));
        }
        Some(goal)
    }
}

/// Whether the client has ACKed these clusters, which are in the order of names, and, if it requests assignments, those of
/// the clusters.
fn are_ready_to_use(named: &[&Arc<Resource>], clusters: &Subscriber, endpoints: &Subscriber) -> bool {
    let cluster_names: Vec<&Name> = named.iter().map(|cluster| cluster.name()).collect();
    if !clusters.has_acked(&cluster_names) {
        return false;
    }
    let mut assignments: Vec<&Name> = named.iter().flat_map(|cluster| cluster.references()).collect();
    assignments.sort_unstable();
    !endpoints.is_requested() || endpoints.has_acked(&assignments)
}

/// Notes what is held back; what was noted before keeps its age.
fn note<'a>(ages: &mut BTreeMap<Name, Age>, held: impl Iterator<Item = &'a Name>, limit: u8) {
    let before = std::mem::take(ages);
    ages.extend(held.map(|name| {
        let ticks = before.get(name).map_or(0, |age| age.ticks);
        (Name::clone(name), Age { ticks, limit })
    }));
}
