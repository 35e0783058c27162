//! What goes first, and what waits.
//!
//! Changes are pushed in the order CDS, EDS, LDS, RDS (xDS protocol, "Eventual consistency considerations"), and two
//! things wait for the client's answer, so that no request meets a gap (make before break):
//!
//! - A route that begins to name a cluster waits until the client has taken that cluster and its assignment.
//! - A cluster that is gone, and its assignment, *linger* until the client has taken routes that don't name it.
//!
//! A client that asks for no routes keeps its own; nothing waits for it. On a stream of a single type nobody knows how far
//! the client is with the others, so there only time can help: clusters linger, and routes to new clusters wait, until the
//! time is up. Nothing waits for ever: the server tells the session how time goes by, and each thing has its own age.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::{among, not};
use super::subscriber::Subscriber;
use crate::xds::{Difference, Name, Resource, ResourceMap, ResourceType, Snapshot};

/// The subscribers of a session, in push order.
type Subscribers = [Subscriber; ResourceType::COUNT];

/// Which types a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Any of them (ADS).
    Aggregated,
    /// Any of them, for a client that asks for clusters because routes name them, and goes by new routes only once it has
    /// these (gRFC A74).
    ByName,
    /// This one.
    Only(ResourceType),
}

/// What is held back until the client answers, and for how long it has been.
#[derive(Debug, Default)]
pub(super) struct Holdback {
    /// The clusters whose removal is held back.
    clusters: BTreeMap<Name, Age>,
    /// The route configurations.
    routes: BTreeMap<Name, Age>,
}

/// How long something has been held back, and how long it may be. In ticks.
#[derive(Debug, Clone, Copy)]
struct Age {
    ticks: u8,
    limit: u8,
}

/// How many ticks anything waits for an answer.
const WAIT_TICKS: u8 = 10;

/// How many ticks routes wait where no answer says that their clusters are there.
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

    /// The same for routes; `blind` if no answer says that their clusters are there.
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

    /// A tick went by. Says whether the time of anything is up by it.
    pub fn on_tick(&mut self) -> bool {
        let mut over = false;
        for age in self.clusters.values_mut().chain(self.routes.values_mut()).filter(|age| !age.is_over()) {
            age.ticks += 1;
            over |= age.is_over();
        }
        over
    }

    /// The clusters that are gone from the snapshot, but that the client's routes still name: those it took last, and
    /// those that it was sent and uses before its ACK is here.
    pub fn lingering(scope: Scope, subscribers: &Subscribers, snapshot: &Snapshot) -> Vec<Arc<Resource>> {
        let [clusters, _, _, routes, _] = subscribers;
        let goal = snapshot.get(ResourceType::Cluster);
        let alone = scope == Scope::Only(ResourceType::Cluster);
        if !(routes.is_asked() || alone) || clusters.held.is_empty() || !clusters.is_behind(goal) {
            return Vec::new();
        }
        goal.difference(&clusters.held)
            .filter_map(|difference| match difference {
                Difference::Removed(cluster) if clusters.subscription.matches(cluster.name()) => Some(cluster),
                Difference::Removed(_) | Difference::Changed(_) => None,
            })
            // What a client only claimed to hold has no content that could be sent again.
            .filter(|cluster| !cluster.any().is_empty())
            .filter(|cluster| {
                let mut named = routes.acked().iter().chain(routes.held.iter());
                alone || named.any(|route| routes.subscription.matches(route.name()) && route.refers_to(cluster.name()))
            })
            .cloned()
            .collect()
    }

    /// The routes that are due and begin to name a cluster that the client hasn't taken yet; and whether that is a guess,
    /// because clusters don't come on this stream.
    pub fn waiting_routes(scope: Scope, subscribers: &Subscribers, snapshot: &Snapshot) -> (Vec<Name>, bool) {
        let [clusters, endpoints, _, routes, _] = subscribers;
        let goal = snapshot.get(ResourceType::Route);
        let blind = scope == Scope::Only(ResourceType::Route) || !clusters.is_asked();
        // To wait with the routes for clusters that aren't asked for yet would be to wait for ever.
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
                // It has no routes yet, so there is nothing to break.
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

    /// What the client should hold of one type, now, if that isn't what the snapshot says: that, and what lingers.
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

/// Whether the client has taken these clusters, which are in the order of names, and, if it asks for assignments, those of
/// the clusters.
fn are_ready_to_use(named: &[&Arc<Resource>], clusters: &Subscriber, endpoints: &Subscriber) -> bool {
    let wanted: Vec<&Name> = named.iter().map(|cluster| cluster.name()).collect();
    if !clusters.has_taken(&wanted) {
        return false;
    }
    let mut assignments: Vec<&Name> = named.iter().flat_map(|cluster| cluster.references()).collect();
    assignments.sort_unstable();
    !endpoints.is_asked() || endpoints.has_taken(&assignments)
}

/// Notes what is held back; what was noted before keeps its age.
fn note<'a>(ages: &mut BTreeMap<Name, Age>, held: impl Iterator<Item = &'a Name>, limit: u8) {
    let before = std::mem::take(ages);
    ages.extend(held.map(|name| {
        let ticks = before.get(name).map_or(0, |age| age.ticks);
        (Name::clone(name), Age { ticks, limit })
    }));
}
