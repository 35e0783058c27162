//! Finds the Services that a change of an object affects.

use std::sync::Arc;

use super::{Catalog, Change, Store};
use crate::model::object::{EndpointSlice, Namespace, Object, Pod, Service};
use crate::model::{Rejected, settings};

/// A kind of object that the catalog holds.
pub(super) trait Noun: PartialEq + Sized {
    /// The object, if it is of this kind.
    fn of(object: Object) -> Option<Self>;

    /// Where the catalog holds it.
    fn store(catalog: &mut Catalog) -> &mut Store<Self>;

    /// Marks what has to be merged again.
    fn changed(catalog: &mut Catalog, change: Change<Self>);

    /// Keeps what was good of the previous version where the new one is bad, and says so in what is `rejected` of it.
    fn keep_last_good(&mut self, _previous: Option<&Self>, _rejected: &mut [Rejected]) {}
}

impl Noun for Namespace {
    fn of(object: Object) -> Option<Self> {
        if let Object::Namespace(it) = object { Some(it) } else { None }
    }

    fn store(catalog: &mut Catalog) -> &mut Store<Self> {
        &mut catalog.namespaces
    }

    fn changed(catalog: &mut Catalog, Change { key, old, new, faulty: _ }: Change<Self>) {
        let settings = |namespace: Option<Arc<Self>>| namespace.map(|n| n.settings.clone()).unwrap_or_default();
        if settings(old) != settings(new) {
            let services = catalog.services.in_namespace(&key.name);
            catalog.dirty.extend(services.cloned());
            // Whose business it is what is wrong with objects of the namespace.
            catalog.note_rejections(true);
        }
    }

    fn keep_last_good(&mut self, previous: Option<&Self>, rejected: &mut [Rejected]) {
        if let Some(previous) = previous {
            self.settings.keep_last_good(&previous.settings);
        }
        settings::restate_namespace(self, rejected);
    }
}

impl Noun for Service {
    fn of(object: Object) -> Option<Self> {
        if let Object::Service(it) = object { Some(it) } else { None }
    }

    fn store(catalog: &mut Catalog) -> &mut Store<Self> {
        &mut catalog.services
    }

    fn changed(catalog: &mut Catalog, Change { key, old: _, new: _, faulty: _ }: Change<Self>) {
        catalog.dirty.insert(key);
    }

    /// What is in force instead of a bad value depends on the Namespace too, so merging says it.
    fn keep_last_good(&mut self, previous: Option<&Self>, _rejected: &mut [Rejected]) {
        if let Some(previous) = previous {
            self.settings.keep_last_good(&previous.settings);
            if let (Some(translated), Some(previous)) = (&mut self.translated, &previous.translated) {
                translated.keep_last_good(previous);
            }
        }
    }
}

impl Noun for EndpointSlice {
    fn of(object: Object) -> Option<Self> {
        if let Object::EndpointSlice(it) = object { Some(it) } else { None }
    }

    fn store(catalog: &mut Catalog) -> &mut Store<Self> {
        &mut catalog.slices
    }

    fn changed(catalog: &mut Catalog, Change { key, old, new, faulty: _ }: Change<Self>) {
        if let Some(old) = old {
            if let Some(slices) = catalog.slices_of.get_mut(&old.service) {
                slices.remove(&key);
                if slices.is_empty() {
                    catalog.slices_of.remove(&old.service);
                }
            }
            catalog.moved.insert(old.service.clone());
        }
        if let Some(new) = new {
            catalog.slices_of.entry(new.service.clone()).or_default().insert(key);
            catalog.moved.insert(new.service.clone());
        }
    }
}

impl Noun for Pod {
    fn of(object: Object) -> Option<Self> {
        if let Object::Pod(it) = object { Some(it) } else { None }
    }

    fn store(catalog: &mut Catalog) -> &mut Store<Self> {
        &mut catalog.pods
    }

    fn changed(catalog: &mut Catalog, Change { key, old, new, faulty: _ }: Change<Self>) {
        let weight = |pod: Option<Arc<Self>>| pod.map_or(1, |pod| pod.weight);
        if weight(old) != weight(new) {
            catalog.reweighted.insert(key);
        }
    }
}
