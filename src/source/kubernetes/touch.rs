//! Whether we are in touch with the cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::trouble::Cause;
use super::watch::Watch;
use crate::source::Notice;

/// Knows which watches are up, and says each trouble once.
#[derive(Debug)]
pub(super) struct Touch {
    watches: BTreeMap<Watch, Health>,
    /// Whether the last probe failed, and no watch was heard of since.
    unanswered: bool,
    /// What was said since we were last in touch.
    said: BTreeSet<Cause>,
}

/// How a watch is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    /// It has no complete list yet, has to list again, or fails.
    Down,
    /// The same, and the last time it was denied to read its objects. Only when that happens again it is said: an API
    /// server that has just started knows no rules yet.
    Refused,
    /// It may not read its objects, and nobody waits for them.
    Denied {
        /// Whether that was said, which takes a second time here, too.
        said: bool,
    },
    /// It hears of every change.
    Up,
}

impl Touch {
    /// None of the watches has listed yet.
    pub(super) fn new(watches: impl IntoIterator<Item = Watch>) -> Self {
        let watches = watches.into_iter().map(|watch| (watch, Health::Down)).collect();
        Self { watches, unanswered: false, said: BTreeSet::new() }
    }

    /// A watch has to list.
    pub(super) fn listing(&mut self, watch: &Watch) {
        if let Some(health @ Health::Up) = self.watches.get_mut(watch) {
            *health = Health::Down;
        }
    }

    /// A watch hears of every change.
    pub(super) fn following(&mut self, watch: &Watch) -> Vec<Notice> {
        let before = self.watches.get_mut(watch).map(|health| std::mem::replace(health, Health::Up));
        self.unanswered = false;
        let allowed = match before {
            Some(Health::Denied { said: true }) => {
                Some(Notice::Denied { kind: watch.kind, what: watch.to_string(), error: None })
            }
            _ => None,
        };
        allowed.into_iter().chain(self.in_touch()).collect()
    }

    /// A watch has failed; `error` is only asked for if that is to be said.
    pub(super) fn failed(&mut self, watch: &Watch, cause: Cause, error: impl FnOnce() -> String) -> Option<Notice> {
        let denied = matches!(cause, Cause::Denied(_));
        if let Some(health @ (Health::Up | Health::Down | Health::Refused)) = self.watches.get_mut(watch) {
            let before = std::mem::replace(health, if denied { Health::Refused } else { Health::Down });
            if denied && before != Health::Refused {
                return None;
            }
        }
        self.say(cause, error)
    }

    /// A watch that isn't needed may not read its objects.
    pub(super) fn denied(&mut self, watch: &Watch, error: impl FnOnce() -> String) -> Vec<Notice> {
        let Some(health) = self.watches.get_mut(watch) else { return Vec::new() };
        let before = std::mem::replace(health, Health::Denied { said: matches!(*health, Health::Denied { .. }) });
        let said = (before == Health::Denied { said: false }).then(|| Notice::Denied {
            kind: watch.kind,
            what: watch.to_string(),
            error: Some(error()),
        });
        // It may be the last that we waited for.
        said.into_iter().chain(self.in_touch()).collect()
    }

    /// Whether it was said that this watch may not read its objects.
    pub(super) fn is_denied(&self, watch: &Watch) -> bool {
        self.watches.get(watch) == Some(&Health::Denied { said: true })
    }

    /// The API server is older than it was; every watch lists again.
    pub(super) fn went_back(&mut self, error: impl FnOnce() -> String) -> Option<Notice> {
        for health in self.watches.values_mut().filter(|health| **health == Health::Up) {
            *health = Health::Down;
        }
        self.say(Cause::Server, error)
    }

    /// The API server has answered.
    pub(super) fn answered(&mut self) -> Option<Notice> {
        self.unanswered = false;
        self.in_touch()
    }

    /// The API server hasn't answered, or not as it should.
    pub(super) fn unanswered(&mut self, cause: Cause, error: impl FnOnce() -> String) -> Option<Notice> {
        self.unanswered = true;
        self.say(cause, error)
    }

    /// In touch is who hears of every change, of every watch that is allowed.
    fn in_touch(&mut self) -> Option<Notice> {
        let waiting =
            |health: &Health| matches!(health, Health::Down | Health::Refused | Health::Denied { said: false });
        if self.unanswered || self.watches.values().any(waiting) {
            return None;
        }
        self.said.clear();
        Some(Notice::InTouch)
    }

    fn say(&mut self, cause: Cause, error: impl FnOnce() -> String) -> Option<Notice> {
        self.said.insert(cause).then(|| Notice::Outage { error: error() })
    }
}

#[cfg(test)]
mod tests;
