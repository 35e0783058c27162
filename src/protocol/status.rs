//! What a client was sent of each resource it wants, and what it said to that: the view of CSDS.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::subscriber::Subscriber;
use crate::xds::{Difference, Name, Place, Resource, ResourceMap};

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

impl Subscriber {
    /// What the client at `place` wants of `map`, which is what is on offer, in the order of names.
    pub(super) fn statuses(&self, map: &ResourceMap, place: &Place) -> Vec<ResourceStatus> {
        if !self.is_asked() {
            return Vec::new();
        }
        if !self.subscription.is_wildcard() {
            return self.subscription.names().iter().map(|name| self.status(name, map, place)).collect();
        }
        let kept = map.difference(&self.held).filter_map(|difference| match difference {
            Difference::Removed(resource) => Some(resource),
            Difference::Changed(_) => None,
        });
        let covered = map.iter().chain(kept).map(|resource| resource.name());
        // Those beside the wildcard may be of nothing.
        let names: BTreeSet<&Name> = covered.chain(self.subscription.names().iter()).collect();
        names.into_iter().map(|name| self.status(name, map, place)).collect()
    }

    fn status(&self, name: &Name, map: &ResourceMap, place: &Place) -> ResourceStatus {
        let seen = |map: &ResourceMap| map.get(name).map(|resource| resource.at(place));
        let (offered, held) = (seen(map), seen(&self.held));
        let error = self.complaint(name).cloned();
        let (resource, standing) = if error.is_some() {
            (held, Standing::Error)
        } else if self.is_in_flight(name) {
            (held, Standing::Stale)
        } else if self.due.contains(name) {
            (offered, Standing::NotSent)
        } else {
            match (offered, held) {
                (Some(offered), Some(held)) if offered != held => (Some(offered), Standing::NotSent),
                (_, Some(held)) if self.is_doubtful(name) => (Some(held), Standing::Stale),
                (_, Some(held)) => (Some(held), Standing::Synced),
                (offered, None) => (offered, Standing::NotSent),
            }
        };
        ResourceStatus { name: Name::clone(name), resource, standing, error }
    }
}
