//! The content of the next response: the difference between what a client holds and what it should hold, as far as it
//! subscribes to it.

use std::sync::Arc;

use super::names::{Names, among, not};
use super::session::Variant;
use super::subscriber::{Contents, Subscriber, name_bytes, resource_bytes};
use crate::xds::{Difference, Name, Place, Resource, ResourceMap};

/// The largest response that is sent if what is due can be split: gRPC's default limit for what a client receives is 4 MiB,
/// and the fields around the resources need some of it.
pub const MAX_RESPONSE_BYTES: usize = (4 << 20) - (4 << 10);

/// A name, and the resource, or that there is none (any more).
type Change<'a> = (&'a Name, Option<&'a Arc<Resource>>);

impl Subscriber {
    /// What the next response has to carry to bring the client at `place` up to `goal`; `None` if none is due or may go
    /// out.
    pub(super) fn due(&mut self, variant: Variant, goal: &ResourceMap, place: &Place) -> Option<Contents> {
        if !self.is_ready() || !self.is_behind(goal) {
            return None;
        }
        let changes = self.changes(goal, place);
        let (contents, has_news, is_all) = match variant {
            Variant::Sotw if self.resource_type().is_whole_world() => self.whole_world(&changes, goal, place),
            Variant::Sotw | Variant::Delta => part(&changes, variant, place),
        };
        let response_due = std::mem::take(&mut self.response_due);
        if !is_all {
            self.hold(&contents);
            return Some(contents);
        }
        self.due = Names::default();
        if response_due || has_news {
            self.held = goal.clone();
            Some(contents)
        } else {
            self.advance(goal);
            None
        }
    }

    /// Notes that the client is sent this part, and the rest of what is due after its ACK.
    fn hold(&mut self, part: &Contents) {
        for resource in &part.resources {
            self.held.insert(Arc::clone(resource));
        }
        for name in &part.removed {
            self.held.remove(name);
        }
        let sent = part.resources.iter().map(|resource| resource.name()).chain(&part.removed);
        self.due = self.due.filter(not(among(sent.cloned().collect::<Names>().texts())));
    }

    /// Whether anything may be due. Cheap, and false in most cases.
    pub(super) fn is_behind(&self, goal: &ResourceMap) -> bool {
        self.response_due || !self.due.is_empty() || !self.held.is_same(goal)
    }

    /// What the client has to be sent, in the order of names.
    fn changes<'a>(&'a self, goal: &'a ResourceMap, place: &Place) -> Vec<Change<'a>> {
        let mut changes: Vec<Change<'a>> = if self.held.is_empty() && !self.subscription.is_wildcard() {
            // All names of the subscription that exist, at the cost of the subscription. What is due is part of it.
            let names = self.subscription.names();
            let mut is_due = among(self.due.texts());
            let is_change = |(name, resource): &Change<'a>| is_due(name) || resource.is_some();
            names.iter().zip(goal.pick(names.texts())).filter(is_change).collect()
        } else {
            let difference = goal.difference(&self.held).map(|difference| match difference {
                Difference::Changed(resource) => (resource.name(), Some(resource)),
                Difference::Removed(resource) => (resource.name(), None),
            });
            let is_news = |change: &Change<'a>| self.subscription.matches(change.0) && !self.looks_held(*change, place);
            let mut changes: Vec<_> = difference.filter(is_news).collect();
            if !self.due.is_empty() {
                changes.extend(self.due.iter().zip(goal.pick(self.due.texts())));
                changes.sort_by_key(|(name, _)| *name);
                changes.dedup_by_key(|(name, _)| *name);
            }
            changes
        };
        if !self.resource_type().is_ever_removed() {
            changes.retain(|(_, resource)| resource.is_some());
        }
        changes
    }

    /// Whether the client holds what looks the same from its place: the change shows at other places only.
    fn looks_held(&self, (name, change): Change<'_>, place: &Place) -> bool {
        change.zip(self.held.get(name)).is_some_and(|(new, held)| new.version_at(place) == held.version_at(place))
    }

    /// State of the world, LDS and CDS: the whole subscription, each time, because absence deletes. It is due when a
    /// resource of the subscription came, changed or went; a name that never existed is no reason.
    fn whole_world(&self, changes: &[Change<'_>], goal: &ResourceMap, place: &Place) -> (Contents, bool, bool) {
        let has_news = changes.iter().any(|(name, change)| change.is_some() || self.held.contains(name));
        let resources = if self.subscription.is_wildcard() {
            goal.iter().map(|resource| resource.at(place)).collect()
        } else {
            goal.pick(self.subscription.names().texts()).flatten().map(|resource| resource.at(place)).collect()
        };
        (Contents { resources, removed: Vec::new(), whole: true }, has_news, true)
    }
}

/// As much of the changes as fits into a response, in the order of names, and whether that is all and any of it news.
/// What is larger than a response may be goes alone.
///
/// In the state of the world absence means nothing for EDS, RDS and SDS: only what changed is sent, and what is gone
/// has no place in a response.
fn part(changes: &[Change<'_>], variant: Variant, place: &Place) -> (Contents, bool, bool) {
    let mut contents = Contents::default();
    let mut bytes = 0;
    for (name, change) in changes {
        let resource = change.map(|resource| resource.at(place));
        let size = match (&resource, variant) {
            (Some(resource), _) => resource_bytes(resource),
            (None, Variant::Delta) => name_bytes(name),
            (None, Variant::Sotw) => continue,
        };
        if bytes > 0 && bytes + size > MAX_RESPONSE_BYTES {
            return (contents, true, false);
        }
        bytes += size;
        match resource {
            Some(resource) => contents.resources.push(resource),
            None => contents.removed.push(Name::clone(name)),
        }
    }
    (contents, bytes > 0, true)
}
