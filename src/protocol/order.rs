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
//! time is up. Nothing waits for ever either: the server tells
//! the session when the time is up, and then all goes out.

use std::sync::Arc;

use super::subscriber::Subscriber;
use crate::xds::{Difference, Resource, ResourceMap, ResourceType, Snapshot};

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

/// Whether something is held back at the moment, and whether the client has had its time.
#[derive(Debug, Default)]
pub(super) struct Holdback {
    waiting: bool,
    overdue: bool,
}

impl Holdback {
    /// Whether something is held back, and the time isn't up.
    pub const fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Whether the time is up, so that nothing may be held back.
    pub const fn is_overdue(&self) -> bool {
        self.overdue
    }

    /// The time is up, until there is nothing any more that one would hold back.
    pub const fn expire(&mut self) {
        self.overdue = true;
        self.waiting = false;
    }

    /// Notes whether there is something to hold back.
    pub const fn note(&mut self, something: bool) {
        self.overdue = self.overdue && something;
        self.waiting = something && !self.overdue;
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

    /// Whether the routes that are due begin to name a cluster that the client hasn't taken yet.
    pub fn routes_wait(scope: Scope, subscribers: &Subscribers, snapshot: &Snapshot) -> bool {
        let [clusters, endpoints, _, routes, _] = subscribers;
        let goal = snapshot.get(ResourceType::Route);
        let alone = scope == Scope::Only(ResourceType::Route);
        if !(clusters.is_asked() || alone) || !routes.is_ready() || !routes.is_behind(goal) {
            return false;
        }
        let changed = goal.difference(&routes.held).filter_map(|difference| match difference {
            Difference::Changed(route) if routes.subscription.matches(route.name()) => Some(route),
            Difference::Changed(_) | Difference::Removed(_) => None,
        });
        let due = routes.due.iter().filter_map(|name| goal.get(name));
        changed.chain(due).any(|route| {
            let known = routes.acked().get(route.name());
            if alone && known.is_none() {
                // It has no routes yet, so there is nothing to break.
                return false;
            }
            let mut new = route.references().iter().filter(|name| !known.is_some_and(|known| known.refers_to(name)));
            new.any(|name| {
                snapshot
                    .get(ResourceType::Cluster)
                    .get(name)
                    .is_some_and(|cluster| alone || !is_ready_to_use(cluster, clusters, endpoints))
            })
        })
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
