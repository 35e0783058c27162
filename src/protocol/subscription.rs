//! What a client wants of one type.

use std::collections::BTreeSet;

use crate::xds::{Name, ResourceType};

/// What a name costs besides its letters: entries in sets, the counts of a shared string. Rounded up.
pub const NAME_OVERHEAD_BYTES: usize = 64;

/// The name that stands for "everything".
pub(super) const WILDCARD: &str = "*";

/// What a client wants of one type: nothing, everything, some names, or everything and some names in particular.
#[derive(Debug, Clone, Default)]
pub(super) struct Subscription {
    wildcard: Wildcard,
    names: BTreeSet<Name>,
    /// What the names cost.
    bytes: usize,
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
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Everything is wanted now, and wasn't before.
    pub everything: bool,
    /// Everything was wanted in so many words, and is asked for once more.
    pub again: bool,
    /// These names are to be sent, even if the client was sent them before.
    pub added: BTreeSet<Name>,
    /// Those of them that weren't wanted before in any way.
    pub new: BTreeSet<Name>,
    /// These names are no longer wanted in particular, but the wildcard covers them still.
    pub covered: BTreeSet<Name>,
    /// Names that were wanted in particular before this request, and are covered by the wildcard from now on.
    pub kept: BTreeSet<Name>,
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
    pub const fn names(&self) -> &BTreeSet<Name> {
        &self.names
    }

    /// About what the names cost in memory.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// A state-of-the-world request: its names replace the set.
    ///
    /// No names mean everything in the first request of LDS or CDS, and still do until a name was given; otherwise
    /// they mean nothing (xDS protocol, "How the client specifies what resources to return").
    pub fn replace(&mut self, resource_type: ResourceType, first: bool, names: Vec<String>) -> Changes {
        if names.is_empty() {
            return match self.wildcard {
                Wildcard::Legacy => Changes::default(),
                Wildcard::No if first => self.begin_legacy(resource_type),
                Wildcard::No | Wildcard::Explicit => {
                    self.wildcard = Wildcard::No;
                    self.bytes = 0;
                    self.names.clear();
                    Changes::default()
                }
            };
        }
        let before = self.is_wildcard();
        let mut names: BTreeSet<Name> = names.into_iter().map(Name::from).collect();
        let wildcard = names.remove(WILDCARD) && resource_type.has_wildcard();
        self.wildcard = if wildcard { Wildcard::Explicit } else { Wildcard::No };
        self.bytes = names.iter().map(|name| cost(name)).sum();
        let added: BTreeSet<Name> = names.difference(&self.names).cloned().collect();
        let changes = Changes {
            everything: self.is_wildcard() && !before,
            again: false,
            new: if before { BTreeSet::new() } else { added.clone() },
            added,
            covered: BTreeSet::new(),
            kept: if self.is_wildcard() { self.names.difference(&names).cloned().collect() } else { BTreeSet::new() },
        };
        self.names = names;
        changes
    }

    /// A delta request: first what is subscribed, then what is unsubscribed.
    ///
    /// A name that is subscribed again is sent again (`resource_names_subscribe` in discovery.proto). A legacy wildcard
    /// lasts until `*` is unsubscribed (xDS protocol, the delta example of the same section).
    pub fn update(
        &mut self,
        resource_type: ResourceType,
        first: bool,
        subscribe: Vec<String>,
        unsubscribe: Vec<String>,
    ) -> Changes {
        let mut changes =
            if first && subscribe.is_empty() { self.begin_legacy(resource_type) } else { Changes::default() };
        let before = self.wildcard;
        for name in subscribe {
            if name == WILDCARD {
                if resource_type.has_wildcard() {
                    changes.everything |= before == Wildcard::No;
                    changes.again |= before == Wildcard::Explicit;
                    self.wildcard = Wildcard::Explicit;
                }
            } else {
                let name = Name::from(name);
                if self.names.insert(Name::clone(&name)) {
                    self.bytes += cost(&name);
                    if before == Wildcard::No {
                        changes.new.insert(Name::clone(&name));
                    }
                }
                changes.added.insert(name);
            }
        }
        for name in unsubscribe {
            if name == WILDCARD {
                self.wildcard = Wildcard::No;
                changes.everything = false;
                changes.again = false;
            } else if let Some(name) = self.names.take(name.as_str()) {
                self.bytes -= cost(&name);
                changes.added.remove(&name);
                if !changes.new.remove(&name) {
                    changes.kept.insert(Name::clone(&name));
                }
                changes.covered.insert(name);
            }
        }
        if !self.is_wildcard() {
            changes.covered.clear();
            changes.kept.clear();
        }
        changes
    }

    fn begin_legacy(&mut self, resource_type: ResourceType) -> Changes {
        if resource_type.is_whole_world() {
            self.wildcard = Wildcard::Legacy;
        }
        Changes { everything: self.is_wildcard(), ..Changes::default() }
    }
}

/// About what a name costs in memory, in bytes.
pub(super) fn cost(name: &str) -> usize {
    name.len() + NAME_OVERHEAD_BYTES
}
