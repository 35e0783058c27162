//! Which file gives which object. Pure: it is told what is in a file, and says what that changes.
//!
//! ```text
//! path ──▶ File ── slots: its objects, each once
//! object ──▶ claims: the files that have it, in path order; the first one's is served
//! ```
//!
//! What is wrong with objects that don't take part is nobody's business; which those are is in `ours`.
//!
//! A file that is *leaving* (it was removed, perhaps only for the moment in which an editor replaces it) still stands,
//! but any other file with the same object goes before it.

mod ours;
mod report;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use crate::model::{Event, Key, Kind, ObjectRef, Rejected};

use super::contents::{Contents, Slot};

/// All files, and what they give together.
#[derive(Debug, Default)]
pub struct Directory {
    files: BTreeMap<Arc<str>, File>,
    claims: BTreeMap<ObjectRef, BTreeSet<Claim>>,
    /// The objects that more than one file claims.
    contested: BTreeSet<ObjectRef>,
    /// The files with something to tell that may not be ours to tell.
    doubtful: BTreeSet<Arc<str>>,
}

/// One file.
#[derive(Debug, Clone, Default)]
struct File {
    contents: Contents,
    /// Its objects in the order of their names, each once: what is in it now, and, while it is broken, what was in it
    /// before.
    slots: Vec<Slot>,
    /// Those that are in it once more.
    repeated: Vec<Slot>,
    /// Whether objects are kept that were in it before.
    keeps: bool,
    /// Why it can't be read at all.
    trouble: Option<Trouble>,
    leaving: bool,
    /// What has been said to be wrong with it.
    reported: Vec<Rejected>,
}

/// Why a file can't be read at all, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It is a link to nowhere, which gives nothing unless it gave something before.
    Dangling(String),
    /// Nobody knows what is in it.
    Unreadable(String),
}

/// A file that has an object. In order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    leaving: bool,
    path: Arc<str>,
}

impl Directory {
    /// What was last read of the file, to read it again with less work.
    pub fn contents(&self, path: &str) -> Option<&Contents> {
        self.files.get(path).map(|file| &file.contents)
    }

