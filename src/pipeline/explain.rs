//! What the catalog and the renderer have to say about Services, put together.

use super::Renderer;
use crate::channels::{Explained, KnownService, ServedPort};
use crate::model::{Catalog, Entry, Key, ObjectRef, Port, Rejected};
use crate::translate::names;

/// How many Services make a page.
const PAGE: usize = 256;

/// The truth as it is between two batches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Truth<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) renderer: &'a Renderer,
    /// Everything that can't be used, sorted.
    pub(super) rejected: &'a [Rejected],
}

impl Truth<'_> {
    /// Why this Service is served as it is; `None` if there is no such Service.
    pub(super) fn explain(self, key: &Key) -> Option<Explained> {
        let explanation = self.catalog.explain(key)?;
        let objects = self.catalog.objects_of(key);
        Some(Explained {
            explanation,
            rendered: self.renderer.explain(key),
            rejected: objects.iter().flat_map(|object| self.rejected_of(object)).cloned().collect(),
        })
    }

    /// The first of the Services after this key.
    pub(super) fn page(self, after: Option<&Key>) -> Vec<KnownService> {
        self.catalog.services_after(after).take(PAGE).map(|(key, entry)| self.known(key, entry)).collect()
    }

    fn known(self, key: &Key, entry: Option<&Entry>) -> KnownService {
        let rejected = self.catalog.own_objects_of(key).map(|object| self.rejected_of(&object).len()).sum();
        KnownService { key: key.clone(), served: entry.map(|entry| served(key, entry)), rejected }
    }

    /// What is rejected of one object.
    fn rejected_of(&self, object: &ObjectRef) -> &[Rejected] {
        let from = self.rejected.partition_point(|one| one.object < *object);
        let rest = self.rejected.get(from..).unwrap_or_default();
        let to = rest.partition_point(|one| one.object == *object);
        rest.get(..to).unwrap_or_default()
    }
}

fn served(key: &Key, entry: &Entry) -> Vec<ServedPort> {
    let Entry { service, endpoints } = entry;
    let served = |port: &Port| {
        let Port { number, name, policy: _, has_service_hosts: _, annotated: _, written: _ } = port;
        ServedPort {
            number: *number,
            name: name.clone(),
            cluster: names::cluster(key, *number),
            endpoints: endpoints.get(number).cloned().unwrap_or_default(),
        }
    };
    service.ports.iter().map(served).collect()
}

#[cfg(test)]
mod tests;
