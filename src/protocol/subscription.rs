//! The subscription of one stream to one resource type: resource names, or a wildcard.

use super::name_list::NameList;
use super::names::{KnownNames, Names, among, digest, not};
use crate::xds::{Name, ResourceType, Version};

/// What a name costs in memory besides its letters: entries in sets, the counts of a shared string. Rounded up.
pub const NAME_OVERHEAD_BYTES: usize = 64;

/// The name that stands for "everything".
pub(super) const WILDCARD: &str = "*";

/// What a client subscribes to: nothing, everything, names, or everything and names beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct Subscription {
    wildcard: Wildcard,
    names: Names,
    /// The hash of the list of the last state-of-the-world request that had names. Every ACK repeats the list.
    repeated: Option<Version>,
}

/// Whether the client subscribes to everything, and how it said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wildcard {
    /// Only to names.
    #[default]
    No,
    /// The first request of the type had no names, which means everything for LDS and CDS.
    Legacy,
    /// The client subscribed to `*`.
    Explicit,
}

/// How a request changed a subscription.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The wildcard is new.
    pub everything: bool,
    /// The client subscribed to `*` once more.
    pub again: bool,
    /// The names to send, even if the client was sent them before.
    pub added: Names,
    /// Those of them that neither a name nor the wildcard covered before.
    pub new: Names,
    /// The names that were unsubscribed from and that the wildcard still covers.
    pub covered: Names,
    /// The names that were subscribed to before this request and that only the wildcard covers from now on.
    pub kept: Names,
}

impl Subscription {
    /// Whether it covers a resource of this name.
    pub fn matches(&self, name: &str) -> bool {
        self.is_wildcard() || self.names.contains(name)
    }

    /// Whether it covers everything.
    pub fn is_wildcard(&self) -> bool {
        self.wildcard != Wildcard::No
    }

    /// The names that the client subscribes to, without those that only the wildcard covers.
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// About what the names cost in memory.
    pub fn bytes(&self) -> usize {
        self.names.bytes()
    }

    /// A state-of-the-world request: its names replace the set.
    ///
    /// No names mean everything in the first request of LDS or CDS, and still do until a name was given; otherwise
    /// they mean nothing (xDS protocol, "How the client specifies what resources to return").
    pub fn replace(
        &mut self,
        resource_type: ResourceType,
        first: bool,
        names: &NameList,
        known: KnownNames<'_>,
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
        let old = self.set_names(&sorted(names), known);
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

    /// A delta request: first what is subscribed to, then what is unsubscribed from.
    ///
    /// A name that is subscribed to again is sent again (`resource_names_subscribe` in discovery.proto). A legacy wildcard
    /// lasts until `*` is unsubscribed from (xDS protocol, the delta example of the same section).
    pub fn update(
        &mut self,
        resource_type: ResourceType,
        first: bool,
        subscribe: &NameList,
        unsubscribe: &NameList,
        known: KnownNames<'_>,
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
        let mut names: Vec<&str> = old.texts().chain(subscribe.iter().copied()).collect();
        #[expect(
            clippy::stable_sort_primitive,
            reason = "of two runs in order a stable sort makes one in a single go"
        )]
        names.sort();
        names.dedup();
        let mut is_unsubscribed = among(unsubscribe.iter().copied());
        let (gone, names): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| is_unsubscribed(name));
        self.set_names(&names, known);
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

    /// Replaces the names, and returns those from before.
    fn set_names(&mut self, names: &[&str], known: KnownNames<'_>) -> Names {
        let names = known.set(names, &self.names);
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