    /// Whether the file is known.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether the file is known, and not leaving.
    pub fn is_there(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|file| !file.leaving)
    }

    /// Whether any file gives anything.
    pub fn has_objects(&self) -> bool {
        !self.claims.is_empty()
    }

    /// The known files whose path begins with `prefix`.
    pub fn below(&self, prefix: &str) -> impl Iterator<Item = &Arc<str>> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.files.range::<str, _>(from).map(|(path, _)| path).take_while(move |path| path.starts_with(prefix))
    }

    /// The files that are leaving.
    pub fn leaving(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().filter(|(_, file)| file.leaving).map(|(path, _)| path)
    }

    /// Whether the file couldn't be read when it was last tried.
    pub fn is_troubled(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|file| file.trouble.is_some())
    }

    /// The file has been read.
    pub fn put(&mut self, path: &Arc<str>, contents: Contents) -> Vec<Event> {
        let mut file = File::new(contents);
        if let Some(old) = self.files.get(path) {
            // What was kept stays as long as that stands there in whose favour it was kept.
            let is_odd = file.contents.is_odd_since(&old.contents) || old.keeps && file.contents.is_odd();
            if file.contents.is_broken() || is_odd {
                file.keep(&old.slots);
            }
            file.reported.clone_from(&old.reported);
        }
        self.replace(path, Some(file))
    }

    /// The file can't be read: what it gave before stays.
    pub fn fail(&mut self, path: &Arc<str>, trouble: Trouble) -> Vec<Event> {
        let mut file = self.files.get(path).cloned().unwrap_or_default();
        file.trouble = Some(trouble);
        file.leaving = false;
        self.replace(path, Some(file))
    }

    /// The file isn't there at the moment.
    pub fn leave(&mut self, path: &Arc<str>) -> Vec<Event> {
        let Some(mut file) = self.files.get(path).cloned() else { return Vec::new() };
        file.leaving = true;
        self.replace(path, Some(file))
    }

    /// The file is gone for good.
    pub fn remove(&mut self, path: &Arc<str>) -> Vec<Event> {
        self.replace(path, None)
    }

    /// Everything: a complete list of every kind, and then what is wrong with the files.
    pub fn list(&self) -> Vec<Event> {
        let mut events = Vec::with_capacity(self.claims.len() + 2 * Kind::COUNT);
        for kind in Kind::ALL {
            events.push(Event::Init(kind));
            let of_kind = self.claims.keys().filter(|id| matches!(id, ObjectRef::Object(its, _) if *its == kind));
            let served = of_kind.filter_map(|id| self.served(id));
            events.extend(served.map(|slot| Event::InitApply(slot.located.converted.clone())));
            events.push(Event::InitDone(kind));
        }
        for (path, file) in &self.files {
            if !file.reported.is_empty() {
                events.push(report::event(path, file.reported.clone()));
            }
        }
        events
    }

    /// Every object of every file in path order, with the file and whether it is served, and what is wrong with the
    /// files by line.
    pub fn found(&self) -> impl Iterator<Item = (&Arc<str>, &Slot, bool)> {
        self.files.iter().flat_map(move |(path, file)| {
            file.slots.iter().map(move |slot| (path, slot, self.owner(slot.id()).is_some_and(|owner| owner == path)))
        })
    }

    /// The objects of the old kind Endpoints: the file and line of each, and the Service of its name.
    pub fn endpoints(&self) -> impl Iterator<Item = (&Arc<str>, u32, &Key)> {
        self.files
            .iter()
            .flat_map(|(path, file)| file.contents.endpoints().map(move |(line, service)| (path, line, service)))
    }

    /// What is wrong with the files themselves, with the line where there is one.
    pub fn rejected(&self) -> impl Iterator<Item = (&Arc<str>, Option<u32>, Rejected)> {
        self.files.iter().flat_map(|(path, file)| {
            self.report(path, file).into_iter().map(move |(line, rejected)| (path, line, rejected))
        })
    }

    /// The file whose object is served.
    fn owner(&self, id: &ObjectRef) -> Option<&Arc<str>> {
        self.claims.get(id).and_then(BTreeSet::first).map(|claim| &claim.path)
    }

    /// The object as it is served.
    fn served(&self, id: &ObjectRef) -> Option<&Slot> {
        self.files.get(self.owner(id)?).and_then(|file| file.slot(id))
    }

    /// Puts `new` in the place of a file, and says what that changes.
    fn replace(&mut self, path: &Arc<str>, new: Option<File>) -> Vec<Event> {
        let old = self.files.remove(path);
        let changed = changed(old.as_ref(), new.as_ref());
        let before: Vec<Option<Slot>> = changed
            .iter()
            .map(|id| match (self.owner(id), &old) {
                (Some(owner), Some(old)) if owner == path => old.slot(id).cloned(),
                _ => self.served(id).cloned(),
            })
            .collect();

        let mut touched: BTreeSet<Arc<str>> = self.rivals(&changed);
        let leaves = |file: &Option<File>| file.as_ref().is_some_and(|file| file.leaving);
        let (left, leaving) = (leaves(&old), leaves(&new));
        for id in &changed {
            let had = old.as_ref().is_some_and(|file| file.slot(id).is_some());
            let has = new.as_ref().is_some_and(|file| file.slot(id).is_some());
            self.claim(id, had.then_some(left), has.then_some(leaving), path);
        }
        if old.is_some() || new.is_some() {
            touched.insert(Arc::clone(path));
        }
        touched.append(&mut self.rivals(&changed));
        let removed_report = new.is_none() && old.is_some_and(|old| !old.reported.is_empty());
        if new.as_ref().is_some_and(File::is_doubtful) {
            self.doubtful.insert(Arc::clone(path));
        } else {
            self.doubtful.remove(path);
        }
        if let Some(new) = new {
            self.files.insert(Arc::clone(path), new);
        }

        let mut events = Vec::new();
        for (id, before) in changed.into_iter().zip(before) {
            touched.append(&mut self.shifted(&id, before.as_ref()));
            match (before, self.served(&id)) {
                (Some(before), Some(after)) if before.is_same(after) => {}
                (_, Some(after)) => events.push(Event::Apply(after.located.converted.clone())),
                (Some(_), None) => events.push(Event::Delete(id)),
                (None, None) => {}
            }
        }
        if removed_report {
            events.push(Event::Delete(ObjectRef::File(Arc::clone(path))));
        }
        events.extend(touched.iter().filter_map(|path| self.say(path)));
        events
    }

    /// Moves the claim of the file at `path` on an object; each side says whether there is one, and if it is leaving.
    fn claim(&mut self, id: &ObjectRef, had: Option<bool>, has: Option<bool>, path: &Arc<str>) {
        let claims = self.claims.entry(id.clone()).or_default();
        if let Some(leaving) = had {
            claims.remove(&Claim { leaving, path: Arc::clone(path) });
        }
        if let Some(leaving) = has {
            claims.insert(Claim { leaving, path: Arc::clone(path) });
        }
        match claims.len() {
            0 => {
                self.claims.remove(id);
                self.contested.remove(id);
            }
            1 => {
                self.contested.remove(id);
            }
            _ => {
                self.contested.insert(id.clone());
            }
        }
    }

    /// The files that share one of the objects with another file.
    fn rivals(&self, ids: &[ObjectRef]) -> BTreeSet<Arc<str>> {
        let contested = ids.iter().filter(|id| self.contested.contains(id)).filter_map(|id| self.claims.get(id));
        contested.flatten().map(|claim| Arc::clone(&claim.path)).collect()
    }
}

