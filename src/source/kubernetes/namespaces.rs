//! Merges the watches of one kind, one per namespace, into one stream of events.

use std::collections::{BTreeMap, BTreeSet};

use super::watch::Watch;
use crate::model::{Converted, Event, Kind, ObjectRef};

/// Merges the events of the watches of one kind into those that one watch over all their namespaces would deliver.
///
/// The events of a single watch are passed on as they come; the catalog forgets a list that is begun again before it was
/// complete. Several watches are merged here. The first list is complete when every watch has listed; until then there are no
/// events. After that, a watch that lists again replaces only its own objects. It becomes the net difference, because a list
/// would replace the objects of the others too: first what is there now, then what is gone, so that endpoints that moved
/// from one slice to another are never missing.
#[derive(Debug)]
pub(super) struct NamespaceMerge {
    kind: Kind,
    watches: BTreeMap<Watch, NamespaceState>,
    /// Whether the first list was delivered.
    complete: bool,
}

type Objects = BTreeMap<ObjectRef, Converted>;

/// The state of one of several watches.
#[derive(Debug, Default)]
struct NamespaceState {
    /// The part of a list that has arrived.
    arriving: Objects,
    /// Its objects, while other watches haven't listed.
    waiting: Option<Objects>,
    /// The objects that were delivered and not deleted.
    known: BTreeSet<ObjectRef>,
}

impl NamespaceMerge {
    /// Merges these watches, all of this kind.
    pub(super) fn new(kind: Kind, watches: impl IntoIterator<Item = Watch>) -> Self {
        let watches = watches.into_iter().map(|watch| (watch, NamespaceState::default())).collect();
        Self { kind, watches, complete: false }
    }

    /// Whether every watch has listed once.
    pub(super) const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether this watch has listed once.
    pub(super) fn has_listed(&self, watch: &Watch) -> bool {
        self.complete || self.watches.get(watch).is_some_and(|state| state.waiting.is_some())
    }

    /// The events that one watch over all namespaces would deliver, now that this one has delivered this event.
    pub(super) fn merge(&mut self, watch: &Watch, event: Event) -> Vec<Event> {
        let alone = self.watches.len() == 1;
        let Some(state) = self.watches.get_mut(watch) else {
            return Vec::new();
        };
        if alone {
            self.complete |= matches!(event, Event::InitDone(_));
            return vec![event];
        }
        match event {
            Event::Init(_) => {
                state.arriving.clear();
                Vec::new()
            }
            Event::InitApply(converted) => {
                state.arriving.insert(converted.id.clone(), converted);
                Vec::new()
            }
            Event::InitDone(_) if self.complete => state.difference(),
            Event::InitDone(_) => {
                state.waiting = Some(std::mem::take(&mut state.arriving));
                self.first_list()
            }
            Event::Apply(converted) => state.apply(converted).into_iter().collect(),
            Event::Delete(id) => state.delete(id).into_iter().collect(),
        }
    }

    /// The first list, once every watch has listed.
    fn first_list(&mut self) -> Vec<Event> {
        if self.watches.values().any(|state| state.waiting.is_none()) {
            return Vec::new();
        }
        self.complete = true;
        let mut objects = Vec::new();
        for state in self.watches.values_mut() {
            let waiting = state.waiting.take().unwrap_or_default();
            state.known = waiting.keys().cloned().collect();
            objects.extend(waiting.into_values());
        }
        let objects = objects.into_iter().map(Event::InitApply);
        [Event::Init(self.kind)].into_iter().chain(objects).chain([Event::InitDone(self.kind)]).collect()
    }
}

impl NamespaceState {
    fn apply(&mut self, converted: Converted) -> Option<Event> {
        if let Some(waiting) = &mut self.waiting {
            hold(waiting, converted);
            return None;
        }
        self.known.insert(converted.id.clone());
        Some(Event::Apply(converted))
    }

    fn delete(&mut self, id: ObjectRef) -> Option<Event> {
        if let Some(waiting) = &mut self.waiting {
            waiting.remove(&id);
            return None;
        }
        self.known.remove(&id);
        Some(Event::Delete(id))
    }

    /// The difference between the list that has arrived and what was delivered before.
    fn difference(&mut self) -> Vec<Event> {
        let arrived = std::mem::take(&mut self.arriving);
        let known = std::mem::replace(&mut self.known, arrived.keys().cloned().collect());
        let gone: Vec<_> = known.difference(&self.known).cloned().map(Event::Delete).collect();
        arrived.into_values().map(Event::Apply).chain(gone).collect()
    }
}

/// Holds back a change until the first list. As always, the last good state of an object stays.
fn hold(waiting: &mut Objects, converted: Converted) {
    match waiting.get_mut(&converted.id) {
        Some(held) if converted.object.is_none() => held.rejected = converted.rejected,
        _ => {
            waiting.insert(converted.id.clone(), converted);
        }
    }
}

#[cfg(test)]
mod tests;
