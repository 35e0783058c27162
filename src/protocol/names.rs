//! Sets of resource names, shared by the streams that subscribe to the same names.
//!
//! The clients of a fleet subscribe to the same names, hundreds of them. So a set never changes once it is made, and
//! before one is made it is looked up in [`NameSets`], among those of other streams.

use std::fmt;
use std::sync::Arc;

use super::subscription::cost;
use crate::xds::{Name, ResourceMap, Version};

/// Where streams find the sets of names that other streams hold. The owner of the sessions implements it, because what
/// sessions share is locked.
pub trait NameSets: fmt::Debug + Send + Sync {
    /// The set that was last inserted with this digest, as long as anything holds it.
    fn get(&self, digest: Version) -> Option<Arc<NameSet>>;

    /// Makes a set known to others, without keeping it alive.
    fn insert(&self, digest: Version, set: &Arc<NameSet>);
}

/// Resource names in order, each once; at least one.
#[derive(Debug)]
pub struct NameSet {
    names: Box<[Name]>,
    /// About what the names cost in memory.
    bytes: usize,
}

/// A [`NameSet`], or no names. Cloning it is a pointer copy.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(Option<Arc<NameSet>>);

/// Where names are looked up before they are allocated.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownNames<'a> {
    /// The resources that the client should hold.
    pub map: &'a ResourceMap,
    /// The sets of other streams.
    pub sets: Option<&'a dyn NameSets>,
}

impl KnownNames<'_> {
    /// The set of these names, which are in order, each once: the one that another stream holds, or a new one, with those
    /// of `old` and of the resources as far as they have them.
    pub fn set(&self, names: &[&str], old: &Names) -> Names {
        if names.is_empty() {
            return Names::default();
        }
        let shared = self.sets.map(|sets| (sets, digest(names.iter().copied())));
        // The names are compared, too: nobody can choose what others get by a digest that collides with theirs.
        let found = shared
            .and_then(|(sets, digest)| sets.get(digest))
            .filter(|set| set.names.iter().map(|name| &**name).eq(names.iter().copied()));
        if found.is_some() {
            return Names(found);
        }
        let known = |name: &str| old.get(name).or_else(|| self.map.get(name).map(|resource| resource.name())).cloned();
        let names = names.iter().map(|name| known(name).unwrap_or_else(|| Name::from(*name)));
        let set = Arc::new(NameSet::new(names.collect()));
        if let Some((sets, digest)) = shared {
            sets.insert(digest, &set);
        }
        Names(Some(set))
    }
}

impl Names {
    /// The names, in order.
    pub fn as_slice(&self) -> &[Name] {
        self.0.as_ref().map_or(&[], |set| &set.names)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Name> {
        self.as_slice().iter()
    }

    /// The names as texts, in order.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|name| &**name)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The shared name that is equal to this one.
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

    /// The names that fulfil a condition, which is called with them in order. The same set if all do.
    pub fn filter(&self, mut condition: impl FnMut(&str) -> bool) -> Self {
        let Some(first) = self.iter().position(|name| !condition(name)) else { return self.clone() };
        let (before, rest) = self.as_slice().split_at(first);
        let rest = rest.iter().skip(1).filter(|name| condition(name));
        before.iter().chain(rest).cloned().collect()
    }

    /// The names of both sets. The same set as one of them if that has all.
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

/// A set that isn't shared, of names in any order.
impl FromIterator<Name> for Names {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        let mut names: Vec<Name> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        Self((!names.is_empty()).then(|| Arc::new(NameSet::new(names.into()))))
    }
}

impl NameSet {
    fn new(names: Box<[Name]>) -> Self {
        Self { bytes: names.iter().map(|name| cost(name)).sum(), names }
    }
}

/// A predicate: whether a name is among `names`. Both the names that it is called with and `names` are in order.
pub(super) fn among<'a>(names: impl Iterator<Item = &'a str>) -> impl FnMut(&str) -> bool {
    let mut names = names.peekable();
    move |name| {
        while names.next_if(|other| *other < name).is_some() {}
        names.peek() == Some(&name)
    }
}

/// The opposite predicate.
pub(super) fn not(mut condition: impl FnMut(&str) -> bool) -> impl FnMut(&str) -> bool {
    move |name| !condition(name)
}

/// The hash of a list of names, in this order.
pub(super) fn digest<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Version {
    let mut bytes = Vec::with_capacity(names.clone().map(|name| name.len() + 1).sum());
    for name in names {
        bytes.extend_from_slice(name.as_bytes());
        // In no text.
        bytes.push(0xff);
    }
    Version::of(&bytes)
}

#[cfg(test)]
mod tests;
