//! The catalog: merges what a source reports into Services with policies and endpoints.
//!
//! ```text
//! Event ──▶ Store<Namespace> ─┬─ Change ──▶ dirty keys ──take_changes──▶ Entry { Service,
//!           Store<Service>  ──┘                          resolve, merge
//!           Store<Slice>    ──┬─ Change ──▶ moved keys ──take_changes──▶         Endpoints }
//!           Store<Pod>      ──┘                          merge
//! ```
//!
//! A [`Store`] per kind knows what its objects are, and turns a relist into its net difference. A [`Change`] only marks
//! Services ([`noun`]): as dirty if their settings may come to something else, as moved if only their endpoints may.
//! [`Catalog::take_changes`] then does the work once for each of them, however often it was marked.

mod endpoints;
mod entry;
mod explain;
mod noun;
mod renames;
mod store;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use entry::Entry;
use noun::Noun;
use renames::Renames;
use store::{Change, Seen, Store};

use super::object::{self, Object};
use super::{
    Concern, Converted, Event, Key, Kind, Location, MetadataKey, ObjectRef, Reason, Rejected, compat, settings,
};

/// Merges what sources say into Services with their policies and endpoints, and says which of them changed.
#[derive(Debug, Default)]
pub struct Catalog {
    namespaces: Store<object::Namespace>,
    services: Store<object::Service>,
    slices: Store<object::EndpointSlice>,
    pods: Store<object::Pod>,
    /// What is wrong with files as a whole, by path.
    files: BTreeMap<Arc<str>, Vec<Rejected>>,
    /// The keys of the slices of each Service, also of a Service that nobody has declared yet.
    slices_of: BTreeMap<Key, BTreeSet<Key>>,
    /// Services whose settings are to be resolved and whose endpoints are to be merged again.
    dirty: BTreeSet<Key>,
    /// Services of which only the endpoints are to be merged again.
    moved: BTreeSet<Key>,
    /// Pods whose weight changed: the endpoints of the Services that they belong to are to be merged again.
    reweighted: BTreeSet<Key>,
    /// The Services whose author wants them served, also those that can't be. Not those that have nothing to serve and that
    /// only their Namespace opts in: it speaks for the others.
    opted_in: BTreeSet<Key>,
    /// The Services that take part, as of the last [`Catalog::take_changes`].
    merged: BTreeMap<Key, Entry>,
    /// Their ports that slices may still know by an older name.
    renames: Renames,
    /// What merging found to be wrong with Services, beyond what conversion did.
    findings: BTreeMap<Key, Vec<Rejected>>,
    /// How often what is rejected may have changed.
    rejections: u64,
}

