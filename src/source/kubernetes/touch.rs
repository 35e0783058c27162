//! Whether we are in touch with the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::watch::Watch;
use crate::source::Notice;

/// How long a watch has to go without another failure before it counts as resumed. kube doesn't say when it is; but
/// attempts follow each other within a second, and a failed one is heard of.
const SETTLED: Duration = Duration::from_secs(3);

/// Knows which watches are up, and says each trouble once.
#[derive(Debug)]
pub(super) struct Touch {
    watches: BTreeMap<Watch, Health>,
    said: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    /// It has no complete list yet, or has to list again.
    Listing,
    /// It hears of every change.
    Following,
    /// It was interrupted at this time, and is being resumed.
    Interrupted(Instant),
}

impl Touch {
    /// None of the watches has listed yet.
    pub(super) fn new(watches: impl IntoIterator<Item = Watch>) -> Self {
        let watches = watches.into_iter().map(|watch| (watch, Health::Listing)).collect();
        Self { watches, said: BTreeSet::new() }
    }

    /// A watch has to list.
    pub(super) fn listing(&mut self, watch: &Watch) {
        self.set(watch, Health::Listing);
    }

    /// A watch has heard of a change, or completed its list.
    pub(super) fn following(&mut self, watch: &Watch) {
        self.set(watch, Health::Following);
    }

    /// A watch has failed.
    pub(super) fn failed(&mut self, watch: &Watch, at: Instant, error: String) -> Option<Notice> {
        if self.watches.get(watch) != Some(&Health::Listing) {
            self.set(watch, Health::Interrupted(at));
        }
        self.say(error)
    }

    /// The API server has answered.
    pub(super) fn answered(&mut self, at: Instant) -> Option<Notice> {
        for health in self.watches.values_mut() {
            if let Health::Interrupted(since) = *health
                && at.saturating_duration_since(since) >= SETTLED
            {
                *health = Health::Following;
            }
        }
        if self.watches.values().any(|health| *health != Health::Following) {
            return None;
        }
        self.said.clear();
        Some(Notice::InTouch)
    }

    /// The API server hasn't answered.
    pub(super) fn unanswered(&mut self, error: String) -> Option<Notice> {
        self.say(error)
    }

    fn set(&mut self, watch: &Watch, health: Health) {
        if let Some(known) = self.watches.get_mut(watch) {
            *known = health;
        }
    }

    fn say(&mut self, error: String) -> Option<Notice> {
        self.said.insert(error.clone()).then_some(Notice::OutOfTouch { error })
    }
}

#[cfg(test)]
mod tests;
