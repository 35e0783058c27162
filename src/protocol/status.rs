//! The status of each resource that a client subscribes to, as CSDS shows it.

use std::sync::Arc;

use super::subscriber::Subscriber;
use crate::xds::{Difference, Name, Place, Resource, ResourceMap, ResourceType};

/// How far a client is with one resource (`ConfigStatus` in csds.proto).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncStatus {
    /// The newest version was sent and ACKed.
    Synced,
    /// The newest version wasn't sent yet, or there is no resource of that name.
    NotSent,
    /// The newest version was sent and is neither ACKed nor NACKed.
    Stale,
    /// The client NACKed it.
    Error,
}

/// One resource that a client subscribes to.
#[derive(Debug, Clone)]
pub struct ResourceStatus {
    /// Its name.
    pub name: Name,
    /// What the client was sent last, else what it will be sent; `None` if there is no resource of that name.
    pub resource: Option<Arc<Resource>>,
    /// How far the client is with it.
    pub sync: SyncStatus,
    /// The client's message, if it NACKed it.
    pub error: Option<Arc<str>>,
}

/// What a session knows of one resource type at one moment. To take it costs pointer copies; to work out the status of each
/// resource costs the session nothing, which others may wait for.
#[derive(Debug)]
pub struct SubscriptionStatus {
    subscriber: Subscriber,
    /// The resources that the client should hold.
    newest: ResourceMap,
    place: Place,
}

impl SubscriptionStatus {
    pub(super) fn new(subscriber: &Subscriber, newest: &ResourceMap, place: &Place) -> Self {
        Self { subscriber: subscriber.clone(), newest: newest.clone(), place: place.clone() }
    }

    /// The resource type.
    pub const fn resource_type(&self) -> ResourceType {
        self.subscriber.resource_type()
    }

    /// The status of each resource that the client subscribes to, in the order of names. Each is worked out when it is
    /// taken from the iterator.
    pub fn resources(self) -> impl Iterator<Item = ResourceStatus> {
        self.names().into_iter().map(move |name| self.status(name))
    }

    /// The names that the client subscribes to, with those that a wildcard covers.
    fn names(&self) -> Vec<Name> {
        let Self { subscriber, newest, place: _ } = self;
        let explicit = subscriber.subscription.names();
        if !subscriber.subscription.is_wildcard() {
            return explicit.as_slice().to_vec();
        }
        let kept = newest.difference(&subscriber.held).filter_map(|difference| match difference {
            Difference::Removed(resource) => Some(resource),
            Difference::Changed(_) => None,
        });
        let covered = newest.iter().chain(kept).map(|resource| resource.name());
        // Names beside the wildcard may be of resources that don't exist.
        let mut names: Vec<Name> = covered.chain(explicit.iter()).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn status(&self, name: Name) -> ResourceStatus {
        let Self { subscriber, newest, place } = self;
        let seen = |map: &ResourceMap| map.get(&name).map(|resource| resource.at(place));
        let (newest, held) = (seen(newest), seen(&subscriber.held));
        let error = subscriber.nack_message(&name).cloned();
        let (resource, sync) = if error.is_some() {
            (held, SyncStatus::Error)
        } else if subscriber.is_in_flight(&name) {
            (held, SyncStatus::Stale)
        } else if subscriber.due.contains(&name) {
            (newest, SyncStatus::NotSent)
        } else {
            match (newest, held) {
                (Some(newest), Some(held)) if newest != held => (Some(newest), SyncStatus::NotSent),
                (_, Some(held)) if subscriber.is_nacked(&name) => (Some(held), SyncStatus::Stale),
                (_, Some(held)) => (Some(held), SyncStatus::Synced),
                (newest, None) => (newest, SyncStatus::NotSent),
            }
        };
        ResourceStatus { name, resource, sync, error }
    }
}