impl Catalog {
    /// Takes in one event. Cheap: the work is done by [`Self::take_changes`], once for all events since the last.
    ///
    /// A change that comes while its kind is being listed counts at once, and outlives the end of that list. An
    /// `InitDone` without its `Init` is ignored, so that a confused source can't empty the world.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Apply(converted) => self.put(converted, false),
            Event::InitApply(converted) => self.put(converted, true),
            Event::Delete(ObjectRef::File(path)) => self.put_file(path, Vec::new()),
            Event::Delete(ObjectRef::Object(kind, key)) => match kind {
                Kind::Namespace => self.delete::<object::Namespace>(&key),
                Kind::Service => self.delete::<object::Service>(&key),
                Kind::EndpointSlice => self.delete::<object::EndpointSlice>(&key),
                Kind::Pod => self.delete::<object::Pod>(&key),
            },
            Event::Init(Kind::Namespace) => self.namespaces.begin_list(),
            Event::Init(Kind::Service) => self.services.begin_list(),
            Event::Init(Kind::EndpointSlice) => self.slices.begin_list(),
            Event::Init(Kind::Pod) => self.pods.begin_list(),
            Event::InitDone(Kind::Namespace) => self.end_list::<object::Namespace>(),
            Event::InitDone(Kind::Service) => self.end_list::<object::Service>(),
            Event::InitDone(Kind::EndpointSlice) => self.end_list::<object::EndpointSlice>(),
            Event::InitDone(Kind::Pod) => self.end_list::<object::Pod>(),
        }
    }

    /// Whether every kind has been listed completely once. Before that nothing may be served.
    pub fn is_complete(&self) -> bool {
        self.namespaces.is_complete()
            && self.services.is_complete()
            && self.slices.is_complete()
            && self.pods.is_complete()
    }

    /// Merges what became dirty, and returns what differs from the last call, in the order of keys: the new entry, or
    /// `None` where a Service is gone or no longer takes part.
    pub fn take_changes(&mut self) -> Vec<(Key, Option<Entry>)> {
        let dirty = std::mem::take(&mut self.dirty);
        let mut moved = std::mem::take(&mut self.moved);
        let reweighted = std::mem::take(&mut self.reweighted);
        moved.extend(self.services_over(&reweighted));
        moved.retain(|key| !dirty.contains(key));
        let mut changed: Vec<Key> = dirty.into_iter().filter(|key| self.merge(key)).collect();
        changed.extend(moved.into_iter().filter(|key| self.merge_endpoints(key)));
        changed.sort_unstable();
        let entry_of = |key: Key| {
            let entry = self.merged.get(&key).cloned();
            (key, entry)
        };
        changed.into_iter().map(entry_of).collect()
    }

    /// How often a port was renamed ahead of its slices, so that for now it has the endpoints that they have under the old
    /// name; as of the last [`Self::take_changes`].
    pub const fn renames(&self) -> u64 {
        self.renames.begun()
    }

    /// The slices have had the time to follow the first of these renames, up to this number: what they have under the old
    /// names no longer counts. Whether that may change anything.
    pub fn end_renames(&mut self, number: u64) -> bool {
        let ended = self.renames.end(number);
        let is_change = !ended.is_empty();
        self.moved.extend(ended);
        is_change
    }

    /// Everything that can't be used as of the last [`Self::take_changes`], in a stable order. Costs what there is to tell.
    ///
    /// Of an object that doesn't take part only our own annotations are anybody's business here.
    pub fn rejected(&self) -> impl Iterator<Item = &Rejected> {
        let namespaces = self.reports(&self.namespaces, |_, _| true);
        let services = self.reports(&self.services, |key, _| self.opted_in.contains(key));
        let services = services.chain(self.findings.values().flatten());
        let slices = self.reports(&self.slices, |_, slice| self.opted_in.contains(&slice.service));
        let pods = self.reports(&self.pods, |_, _| true);
        namespaces.chain(services).chain(slices).chain(pods).chain(self.files.values().flatten())
    }

    /// Whether what is wrong with something is ours to tell.
    fn is_ours(&self, concern: &Concern) -> bool {
        match concern {
            Concern::Ours => true,
            Concern::Namespaces(names) => names.iter().any(|name| {
                let namespace = self.namespaces.get(&Key::new("", Arc::clone(name)));
                namespace.is_some_and(|namespace| namespace.settings.enables())
            }),
            Concern::Service(key) => self.opted_in.contains(key),
            Concern::Nobody => false,
        }
    }

    /// What of a kind is ours to tell; of what takes part everything.
    fn reports<'a, T: PartialEq>(
        &'a self,
        store: &'a Store<T>,
        takes_part: impl Fn(&Key, &T) -> bool + 'a,
    ) -> impl Iterator<Item = &'a Rejected> {
        store.reports().flat_map(move |(key, object, rejected)| {
            let all = match object {
                Ok(object) => takes_part(key, object),
                Err(concern) => self.is_ours(concern),
            };
            rejected.iter().filter(move |one| all || concerns_us(one))
        })
    }

    /// Another number whenever [`Self::rejected`] may tell something else than before. So nobody has to go through what is
    /// rejected to learn that it is what it was.
    pub const fn rejections(&self) -> u64 {
        self.rejections
    }

    fn put(&mut self, converted: Converted, in_list: bool) {
        let Converted { id, object, rejected, concern } = converted;
        let told = (object, rejected, concern);
        match id {
            ObjectRef::File(path) => self.put_file(path, told.1),
            ObjectRef::Object(kind, key) => match kind {
                Kind::Namespace => self.put_object::<object::Namespace>(key, told, in_list),
                Kind::Service => self.put_object::<object::Service>(key, told, in_list),
                Kind::EndpointSlice => self.put_object::<object::EndpointSlice>(key, told, in_list),
                Kind::Pod => self.put_object::<object::Pod>(key, told, in_list),
            },
        }
    }

    fn put_file(&mut self, path: Arc<str>, rejected: Vec<Rejected>) {
        let changed = replace(&mut self.files, path, rejected);
        self.note_rejections(changed);
    }

    fn note_rejections(&mut self, changed: bool) {
        self.rejections += u64::from(changed);
    }

    fn changed<T: Noun>(&mut self, change: Change<T>) {
        self.note_rejections(change.faulty);
        T::changed(self, change);
    }

    fn put_object<T: Noun>(
        &mut self,
        key: Key,
        (object, mut rejected, concern): (Option<Object>, Vec<Rejected>, Concern),
        in_list: bool,
    ) {
        let mut object = object.and_then(T::of);
        let store = T::store(self);
        if let Some(object) = &mut object {
            object.keep_last_good(store.known(&key, in_list).map(|known| &**known), &mut rejected);
        }
        if let Some(change) = store.put(key, Seen { object, rejected, concern }, in_list) {
            self.changed(change);
        }
    }

    fn delete<T: Noun>(&mut self, key: &Key) {
        if let Some(change) = T::store(self).delete(key) {
            self.changed(change);
        }
    }

    fn end_list<T: Noun>(&mut self) {
        for change in T::store(self).end_list() {
            self.changed(change);
        }
    }

    /// The Services that take part and have one of these pods among their endpoints.
    ///
    /// A scan of the pods' namespaces: weights change seldom, and an index would cost each change of a slice.
    fn services_over(&self, pods: &BTreeSet<Key>) -> Vec<Key> {
        let mut found = Vec::new();
        let namespaces: BTreeSet<&Arc<str>> = pods.iter().map(|pod| &pod.namespace).collect();
        for namespace in namespaces {
            let all = self.merged.range(Key::new(Arc::clone(namespace), "")..);
            for (key, _) in all.take_while(|(key, _)| key.namespace == *namespace) {
                let mut endpoints = self.slices_of(key).flat_map(|slice| &slice.endpoints);
                if endpoints.any(|endpoint| endpoint.pod.as_ref().is_some_and(|pod| pods.contains(pod))) {
                    found.push(key.clone());
                }
            }
        }
        found
    }

    fn slices_of<'a>(&'a self, service: &Key) -> impl Iterator<Item = &'a object::EndpointSlice> + Clone + use<'a> {
        slices_of(&self.slices_of, &self.slices, service)
    }

    /// Resolves the settings of one Service and merges its endpoints, and says whether that changes anything for clients.
    fn merge(&mut self, key: &Key) -> bool {
        let Some(service) = self.services.get(key).map(Arc::clone) else {
            let changed = self.opted_in.remove(key) | replace(&mut self.findings, key.clone(), Vec::new());
            self.note_rejections(changed);
            return self.leave(key);
        };
        let namespace = self.namespaces.get(&Key::new("", Arc::clone(&key.namespace)));
        let settings::Resolved { opted_in, ports, defaults, rejected: mut findings, meanwhile } =
            settings::resolve(&service, namespace.map(|namespace| &**namespace));
        let mut changed = settings::restate(&meanwhile, self.services.rejected_mut(key));
        let unsupported = entry::unsupported(&service);
        let takes_part = opted_in && unsupported.is_none();
        if takes_part || (opted_in && service.opts_in()) {
            changed |= self.opted_in.insert(key.clone());
            findings.extend(entry::lacking_affinity(&service, &ports));
            findings.extend(unsupported);
        } else {
            changed |= self.opted_in.remove(key);
        }
        changed |= replace(&mut self.findings, key.clone(), findings);
        self.note_rejections(changed);
        if !takes_part {
            return self.leave(key);
        }

        let now = super::Service { key: key.clone(), created: service.created, ports, defaults };
        let before = self.merged.get(key).map(|before| Arc::clone(&before.service));
        let now = match before {
            Some(before) if *before == now => before,
            Some(before) => {
                let slices = slices_of(&self.slices_of, &self.slices, key);
                self.renames.note(&before, &now, &slices);
                Arc::new(now)
            }
            None => Arc::new(now),
        };
        self.set_endpoints(&now, &service)
    }

    /// Merges the endpoints of one Service, whose settings are what they were, and says whether that changes anything for
    /// clients.
    fn merge_endpoints(&mut self, key: &Key) -> bool {
        let Some(service) = self.merged.get(key).map(|entry| Arc::clone(&entry.service)) else { return false };
        let Some(declared) = self.services.get(key).map(Arc::clone) else { return false };
        self.set_endpoints(&service, &declared)
    }

    fn set_endpoints(&mut self, service: &Arc<super::Service>, declared: &object::Service) -> bool {
        let key = &service.key;
        let slices = slices_of(&self.slices_of, &self.slices, key);
        self.renames.settle(service, &slices);
        let weight_of = |pod: &Key| self.pods.get(pod).map_or(1, |pod| pod.weight);
        let before = self.merged.get(key);
        let entry = Entry::new(service, declared, &slices, &self.renames, weight_of, before);
        if before.is_some_and(|before| before.is_same(&entry)) {
            return false;
        }
        self.merged.insert(key.clone(), entry);
        true
    }

    /// The Service takes no part. Says whether it did.
    fn leave(&mut self, key: &Key) -> bool {
        self.renames.forget(key);
        self.merged.remove(key).is_some()
    }
}

