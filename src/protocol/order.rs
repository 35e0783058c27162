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

use super::subscriber::Subscriber;
use crate::xds::{Difference, Name, Resource, ResourceMap, ResourceType, Snapshot};

/// The subscribers of a session, in push order.
type Subscribers = [Subscriber; ResourceType::COUNT];

/// Which types a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Any of them (ADS).
    Aggregated,
    /// This one.
    Only(ResourceType),
}

/// What is held back until the client answers, and for how long it has been.
#[derive(Debug, Default)]
pub(super) struct Holdback(BTreeMap<Held, Age>);

/// One thing that is held back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    /// The removal of a cluster.
    Cluster(Name),
    /// A route configuration.
    Route(Name),
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
    /// Notes what there is to hold back now. What was noted before keeps its age.
    pub fn note(&mut self, lingering: &[Arc<Resource>], routes: &[Name], blind: bool) {
        let limit = if blind { BLIND_TICKS } else { WAIT_TICKS };
        let clusters = lingering.iter().map(|cluster| (Held::Cluster(Name::clone(cluster.name())), WAIT_TICKS));
        let routes = routes.iter().map(|route| (Held::Route(Name::clone(route)), limit));
        let age = |(held, limit)| {
            let ticks = self.0.get(&held).map_or(0, |age| age.ticks);
            (held, Age { ticks, limit })
        };
        self.0 = clusters.chain(routes).map(age).collect();
    }

    /// Whether the removal of this cluster is held back still.
    pub fn holds_cluster(&self, name: &Name) -> bool {
        self.0.get(&Held::Cluster(Name::clone(name))).is_some_and(|age| !age.is_over())
    }

    /// Whether routes are held back still. They go together, so the oldest decides.
    pub fn holds_routes(&self) -> bool {
        let mut ages = self.0.iter().filter(|(held, _)| matches!(held, Held::Route(_))).peekable();
        ages.peek().is_some() && ages.all(|(_, age)| !age.is_over())
    }

    /// Whether anything is held back.
    pub fn is_waiting(&self) -> bool {
        self.0.values().any(|age| !age.is_over())
    }

    /// A tick went by. Says whether the time of anything is up by it.
    pub fn on_tick(&mut self) -> bool {
        let mut over = false;
        for age in self.0.values_mut().filter(|age| !age.is_over()) {
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
        if !(routes.is_asked() || alone) || !clusters.is_behind(goal) {
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
        if !routes.is_ready() || !routes.is_behind(goal) {
            return (Vec::new(), blind);
        }
        let changed = goal.difference(&routes.held).filter_map(|difference| match difference {
            Difference::Changed(route) if routes.subscription.matches(route.name()) => Some(route),
            Difference::Changed(_) | Difference::Removed(_) => None,
        });
        let due = routes.due.iter().filter_map(|name| goal.get(name));
        let waits = |route: &&Arc<Resource>| {
            let known = routes.acked().get(route.name());
            if blind && known.is_none() && !routes.is_resumed() {
                // It has no routes yet, so there is nothing to break.
                return false;
            }
            let mut new = route.references().iter().filter(|name| !known.is_some_and(|known| known.refers_to(name)));
            new.any(|name| {
                let cluster = snapshot.get(ResourceType::Cluster).get(name);
                cluster.is_some_and(|cluster| blind || !is_ready_to_use(cluster, clusters, endpoints))
            })
        };
        (changed.chain(due).filter(waits).map(|route| Name::clone(route.name())).collect(), blind)
    }

    /// What the client should hold of one type, now: the snapshot, and what lingers.
    pub fn goal(
        resource_type: ResourceType,
        snapshot: &Snapshot,
        lingering: &[Arc<Resource>],
        subscribers: &Subscribers,
    ) -> ResourceMap {
        let [_, endpoints, _, _, _] = subscribers;
        let mut goal = snapshot.get(resource_type).clone();
        for cluster in lingering {
            match resource_type {
                ResourceType::Cluster => goal.insert(Arc::clone(cluster)),
                ResourceType::Endpoint => {
                    // What the snapshot still has isn't held back.
                    let gone = cluster.references().iter().filter(|name| !snapshot.get(resource_type).contains(name));
                    for assignment in gone.filter_map(|name| endpoints.held.get(name)) {
                        goal.insert(Arc::clone(assignment));
                    }
                }
                ResourceType::Listener | ResourceType::Route | ResourceType::Secret => {}
            }
        }
        goal
    }
}

/// Whether the client has taken a cluster and, if it asks for assignments, the cluster's assignment.
fn is_ready_to_use(cluster: &Resource, clusters: &Subscriber, endpoints: &Subscriber) -> bool {
    clusters.has_taken(cluster.name())
        && (!endpoints.is_asked() || cluster.references().iter().all(|name| endpoints.has_taken(name)))
}