impl File {
    fn new(contents: Contents) -> Self {
        let mut slots: Vec<Slot> = contents.slots().collect();
        let mut repeated = Vec::new();
        // Stable: of two with one name, the first in the file stays.
        slots.sort_by(|one, other| one.id().cmp(other.id()));
        slots.dedup_by(|later, kept| {
            let same = later.id() == kept.id();
            if same {
                repeated.push(later.clone());
            }
            same
        });
        Self { contents, slots, repeated, keeps: false, trouble: None, leaving: false, reported: Vec::new() }
    }

    /// Keeps those of `old` that aren't in it.
    fn keep(&mut self, old: &[Slot]) {
        let kept: Vec<Slot> = old.iter().filter(|slot| self.slot(slot.id()).is_none()).cloned().collect();
        self.keeps = !kept.is_empty();
        self.slots.extend(kept);
        self.slots.sort_by(|one, other| one.id().cmp(other.id()));
    }

    /// Whether there is something to tell of it that may not be ours to tell.
    fn is_doubtful(&self) -> bool {
        !self.repeated.is_empty() || self.contents.complaints().next().is_some()
    }

    fn slot(&self, id: &ObjectRef) -> Option<&Slot> {
        self.slots.binary_search_by(|slot| slot.id().cmp(id)).ok().and_then(|at| self.slots.get(at))
    }
}

/// The objects that aren't the same in both states of a file, in order.
fn changed(old: Option<&File>, new: Option<&File>) -> Vec<ObjectRef> {
    let moved = matches!((old, new), (Some(old), Some(new)) if old.leaving != new.leaving);
    let mut old = old.map_or(&[][..], |file| &file.slots).iter().peekable();
    let mut new = new.map_or(&[][..], |file| &file.slots).iter().peekable();
    let mut changed = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some(one), Some(other)) => one.id().cmp(other.id()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return changed,
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        let same = matches!((before, after), (Some(before), Some(after)) if before.is_same(after));
        if let Some(slot) = before.or(after)
            && (moved || !same)
        {
            changed.push(slot.id().clone());
        }
    }
}

#[cfg(test)]
mod tests;
