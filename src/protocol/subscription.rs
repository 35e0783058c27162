//! What a client wants of one type.

use super::name_list::NameList;
use super::names::{Names, among, digest, not};
use crate::xds::{Name, ResourceMap, ResourceType, Version};

/// What a name costs besides its letters: entries in sets, the counts of a shared string. Rounded up.
pub const NAME_OVERHEAD_BYTES: usize = 64;

/// The name that stands for "everything".
pub(super) const WILDCARD: &str = "*";

/// What a client wants of one type: nothing, everything, some names, or everything and some names in particular.
#[derive(Debug, Clone, Default)]
pub(super) struct Subscription {
    wildcard: Wildcard,
    names: Names,
    /// Stands for the list of the last state-of-the-world request that had names. Every answer repeats it.
    repeated: Option<Version>,
}

/// Whether everything is wanted, and how the client said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wildcard {
    /// Only names are wanted.
    #[default]
    No,
    /// The first request of the type had no names, which means everything for LDS and CDS.
    Legacy,
    /// The client subscribed to `*`.
    Explicit,
}

/// What a request changed in a subscription.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Everything is wanted now, and wasn't before.
    pub everything: bool,
    /// Everything was wanted in so many words, and is asked for once more.
    pub again: bool,
    /// These names are to be sent, even if the client was sent them before.
    pub added: Names,
    /// Those of them that weren't wanted before in any way.
    pub new: Names,
    /// These names are no longer wanted in particular, but the wildcard covers them still.
    pub covered: Names,
    /// Names that were wanted in particular before this request, and are covered by the wildcard from now on.
    pub kept: Names,
}

impl Subscription {
    /// Whether a resource of this name is wanted.
    pub fn matches(&self, name: &str) -> bool {
        self.is_wildcard() || self.names.contains(name)
    }

    /// Whether everything is wanted.
    pub fn is_wildcard(&self) -> bool {
        self.wildcard != Wildcard::No
    }

    /// The names that are wanted in particular.
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// About what the names cost in memory.
    pub fn bytes(&self) -> usize {
        self.names.bytes()
    }

    /// A state-of-the-world request: its names replace the set. Of `map` are taken those that it has.
    ///
    /// No names mean everything in the first request of LDS or CDS, and still do until a name was given; otherwise
    /// they mean nothing (xDS protocol, "How the client specifies what resources to return").
    pub fn replace(
        &mut self,
        resource_type: ResourceType,
        first: bool,
        names: &NameList,
        map: &ResourceMap,
    ) -> Changes {
        if names.is_empty() {
            return match self.wildcard {
                Wildcard::Legacy => Changes::default(),
                Wildcard::No if first => self.begin_legacy(resource_type),
                Wildcard::No | Wildcard::Explicit => {
                    *self = Self::default();
                    Changes::default()
                }
            };
        }
        let repeated = Some(digest(names.iter()));
        if self.repeated == repeated {
            return Changes::default();
        }
        self.repeated = repeated;
        let before = self.is_wildcard();
        let wildcard = resource_type.has_wildcard() && names.iter().any(|name| name == WILDCARD);
        self.wildcard = if wildcard { Wildcard::Explicit } else { Wildcard::No };
        let old = self.wants(&sorted(names), map);
        let added = self.names.filter(not(among(old.texts())));
        Changes {
            everything: self.is_wildcard() && !before,
            again: false,
            new: if before { Names::default() } else { added.clone() },
            added,
            covered: Names::default(),
            kept: if wildcard { old.filter(not(among(self.names.texts()))) } else { Names::default() },
        }
    }

    /// A delta request: first what is subscribed, then what is unsubscribed. Of `map` are taken the names that it has.
    ///
    /// A name that is subscribed again is sent again (`resource_names_subscribe` in discovery.proto). A legacy wildcard
    /// lasts until `*` is unsubscribed (xDS protocol, the delta example of the same section).
    pub fn update(
        &mut self,
        resource_type: ResourceType,
        first: bool,
        subscribe: &NameList,
        unsubscribe: &NameList,
        map: &ResourceMap,
    ) -> Changes {
        let mut changes =
            if first && subscribe.is_empty() { self.begin_legacy(resource_type) } else { Changes::default() };
        let before = self.wildcard;
        if resource_type.has_wildcard() && subscribe.iter().any(|name| name == WILDCARD) {
            changes.everything |= before == Wildcard::No;
            changes.again |= before == Wildcard::Explicit;
            self.wildcard = Wildcard::Explicit;
        }
        if unsubscribe.iter().any(|name| name == WILDCARD) {
            self.wildcard = Wildcard::No;
            changes.everything = false;
            changes.again = false;
        }
        let (subscribe, unsubscribe) = (sorted(subscribe), sorted(unsubscribe));
        if subscribe.is_empty() && unsubscribe.is_empty() {
            return changes;
        }
        let old = self.names.clone();
        let mut wanted: Vec<&str> = old.texts().chain(subscribe.iter().copied()).collect();
        #[expect(
            clippy::stable_sort_primitive,
            reason = "of two runs in order a stable sort makes one in a single go"
        )]
        wanted.sort();
        wanted.dedup();
        let mut is_unsubscribed = among(unsubscribe.iter().copied());
        let (gone, wanted): (Vec<&str>, Vec<&str>) = wanted.into_iter().partition(|name| is_unsubscribed(name));
        self.wants(&wanted, map);
        changes.added = self.names.filter(among(subscribe.iter().copied()));
        if before == Wildcard::No {
            changes.new = changes.added.filter(not(among(old.texts())));
        }
        if self.is_wildcard() {
            changes.covered = gone.into_iter().map(Name::from).collect();
            changes.kept = changes.covered.filter(among(old.texts()));
        }
        changes
    }

    /// These names are wanted from now on. Returns those that were before.
    fn wants(&mut self, names: &[&str], map: &ResourceMap) -> Names {
        let old = &self.names;
        let known = |name: &str| old.get(name).or_else(|| map.get(name).map(|resource| resource.name())).cloned();
        let names = Names::shared(names, known);
        std::mem::replace(&mut self.names, names)
    }

    fn begin_legacy(&mut self, resource_type: ResourceType) -> Changes {
        if resource_type.is_whole_world() {
            self.wildcard = Wildcard::Legacy;
        }
        Changes { everything: self.is_wildcard(), ..Changes::default() }
    }
}

/// The names but for the wildcard, in order, each once.
fn sorted(names: &NameList) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().filter(|name| *name != WILDCARD).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// About what a name costs in memory, in bytes.
pub(super) fn cost(name: &str) -> usize {
    name.len() + NAME_OVERHEAD_BYTES
}
