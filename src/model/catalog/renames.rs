//! Keeps the endpoints of a renamed port until the slices follow.
//!
//! EndpointSlices refer to the ports of a Service by name, and it takes a controller a moment to follow when a port gets
//! another one. For that long what the slices have under the old name is what the port has: it is the same port, because it
//! has the same number.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::object::EndpointSlice;
use crate::model::{Key, Port, Service};

/// The ports that slices may still know by an older name.
#[derive(Debug, Default)]
pub(super) struct Renames {
    ports: BTreeMap<Key, BTreeMap<u16, Rename>>,
    begun: u64,
}

/// One port that was renamed.
#[derive(Debug)]
struct Rename {
    /// The name that the slices had for it.
    old: Arc<str>,
    /// Which of all renames it is, from 1.
    number: u64,
}

impl Renames {
    /// How many there were so far.
    pub(super) const fn begun(&self) -> u64 {
        self.begun
    }

    /// Takes in that a Service was `before`, and is `now`, with these slices.
    pub(super) fn note<'a>(
        &mut self,
        before: &Service,
        now: &Service,
        slices: &(impl Iterator<Item = &'a EndpointSlice> + Clone),
    ) {
        let mut known = self.ports.remove(&now.key).unwrap_or_default();
        for Port { number, name, .. } in &now.ports {
            let Some(then) = before.ports.iter().find(|port| port.number == *number && port.name != *name) else {
                continue;
            };
            // Renamed twice, it has the name for the slices that it had before the first time.
            let old = [known.remove(number).map(|rename| rename.old), Some(Arc::clone(&then.name))];
            if let Some(old) = old.into_iter().flatten().find(|old| old != name && have(slices, old)) {
                self.begun += 1;
                known.insert(*number, Rename { old, number: self.begun });
            }
        }
        known.retain(|number, _| now.ports.iter().any(|port| port.number == *number));
        if !known.is_empty() {
            self.ports.insert(now.key.clone(), known);
        }
    }

    /// Forgets the renames that the slices of a Service have followed.
    pub(super) fn settle<'a>(&mut self, service: &Service, slices: &(impl Iterator<Item = &'a EndpointSlice> + Clone)) {
        let Some(known) = self.ports.get_mut(&service.key) else { return };
        for Port { number, name, .. } in &service.ports {
            if have(slices, name) {
                known.remove(number);
            }
        }
        if known.is_empty() {
            self.ports.remove(&service.key);
        }
    }

    /// Forgets what is known of a Service.
    pub(super) fn forget(&mut self, service: &Key) {
        self.ports.remove(service);
    }

    /// Forgets the first renames, up to this number, and returns the Services whose ports they were.
    pub(super) fn end(&mut self, number: u64) -> Vec<Key> {
        let mut ended = Vec::new();
        self.ports.retain(|service, known| {
            let before = known.len();
            known.retain(|_, rename| rename.number > number);
            if known.len() < before {
                ended.push(service.clone());
            }
            !known.is_empty()
        });
        ended
    }

    /// What the slices call a port of this Service: its number, and its name now.
    pub(super) fn name_in_slices<'a>(&'a self, service: &Key, number: u16, name: &'a str) -> &'a str {
        let rename = self.ports.get(service).and_then(|known| known.get(&number));
        rename.map_or(name, |rename| &rename.old)
    }
}

/// Whether one of the slices has a port of this name.
fn have<'a>(slices: &(impl Iterator<Item = &'a EndpointSlice> + Clone), name: &str) -> bool {
    slices.clone().any(|slice| slice.ports.iter().any(|(known, _)| **known == *name))
}
