//! Sets of names that many streams have in common.
//!
//! The clients of a fleet ask for the same names, hundreds of them. So sets are never changed once they are made, and a set
//! that a client subscribes to is looked up among those of all streams: if another one has it, both hold the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::subscription::cost;
use crate::xds::{Name, Version};

/// Names in order, each once. Cloning it is a pointer copy.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(Option<Arc<Set>>);

/// A set that has names.
#[derive(Debug)]
struct Set {
    names: Box<[Name]>,
    /// What they cost.
    bytes: usize,
    /// Under which [`SHARED`] has it, if it does.
    key: Option<Version>,
}

/// The sets that are in use by streams. Locked only to look one up, to enter one and to take one out.
static SHARED: Mutex<BTreeMap<Version, Weak<Set>>> = Mutex::new(BTreeMap::new());

impl Names {
    /// The set of these names, which are in order, each once; the very one that another stream has, if one does.
    /// Otherwise `known` is asked for each name, in case that somebody has it already.
    pub fn shared(names: &[&str], mut known: impl FnMut(&str) -> Option<Name>) -> Self {
        if names.is_empty() {
            return Self::default();
        }
        let key = digest(names.iter().copied());
        // Bound, so that the lock isn't held by what follows: to drop a set takes the lock.
        let found = sets().get(&key).and_then(Weak::upgrade);
        // Nobody can choose what others get by a digest that meets theirs.
        if let Some(set) = found.filter(|set| set.names.iter().map(|name| &**name).eq(names.iter().copied())) {
            return Self(Some(set));
        }
        let names = names.iter().map(|name| known(name).unwrap_or_else(|| Name::from(*name)));
        let set = Arc::new(Set::new(names.collect(), Some(key)));
        sets().insert(key, Arc::downgrade(&set));
        Self(Some(set))
    }

    /// The names, in order.
    pub fn as_slice(&self) -> &[Name] {
        self.0.as_ref().map_or(&[], |set| &set.names)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Name> {
        self.as_slice().iter()
    }

    /// The same, to compare.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|name| &**name)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The name in the set that is equal to this.
    pub fn get(&self, name: &str) -> Option<&Name> {
        let names = self.as_slice();
        names.binary_search_by(|candidate| candidate.as_ref().cmp(name)).ok().and_then(|index| names.get(index))
    }

    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// About what the names cost in memory.
    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |set| set.bytes)
    }

    /// Those that fulfil a condition, which sees them in order. The same set if all do.
    pub fn filter(&self, mut condition: impl FnMut(&str) -> bool) -> Self {
        let Some(first) = self.iter().position(|name| !condition(name)) else { return self.clone() };
        let (before, rest) = self.as_slice().split_at(first);
        let rest = rest.iter().skip(1).filter(|name| condition(name));
        before.iter().chain(rest).cloned().collect()
    }

    /// Those of both. The same set as one of them if that has all.
    pub fn union(&self, other: &Self) -> Self {
        let more = other.filter(not(among(self.texts())));
        if more.is_empty() {
            return self.clone();
        }
        if more.as_slice().len() + self.as_slice().len() == other.as_slice().len() {
            return other.clone();
        }
        self.iter().chain(more.iter()).cloned().collect()
    }
}

/// A set of its own, for what departs from a subscription, whatever order the names come in.
impl FromIterator<Name> for Names {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        let mut names: Vec<Name> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        Self((!names.is_empty()).then(|| Arc::new(Set::new(names.into(), None))))
    }
}

impl Set {
    fn new(names: Box<[Name]>, key: Option<Version>) -> Self {
        Self { bytes: names.iter().map(|name| cost(name)).sum(), names, key }
    }
}

/// The last stream that had it is gone, or wants something else.
impl Drop for Set {
    fn drop(&mut self) {
        let Some(key) = &self.key else { return };
        let mut sets = sets();
        // An equal set may have been entered since nobody could have this one any more.
        if sets.get(key).is_some_and(|set| set.strong_count() == 0) {
            sets.remove(key);
        }
    }
}

/// Whether each of the names that it is asked for, in order, is among `names`, which are in order, too.
pub(super) fn among<'a>(names: impl Iterator<Item = &'a str>) -> impl FnMut(&str) -> bool {
    let mut names = names.peekable();
    move |name| {
        while names.next_if(|other| *other < name).is_some() {}
        names.peek() == Some(&name)
    }
}

/// The opposite.
pub(super) fn not(mut condition: impl FnMut(&str) -> bool) -> impl FnMut(&str) -> bool {
    move |name| !condition(name)
}

/// Stands for a list of names, in this order.
pub(super) fn digest<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Version {
    let mut bytes = Vec::with_capacity(names.clone().map(|name| name.len() + 1).sum());
    for name in names {
        bytes.extend_from_slice(name.as_bytes());
        // In no text.
        bytes.push(0xff);
    }
    Version::of(&bytes)
}

fn sets() -> MutexGuard<'static, BTreeMap<Version, Weak<Set>>> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