/// The slices of a Service, of these by these keys.
fn slices_of<'a>(
    keys: &'a BTreeMap<Key, BTreeSet<Key>>,
    slices: &'a Store<object::EndpointSlice>,
    service: &Key,
) -> impl Iterator<Item = &'a object::EndpointSlice> + Clone + use<'a> {
    let keys = keys.get(service).into_iter().flatten();
    keys.filter_map(|key| slices.get(key)).map(|slice| &**slice)
}

/// Replaces what is `rejected` of something, and says whether that is anything else than before.
fn replace<K: Ord>(all: &mut BTreeMap<K, Vec<Rejected>>, key: K, rejected: Vec<Rejected>) -> bool {
    if rejected.is_empty() {
        return all.remove(&key).is_some();
    }
    let is_same = all.get(&key) == Some(&rejected);
    all.insert(key, rejected);
    !is_same
}

/// Whether it is about an annotation or label of ours, or one that was to opt a Service in, which concern us on any Service.
fn concerns_us(one: &Rejected) -> bool {
    let is_about_settings = matches!(
        one.reason,
        // The last one is of an annotation that has no effect where it stands.
        Reason::InvalidAnnotation | Reason::UnknownAnnotation | Reason::DoubtfulAnnotation | Reason::DoubtfulObject
    );
    let is_ours = match &one.field {
        Location::Annotation(MetadataKey::Ours(_), _)
        | Location::Label(MetadataKey::Ours(_))
        | Location::Inherited(..) => true,
        Location::Annotation(MetadataKey::Foreign(key), _) => **key == *compat::OPT_IN,
        Location::Label(MetadataKey::Foreign(_))
        | Location::File
        | Location::Line(_)
        | Location::Field(_)
        | Location::Elsewhere(..) => false,
    };
    is_about_settings && is_ours
}
