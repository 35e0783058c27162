//! Selects the problems to report.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::contents::Slot;
use super::super::document::{Document, Other};
use super::super::found::RejectedAt;
use super::super::issue::Issue;
use super::super::left_alone::LeftAlone;
use super::super::load::STDIN;
use super::super::template;
use super::report::told;
use super::{Directory, File};
use crate::model::object::Object;
use crate::model::{Concern, Key, Kind, ObjectRef};

impl Directory {
    /// Whether what is wrong with something is ours to tell.
    pub fn is_ours(&self, concern: &Concern) -> bool {
        match concern {
            Concern::Ours => true,
            Concern::Namespaces(names) => names.iter().any(|name| {
                let id = ObjectRef::Object(Kind::Namespace, Key::new("", Arc::clone(name)));
                self.served(&id).is_some_and(opts_in)
            }),
            Concern::Service(key) => match self.served(&ObjectRef::service(key)).map(Slot::concern) {
                None | Some(Concern::Service(_)) => false,
                Some(concern) => self.is_ours(concern),
            },
            Concern::Nobody => false,
        }
    }

    /// What is wrong with a file itself and ours to tell: how many lines stand before the document, the document, and the
    /// issue.
    ///
    /// In a document that can't be parsed may be what the file gave before, or something like the rest of it. Something that is
    /// no object may stand in the place of what the file gave before. What comes in on standard input was meant for us.
    pub(super) fn issues<'a>(
        &'a self,
        path: &str,
        file: &'a File,
    ) -> impl Iterator<Item = (u32, &'a Document, &'a Issue)> {
        let is_mixed =
            path == STDIN || file.contents.is_broken() && file.slots.values().any(|slot| self.is_ours(slot.concern()));
        let mut is_template_told = false;
        file.contents.issues().filter(move |(_, document, issue)| {
            let is_told =
                is_in_place(file, document) || document.is_broken() && is_mixed || self.is_ours(&issue.concern);
            // A template is rendered as a whole, however many documents it has.
            let is_template = is_told && issue.message == template::MESSAGE;
            is_told && !(is_template && std::mem::replace(&mut is_template_told, true))
        })
    }

    /// Whether of two objects with one name either is ours.
    pub(super) fn is_either_ours(&self, one: Option<&Slot>, other: &Slot) -> bool {
        one.into_iter().chain([other]).any(|slot| self.is_ours(slot.concern()))
    }

    /// What can't be parsed and isn't ours, so that nothing is told of it.
    pub fn unread(&self) -> impl Iterator<Item = RejectedAt> {
        self.files.iter().filter(|(path, file)| self.is_unread(path, file)).flat_map(|(path, file)| {
            let broken = file.contents.issues().filter(|(_, document, _)| document.is_broken());
            broken.map(move |(offset, _, issue)| told(path, offset, issue, false))
        })
    }

    fn is_unread(&self, path: &str, file: &File) -> bool {
        file.contents.other() == Some(Other::Unparsable)
            && !self.issues(path, file).any(|(_, document, _)| document.is_broken())
    }

    /// Everything of which nothing is told, because it isn't ours.
    pub fn left_alone(&self) -> LeftAlone {
        let mut left = LeftAlone::default();
        for (path, file) in &self.files {
            let LeftAlone { foreign, among_objects, templates, unparsable, unusable, repeated, mappings } = &mut left;
            *mappings += file.contents.mappings();
            match file.contents.other() {
                Some(Other::Template) => *templates += 1,
                Some(Other::Unparsable) => *unparsable += usize::from(self.is_unread(path, file)),
                Some(Other::Foreign) => match file.contents.among_objects() {
                    Some(documents) => *among_objects += documents,
                    None => *foreign += 1,
                },
                None => {}
            }
            *unusable += file.slots.values().filter(|slot| self.is_unusable(slot)).count();
            let here = file.repeated.iter().filter(|slot| !self.is_either_ours(file.slots.get(slot.id()), slot));
            *repeated += here.count();
            let elsewhere = file.slots.iter().filter(|(id, slot)| {
                let is_elsewhere = self.contested.contains(*id) && self.owner(id) != Some(path);
                is_elsewhere && !self.is_either_ours(self.served(id), slot)
            });
            *repeated += elsewhere.count();
        }
        left
    }

    fn is_unusable(&self, slot: &Slot) -> bool {
        slot.located.converted.object.is_none() && !self.is_ours(slot.concern())
    }

    /// The files of which something else may have to be told, now that this object isn't what it was.
    pub(super) fn shifted(&self, id: &ObjectRef, before: Option<&Slot>) -> BTreeSet<Arc<str>> {
        let after = self.served(id);
        match id {
            ObjectRef::Object(Kind::Namespace, _) if before.is_some_and(opts_in) != after.is_some_and(opts_in) => {
                self.rivals(&self.contested).into_iter().chain(self.doubtful.iter().cloned()).collect()
            }
            ObjectRef::Object(Kind::Service, key) if before.map(Slot::concern) != after.map(Slot::concern) => {
                let of_service = |slot: &Slot| matches!(slot.concern(), Concern::Service(service) if **service == *key);
                let is_slice = |id: &&ObjectRef| matches!(id, ObjectRef::Object(Kind::EndpointSlice, _));
                let repeats =
                    |path: &&Arc<str>| self.files.get(*path).is_some_and(|file| file.repeated.iter().any(of_service));
                let rivals = self.rivals(self.contested.iter().filter(is_slice));
                rivals.into_iter().chain(self.doubtful.iter().filter(repeats).cloned()).collect()
            }
            _ => BTreeSet::new(),
        }
    }
}

/// Whether a document of a file stands in the place of objects that are kept.
pub(super) fn is_in_place(file: &File, document: &Document) -> bool {
    file.keeps && (document.is_broken() || document.odd)
}

/// Whether it is a Namespace that opts its Services in.
fn opts_in(slot: &Slot) -> bool {
    matches!(&slot.located.converted.object, Some(Object::Namespace(namespace)) if namespace.settings.enables())
}
