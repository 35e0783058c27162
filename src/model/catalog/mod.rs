//! The merged truth.

use std::sync::Arc;

use super::{Endpoints, Event, Key, Rejected, Service};

/// A Service that takes part, with its endpoints.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The Service. The same allocation as before when only endpoints changed.
    pub service: Arc<Service>,
    /// Its endpoints. An unchanged port keeps the same allocation.
    pub endpoints: Endpoints,
}

/// Merges what sources say into Services with their policies and endpoints, and says which of them changed.
#[derive(Debug, Default)]
pub struct Catalog {}

impl Catalog {
    /// Takes in one event. Cheap: the work is done by [`Self::take_changes`], once for all events since the last.
    pub fn apply(&mut self, _event: Event) {
        todo!()
    }

    /// Whether every kind has been listed completely once. Before that nothing may be served.
    pub fn is_complete(&self) -> bool {
        todo!()
    }

    /// Merges what became dirty, and returns what differs from the last call, in the order of keys: the new entry, or
    /// `None` where a Service is gone or no longer takes part.
    pub fn take_changes(&mut self) -> Vec<(Key, Option<Entry>)> {
        todo!()
    }

    /// Everything that can't be used at the moment, in a stable order.
    pub fn rejected(&self) -> impl Iterator<Item = &Rejected> {
        std::iter::empty()
    }
}
