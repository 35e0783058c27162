//! Tracks which file defines which object. Pure: it takes contents and returns changes.
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

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::ops::Bound;
use std::sync::Arc;

use crate::model::{Event, Key, Kind, ObjectRef, Rejected};

use super::contents::{Contents, Slot};
use super::found::{Declared, Found, RejectedAt};

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
    /// Its objects, each once: what is in it now, and, while it is broken, what was in it before.
    slots: BTreeMap<ObjectRef, Slot>,
    /// Those that are in it once more.
    repeated: Vec<Slot>,
    /// Whether objects are kept that were in it before.
    keeps: bool,
    /// Why it can't be read at all, in words.
    unreadable: Option<String>,
    leaving: bool,
    /// What has been said to be wrong with it.
    reported: Vec<Rejected>,
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
    pub fn is_unreadable(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|file| file.unreadable.is_some())
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

    /// The file can't be read, and why: what it gave before stays.
    pub fn fail(&mut self, path: &Arc<str>, why: String) -> Vec<Event> {
        let mut file = self.files.get(path).cloned().unwrap_or_default();
        file.unreadable = Some(why);
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

    /// Every object of every file, by file and name.
    pub fn found(&self) -> impl Iterator<Item = Found> {
        let slots = self.files.iter().flat_map(|(path, file)| file.slots.values().map(move |slot| (path, slot)));
        slots.map(|(path, slot)| Found {
            file: Arc::clone(path),
            line: slot.line(),
            served: self.owner(slot.id()) == Some(path),
            ours: self.is_ours(slot.concern()),
            converted: slot.located.converted.clone(),
            lines: slot.located.lines.iter().map(|line| slot.offset.saturating_add(*line)).collect(),
        })
    }

    /// The objects of the old kind Endpoints: the Service of the name of each.
    pub fn endpoints(&self) -> impl Iterator<Item = Declared<Key>> {
        self.files.iter().flat_map(|(path, file)| {
            let declared = move |(line, it): (u32, &Key)| Declared { file: Arc::clone(path), line, it: it.clone() };
            file.contents.endpoints().map(declared)
        })
    }

    /// What is wrong with the files themselves, by file and line.
    pub fn rejected(&self) -> impl Iterator<Item = RejectedAt> {
        self.files.iter().flat_map(|(path, file)| self.report(path, file))
    }

    /// The file whose object is served.
    fn owner(&self, id: &ObjectRef) -> Option<&Arc<str>> {
        self.claims.get(id).and_then(BTreeSet::first).map(|claim| &claim.path)
    }

    /// The object as it is served.
    fn served(&self, id: &ObjectRef) -> Option<&Slot> {
        self.files.get(self.owner(id)?)?.slots.get(id)
    }

    /// Puts `new` in the place of a file, and says what that changes.
    fn replace(&mut self, path: &Arc<str>, new: Option<File>) -> Vec<Event> {
        let changed = changed(self.files.get(path), new.as_ref());
        let before: Vec<Option<Slot>> = changed.iter().map(|id| self.served(id).cloned()).collect();
        let mut touched = self.rivals(&changed);
        for id in &changed {
            let leaving = new.as_ref().filter(|file| file.slots.contains_key(id)).map(|file| file.leaving);
            self.claim(id, path, leaving);
        }
        touched.append(&mut self.rivals(&changed));
        touched.insert(Arc::clone(path));
        if new.as_ref().is_some_and(File::is_doubtful) {
            self.doubtful.insert(Arc::clone(path));
        } else {
            self.doubtful.remove(path);
        }
        let is_gone = new.is_none();
        let old = match new {
            Some(new) => self.files.insert(Arc::clone(path), new),
            None => self.files.remove(path),
        };

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
        if is_gone && old.is_some_and(|old| !old.reported.is_empty()) {
            events.push(Event::Delete(ObjectRef::File(Arc::clone(path))));
        }
        events.extend(touched.iter().filter_map(|path| self.say(path)));
        events
    }

    /// Whether the file at `path` has the object now, and then whether it is leaving.
    fn claim(&mut self, id: &ObjectRef, path: &Arc<str>, leaving: Option<bool>) {
        let claims = self.claims.entry(id.clone()).or_default();
        claims.retain(|claim| claim.path != *path);
        claims.extend(leaving.map(|leaving| Claim { leaving, path: Arc::clone(path) }));
        let count = claims.len();
        if count == 0 {
            self.claims.remove(id);
        }
        if count > 1 {
            self.contested.insert(id.clone());
        } else {
            self.contested.remove(id);
        }
    }

    /// The files that share one of the objects with another file.
    fn rivals<'a>(&self, ids: impl IntoIterator<Item = &'a ObjectRef>) -> BTreeSet<Arc<str>> {
        let contested = ids.into_iter().filter(|id| self.contested.contains(id)).filter_map(|id| self.claims.get(id));
        contested.flatten().map(|claim| Arc::clone(&claim.path)).collect()
    }
}

impl File {
    fn new(contents: Contents) -> Self {
        let mut file = Self::default();
        for slot in contents.slots() {
            match file.slots.entry(slot.id().clone()) {
                btree_map::Entry::Vacant(vacant) => drop(vacant.insert(slot)),
                btree_map::Entry::Occupied(_) => file.repeated.push(slot),
            }
        }
        Self { contents, ..file }
    }

    /// Keeps those of `old` that aren't in it.
    fn keep(&mut self, old: &BTreeMap<ObjectRef, Slot>) {
        let now = self.slots.len();
        for (id, slot) in old {
            self.slots.entry(id.clone()).or_insert_with(|| slot.clone());
        }
        self.keeps = self.slots.len() > now;
    }

    /// Whether there is something to tell of it that may not be ours to tell.
    fn is_doubtful(&self) -> bool {
        !self.repeated.is_empty() || self.contents.issues().next().is_some()
    }
}

/// The objects that aren't the same in both states of a file, in order.
fn changed(old: Option<&File>, new: Option<&File>) -> BTreeSet<ObjectRef> {
    let moved = matches!((old, new), (Some(old), Some(new)) if old.leaving != new.leaving);
    let is_same = |id| match (old.and_then(|old| old.slots.get(id)), new.and_then(|new| new.slots.get(id))) {
        (Some(old), Some(new)) => old.is_same(new),
        _ => false,
    };
    let ids = old.into_iter().chain(new).flat_map(|file| file.slots.keys());
    ids.filter(|id| moved || !is_same(*id)).cloned().collect()
}

#[cfg(test)]
mod tests;
