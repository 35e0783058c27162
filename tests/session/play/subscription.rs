//! The subscription to one type, written anew from the specification ("How the client specifies what resources to
//! return").

use std::collections::BTreeSet;

use chancery::xds::ResourceType;

use super::step::WILDCARD;

/// The names that a client subscribes to, and whether to all others too.
#[derive(Debug, Clone, Default)]
pub struct Subscription {
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
pub struct Changes {
    /// The wildcard is new.
    pub began: bool,
    /// The wildcard is gone.
    pub ended: bool,
    /// The client subscribed to `*` once more.
    pub again: bool,
    /// Names that are subscribed to now, in delta also those that were before.
    pub added: BTreeSet<String>,
    /// Names that aren't subscribed to any more.
    pub dropped: BTreeSet<String>,
}

impl Subscription {
    pub fn is_everything(&self) -> bool {
        self.wildcard != Wildcard::No
    }

    pub fn matches(&self, name: &str) -> bool {
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

    /// State of the world: the list is the subscription.
    pub fn replace(&mut self, of: ResourceType, first: bool, list: &BTreeSet<String>) -> Changes {
        let before = self.before(first);
        let still_legacy = before.wildcard == Wildcard::Legacy || (first && has_legacy_wildcard(of));
        self.wildcard = match list.contains(WILDCARD) {
            true if has_wildcard(of) => Wildcard::Explicit,
            _ if list.is_empty() && still_legacy => Wildcard::Legacy,
            _ => Wildcard::No,
        };
        self.names = list.iter().filter(|name| *name != WILDCARD).cloned().collect();
        Changes {
            began: self.is_everything() && !before.is_everything(),
            ended: before.is_everything() && !self.is_everything(),
            again: false,
            added: self.names.difference(&before.names).cloned().collect(),
            dropped: before.names.difference(&self.names).cloned().collect(),
        }
    }

    /// Delta: first what is subscribed to, then what no longer.
    pub fn update(&mut self, of: ResourceType, first: bool, subscribe: &[String], unsubscribe: &[String]) -> Changes {
        let before = self.before(first);
        let mut changes = Changes::default();
        if first && subscribe.is_empty() && has_legacy_wildcard(of) {
            self.wildcard = Wildcard::Legacy;
        }
        for name in subscribe {
            if name != WILDCARD {
                self.names.insert(name.clone());
                changes.added.insert(name.clone());
            } else if has_wildcard(of) {
                changes.again = before.wildcard == Wildcard::Explicit;
                self.wildcard = Wildcard::Explicit;
            }
        }
        for name in unsubscribe {
            if name == WILDCARD {
                self.wildcard = Wildcard::No;
            } else if self.names.remove(name) {
                changes.added.remove(name);
                changes.dropped.insert(name.clone());
            }
        }
        changes.began = self.is_everything() && !before.is_everything();
        changes.ended = before.is_everything() && !self.is_everything();
        changes.again &= self.is_everything();
        changes
    }

    /// What the server knows: nothing of the subscription on an earlier stream.
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
