//! Which watches are synced, and whether the source is up to date.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ErrorClass;
use super::watch::Watch;
use crate::source::Notice;

/// The health of all watches; reports each class of errors once.
#[derive(Debug)]
pub(super) struct SourceHealth {
    watches: BTreeMap<Watch, WatchHealth>,
    /// Whether the last probe failed, and no watch synced since.
    probe_failed: bool,
    /// The classes that were reported since the source was last up to date.
    reported: BTreeSet<ErrorClass>,
}

/// The health of a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WatchHealth {
    /// It has no complete list yet, has to list again, or fails.
    Unsynced,
    /// The same, and the last request was forbidden. That is reported when it happens again only: an API server that has
    /// just started knows no rules of RBAC yet.
    ForbiddenOnce,
    /// It is optional and forbidden, so nothing waits for it.
    Denied {
        /// Whether that was reported, which takes a second time here, too.
        reported: bool,
    },
    /// It delivers every change.
    Synced,
}

impl SourceHealth {
    /// None of the watches is synced yet.
    pub(super) fn new(watches: impl IntoIterator<Item = Watch>) -> Self {
        let watches = watches.into_iter().map(|watch| (watch, WatchHealth::Unsynced)).collect();
        Self { watches, probe_failed: false, reported: BTreeSet::new() }
    }

    /// A watch lists, because it has to.
    pub(super) fn listing(&mut self, watch: &Watch) {
        if let Some(health @ WatchHealth::Synced) = self.watches.get_mut(watch) {
            *health = WatchHealth::Unsynced;
        }
    }

    /// A watch delivers every change.
    pub(super) fn synced(&mut self, watch: &Watch) -> Vec<Notice> {
        let before = self.watches.get_mut(watch).map(|health| std::mem::replace(health, WatchHealth::Synced));
        self.probe_failed = false;
        let allowed = match before {
            Some(WatchHealth::Denied { reported: true }) => Some(Notice::Allowed { what: watch.to_string() }),
            _ => None,
        };
        allowed.into_iter().chain(self.up_to_date()).collect()
    }

    /// A watch has failed; `error` composes the message, if it is to be reported.
    pub(super) fn failed(
        &mut self,
        watch: &Watch,
        class: ErrorClass,
        error: impl FnOnce() -> String,
    ) -> Option<Notice> {
        use WatchHealth::{ForbiddenOnce, Synced, Unsynced};

        let forbidden = matches!(class, ErrorClass::Forbidden(_));
        if let Some(health @ (Synced | Unsynced | ForbiddenOnce)) = self.watches.get_mut(watch) {
            let before = std::mem::replace(health, if forbidden { ForbiddenOnce } else { Unsynced });
            if forbidden && before != ForbiddenOnce {
                return None;
            }
        }
        self.report(class, error)
    }

    /// An optional watch is forbidden.
    pub(super) fn denied(&mut self, watch: &Watch, error: impl FnOnce() -> String) -> Vec<Notice> {
        let Some(health) = self.watches.get_mut(watch) else { return Vec::new() };
        let reported = matches!(*health, WatchHealth::Denied { .. });
        let before = std::mem::replace(health, WatchHealth::Denied { reported });
        let denied = (before == WatchHealth::Denied { reported: false }).then(|| Notice::Denied {
            kind: watch.kind,
            what: watch.to_string(),
            error: error(),
        });
        // It may be the last that was waited for.
        denied.into_iter().chain(self.up_to_date()).collect()
    }

    /// Whether it was reported that this watch is forbidden.
    pub(super) fn is_denied(&self, watch: &Watch) -> bool {
        self.watches.get(watch) == Some(&WatchHealth::Denied { reported: true })
    }

    /// The API server has lost a part of its history; every watch lists again.
    pub(super) fn version_went_back(&mut self, error: impl FnOnce() -> String) -> Option<Notice> {
        for health in self.watches.values_mut().filter(|health| **health == WatchHealth::Synced) {
            *health = WatchHealth::Unsynced;
        }
        self.report(ErrorClass::ApiServer, error)
    }

    /// The API server has answered a probe.
    pub(super) fn probe_succeeded(&mut self) -> Option<Notice> {
        self.probe_failed = false;
        self.up_to_date()
    }

    /// The API server hasn't answered a probe, or with an error.
    pub(super) fn probe_failed(&mut self, class: ErrorClass, error: impl FnOnce() -> String) -> Option<Notice> {
        self.probe_failed = true;
        self.report(class, error)
    }

    /// The source is up to date while every watch that is allowed is synced and probes succeed.
    fn up_to_date(&mut self) -> Option<Notice> {
        let is_settled =
            |health: &WatchHealth| matches!(health, WatchHealth::Synced | WatchHealth::Denied { reported: true });
        if self.probe_failed || !self.watches.values().all(is_settled) {
            return None;
        }
        self.reported.clear();
        Some(Notice::UpToDate)
    }

    fn report(&mut self, class: ErrorClass, error: impl FnOnce() -> String) -> Option<Notice> {
        self.reported.insert(class).then(|| Notice::Outage { error: error() })
    }
}

#[cfg(test)]
mod tests;
