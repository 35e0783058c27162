//! What a client was sent of each resource it wants, and what it said to that: the view of CSDS.

use std::sync::Arc;

use super::subscriber::Subscriber;
use crate::xds::{Difference, Name, Place, Resource, ResourceMap, ResourceType};

/// How far a client is with one resource (`ConfigStatus` in csds.proto).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was sent what there is, and took it.
    Synced,
    /// It wasn't sent it yet, or there is nothing of that name.
    NotSent,
    /// It was sent it, and hasn't said that it took it.
    Stale,
    /// It rejected it.
    Error,
}

/// One resource that a client wants.
#[derive(Debug, Clone)]
pub struct ResourceStatus {
    /// Its name.
    pub name: Name,
    /// What the client was sent last, else what it will be sent; none if there is nothing of that name.
    pub resource: Option<Arc<Resource>>,
    /// How far the client is with it.
    pub standing: Standing,
    /// The client's message, if it rejected it.
    pub error: Option<Arc<str>>,
}

/// What a session knows at one moment of one type, from where its client is. To take it costs pointers, and whatever is
/// done with it costs the session nothing: others may wait for that.
#[derive(Debug)]
pub struct View {
    subscriber: Subscriber,
    /// What is on offer.
    offered: ResourceMap,
    place: Place,
}

impl View {
    pub(super) fn new(subscriber: &Subscriber, offered: &ResourceMap, place: &Place) -> Self {
        Self { subscriber: subscriber.clone(), offered: offered.clone(), place: place.clone() }
    }

    /// The type.
    pub const fn resource_type(&self) -> ResourceType {
        self.subscriber.resource_type()
    }

    /// How far the client is with each resource that it wants, in the order of names. Each is worked out when it is its turn.
    pub fn statuses(self) -> impl Iterator<Item = ResourceStatus> {
        self.names().into_iter().map(move |name| self.status(name))
    }

    /// The names of what the client wants.
    fn names(&self) -> Vec<Name> {
        let Self { subscriber, offered, place: _ } = self;
        let particular = subscriber.subscription.names();
        if !subscriber.subscription.is_wildcard() {
            return particular.as_slice().to_vec();
        }
        let kept = offered.difference(&subscriber.held).filter_map(|difference| match difference {
            Difference::Removed(resource) => Some(resource),
            Difference::Changed(_) => None,
        });
        let covered = offered.iter().chain(kept).map(|resource| resource.name());
        // Those beside the wildcard may be of nothing.
        let mut names: Vec<Name> = covered.chain(particular.iter()).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn status(&self, name: Name) -> ResourceStatus {
        let Self { subscriber, offered, place } = self;
        let seen = |map: &ResourceMap| map.get(&name).map(|resource| resource.at(place));
        let (offered, held) = (seen(offered), seen(&subscriber.held));
        let error = subscriber.complaint(&name).cloned();
        let (resource, standing) = if error.is_some() {
            (held, Standing::Error)
        } else if subscriber.is_in_flight(&name) {
            (held, Standing::Stale)
        } else if subscriber.due.contains(&name) {
            (offered, Standing::NotSent)
        } else {
            match (offered, held) {
                (Some(offered), Some(held)) if offered != held => (Some(offered), Standing::NotSent),
                (_, Some(held)) if subscriber.is_doubtful(&name) => (Some(held), Standing::Stale),
                (_, Some(held)) => (Some(held), Standing::Synced),
                (offered, None) => (offered, Standing::NotSent),
            }
        };
        ResourceStatus { name, resource, standing, error }
    }
}
