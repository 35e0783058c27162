//! What a client wants of one type, told anew from the specification ("How the client specifies what resources to
//! return").

use std::collections::BTreeSet;

use chancery::xds::ResourceType;

use super::step::WILDCARD;

/// The names that a client wants, and whether it wants all the others too.
#[derive(Debug, Clone, Default)]
pub struct DemandReader {
    pub wildcard: Wildcard,
    pub names: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wildcard {
    #[default]
    No,
    Legacy,
    Explicit,
}

/// What a request changed.
#[derive(Debug, Default)]
pub struct DemandChange {
    /// Everything is wanted now, and wasn't before.
    pub began: bool,
    /// Everything was wanted, and isn't any more.
    pub ended: bool,
    /// Everything was wanted, and is asked for once more.
    pub again: bool,
    /// Names that are wanted in particular now, in delta also those that were before.
    pub added: BTreeSet<String>,
    /// Names that aren't wanted in particular any more.
    pub dropped: BTreeSet<String>,
}

impl DemandReader {
    pub fn is_everything(&self) -> bool {
        self.wildcard != Wildcard::No
    }

    pub fn is(&self, name: &str) -> bool {
        self.is_everything() || self.names.contains(name)
    }

    /// The names as a client lists them.
    pub fn list(&self) -> BTreeSet<String> {
        let wildcard = match self.wildcard {
            Wildcard::No => None,
            // Beside names an empty list can't say it.
            Wildcard::Legacy if self.names.is_empty() => None,
            Wildcard::Legacy | Wildcard::Explicit => Some(WILDCARD.to_owned()),
        };
        self.names.iter().cloned().chain(wildcard).collect()
    }

    /// State of the world: the list is what is wanted.
    pub fn replace(&mut self, of: ResourceType, first: bool, list: &BTreeSet<String>) -> DemandChange {
        let before = self.before(first);
        let still_legacy = before.wildcard == Wildcard::Legacy || (first && has_legacy_wildcard(of));
        self.wildcard = match list.contains(WILDCARD) {
            true if has_wildcard(of) => Wildcard::Explicit,
            _ if list.is_empty() && still_legacy => Wildcard::Legacy,
            _ => Wildcard::No,
        };
        self.names = list.iter().filter(|name| *name != WILDCARD).cloned().collect();
        DemandChange {
            began: self.is_everything() && !before.is_everything(),
            ended: before.is_everything() && !self.is_everything(),
            again: false,
            added: self.names.difference(&before.names).cloned().collect(),
            dropped: before.names.difference(&self.names).cloned().collect(),
        }
    }

    /// Delta: first what is subscribed to, then what no longer.
    pub fn update(
        &mut self,
        of: ResourceType,
        first: bool,
        subscribe: &[String],
        unsubscribe: &[String],
    ) -> DemandChange {
        let before = self.before(first);
        let mut wish = DemandChange::default();
        if first && subscribe.is_empty() && has_legacy_wildcard(of) {
            self.wildcard = Wildcard::Legacy;
        }
        for name in subscribe {
            if name != WILDCARD {
                self.names.insert(name.clone());
                wish.added.insert(name.clone());
            } else if has_wildcard(of) {
                wish.again = before.wildcard == Wildcard::Explicit;
                self.wildcard = Wildcard::Explicit;
            }
        }
        for name in unsubscribe {
            if name == WILDCARD {
                self.wildcard = Wildcard::No;
            } else if self.names.remove(name) {
                wish.added.remove(name);
                wish.dropped.insert(name.clone());
            }
        }
        wish.began = self.is_everything() && !before.is_everything();
        wish.ended = before.is_everything() && !self.is_everything();
        wish.again &= self.is_everything();
        wish
    }

    /// What the server knows: nothing of what was wanted on an earlier stream.
    fn before(&mut self, first: bool) -> Self {
        if first {
            *self = Self::default();
        }
        self.clone()
    }
}

/// Secrets are given by name only.
fn has_wildcard(of: ResourceType) -> bool {
    of != ResourceType::Secret
}

fn has_legacy_wildcard(of: ResourceType) -> bool {
    matches!(of, ResourceType::Cluster | ResourceType::Listener)
}
