//! What is due: the difference between what a client holds and what it should hold, as far as it wants it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::session::Variant;
use super::subscriber::{Contents, Subscriber};
use crate::xds::{Difference, Name, Resource, ResourceMap};

/// By name: the resource, or that there is none (any more).
type Changes = BTreeMap<Name, Option<Arc<Resource>>>;

impl Subscriber {
    /// What the next response has to carry to bring the client up to `goal`; `None` if none is due or may go out.
    pub(super) fn due(&mut self, variant: Variant, goal: ResourceMap) -> Option<Contents> {
        if !self.is_ready() || !self.is_behind(&goal) {
            return None;
        }
        let changes = self.changes(&goal);
        self.due.clear();
        let answer_due = std::mem::take(&mut self.answer_due);
        let (contents, has_news) = match variant {
            Variant::Delta => delta(changes),
            Variant::Sotw if self.resource_type().is_whole_world() => self.whole_world(&changes, &goal),
            Variant::Sotw => only_changed(changes),
        };
        if answer_due || has_news {
            self.held = goal;
            Some(contents)
        } else {
            self.advance(goal);
            None
        }
    }

    /// Whether anything may be due. Cheap, and false in most cases.
    pub(super) fn is_behind(&self, goal: &ResourceMap) -> bool {
        self.answer_due || !self.due.is_empty() || !self.held.is_same(goal)
    }

    /// What the client has to be told, by name: the resource, or that there is none (any more).
    fn changes(&self, goal: &ResourceMap) -> Changes {
        let mut changes: Changes = goal
            .difference(&self.held)
            .map(|difference| match difference {
                Difference::Changed(resource) => (resource.name(), Some(resource)),
                Difference::Removed(resource) => (resource.name(), None),
            })
            .filter(|(name, _)| self.subscription.matches(name))
            .map(|(name, resource)| (Name::clone(name), resource.cloned()))
            .collect();
        for name in &self.due {
            changes.entry(Name::clone(name)).or_insert_with(|| goal.get(name).cloned());
        }
        changes
    }

    /// State of the world, LDS and CDS: everything that is wanted, each time, because absence deletes. It is due when
    /// something that the client wants came, changed or went; a wanted name that never existed is no reason.
    fn whole_world(&self, changes: &Changes, goal: &ResourceMap) -> (Contents, bool) {
        let has_news = changes.iter().any(|(name, change)| change.is_some() || self.held.contains(name));
        let resources = if self.subscription.is_wildcard() {
            goal.iter().cloned().collect()
        } else {
            self.subscription.names().iter().filter_map(|name| goal.get(name)).cloned().collect()
        };
        (Contents { resources, removed: Vec::new() }, has_news)
    }
}

/// State of the world, EDS and RDS: absence means nothing, so only what changed is sent.
fn only_changed(changes: Changes) -> (Contents, bool) {
    let resources: Vec<_> = changes.into_values().flatten().collect();
    let has_news = !resources.is_empty();
    (Contents { resources, removed: Vec::new() }, has_news)
}

fn delta(changes: Changes) -> (Contents, bool) {
    let has_news = !changes.is_empty();
    let mut contents = Contents::default();
    for (name, change) in changes {
        match change {
            Some(resource) => contents.resources.push(resource),
            None => contents.removed.push(name),
        }
    }
    (contents, has_news)
}
