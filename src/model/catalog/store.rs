//! Stores the objects of one kind.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use crate::model::{Concern, Key, Rejected};

/// The objects of one kind as a source told them, and those of a list that is still coming in.
#[derive(Debug)]
pub(super) struct Store<T> {
    current: BTreeMap<Key, Held<T>>,
    /// The keys of what is rejected in whole or in part, so that telling them costs nothing when there are none.
    faulty: BTreeSet<Key>,
    listing: Option<BTreeMap<Key, Held<T>>>,
    complete: bool,
}

/// An object as a source tells it, with what can't be used of it.
#[derive(Debug)]
pub(super) struct Seen<T> {
    /// What it is now; `None` if it can't be used as a whole.
    pub object: Option<T>,
    pub rejected: Vec<Rejected>,
    /// Whose business that is while there is no object.
    pub concern: Concern,
}

/// One object, with what can't be used of it.
#[derive(Debug, PartialEq)]
struct Held<T> {
    /// Its last usable version, if there was one.
    object: Option<Arc<T>>,
    rejected: Vec<Rejected>,
    /// Whose business that is while there is no object.
    concern: Concern,
}

/// An object that differs from what was known of it, or is rejected for other reasons than before.
#[derive(Debug)]
pub(super) struct Change<T> {
    pub key: Key,
    pub old: Option<Arc<T>>,
    pub new: Option<Arc<T>>,
    /// Whether anything of it is rejected, or was.
    pub faulty: bool,
}

impl<T: PartialEq> Store<T> {
    /// Whether a list was complete once.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    pub fn get(&self, key: &Key) -> Option<&Arc<T>> {
        self.current.get(key)?.object.as_ref()
    }

    /// What an object that comes now (`in_list`: in a list) replaces.
    pub fn known(&self, key: &Key, in_list: bool) -> Option<&Arc<T>> {
        let listed = self.listing.as_ref().filter(|_| in_list).and_then(|listing| listing.get(key));
        listed.and_then(|held| held.object.as_ref()).or_else(|| self.get(key))
    }

    /// Takes in an object; without one, what was known of it stays.
    pub fn put(&mut self, key: Key, seen: Seen<T>, in_list: bool) -> Option<Change<T>> {
        let Seen { object, rejected, concern } = seen;
        let object = object.map(Arc::new).or_else(|| self.known(&key, in_list).map(Arc::clone));
        let held = Held { object, rejected, concern };
        match &mut self.listing {
            Some(listing) if in_list => {
                listing.insert(key, held);
                return None;
            }
            // The list may have been made before this change, or it would have the object as it is now.
            Some(listing) => drop(listing.insert(key.clone(), held.clone())),
            None => {}
        }
        self.replace(key, held)
    }

    pub fn delete(&mut self, key: &Key) -> Option<Change<T>> {
        if let Some(listing) = &mut self.listing {
            listing.remove(key);
        }
        let faulty = self.faulty.remove(key);
        let old = self.current.remove(key)?.object;
        Some(Change { key: key.clone(), old, new: None, faulty })
    }

    /// A list begins. One that had begun before and never ended is forgotten.
    pub fn begin_list(&mut self) {
        self.listing = Some(BTreeMap::new());
    }

    /// The list is complete: it replaces what was known. Returns the net difference.
    pub fn end_list(&mut self) -> Vec<Change<T>> {
        let Some(listing) = self.listing.take() else { return Vec::new() };
        self.complete = true;
        let gone: Vec<Key> = self.current.keys().filter(|key| !listing.contains_key(key)).cloned().collect();
        let mut changes: Vec<_> = gone.iter().filter_map(|key| self.delete(key)).collect();
        changes.extend(listing.into_iter().filter_map(|(key, held)| self.replace(key, held)));
        changes
    }

    /// The keys of the usable objects in a namespace.
    pub fn in_namespace<'a>(&'a self, namespace: &'a Arc<str>) -> impl Iterator<Item = &'a Key> {
        let from = self.current.range(Key::new(Arc::clone(namespace), "")..);
        from.map(|(key, _)| key).take_while(|key| key.namespace == *namespace)
    }

    /// Every object of which something is rejected, or, if it can't be used, whose business that is; and what is rejected.
    pub fn reports(&self) -> impl Iterator<Item = (&Key, Result<&T, &Concern>, &[Rejected])> {
        let faulty = self.faulty.iter().filter_map(|key| self.current.get_key_value(key));
        faulty.map(|(key, Held { object, rejected, concern })| {
            (key, object.as_deref().ok_or(concern), rejected.as_slice())
        })
    }

    /// Whether an object of this name is known, usable or not.
    pub fn contains(&self, key: &Key) -> bool {
        self.current.contains_key(key)
    }

    /// The keys after this one, or all, of every object that is known.
    pub fn keys_after(&self, key: Option<&Key>) -> impl Iterator<Item = &Key> {
        let from = key.map_or(Bound::Unbounded, Bound::Excluded);
        self.current.range((from, Bound::Unbounded)).map(|(key, _)| key)
    }

    fn replace(&mut self, key: Key, held: Held<T>) -> Option<Change<T>> {
        if self.current.get(&key).is_some_and(|known| *known == held) {
            return None;
        }
        let faulty = if held.rejected.is_empty() {
            self.faulty.remove(&key)
        } else {
            self.faulty.insert(key.clone());
            true
        };
        let new = held.object.clone();
        let old = self.current.insert(key.clone(), held).and_then(|known| known.object);
        Some(Change { key, old, new, faulty })
    }

    /// What is rejected of an object.
    pub fn rejected(&self, key: &Key) -> &[Rejected] {
        self.current.get(key).map_or(&[], |held| held.rejected.as_slice())
    }

    /// What is rejected of an object, to say it better.
    pub fn rejected_mut(&mut self, key: &Key) -> &mut [Rejected] {
        self.current.get_mut(key).map_or(&mut [], |held| held.rejected.as_mut_slice())
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self { object: self.object.clone(), rejected: self.rejected.clone(), concern: self.concern.clone() }
    }
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { current: BTreeMap::new(), faulty: BTreeSet::new(), listing: None, complete: false }
    }
}
