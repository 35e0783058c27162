//! What of all that is wrong is ours to tell.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::contents::Slot;
use super::super::document::{Complaint, Document, Other};
use super::super::left_alone::LeftAlone;
use super::super::load::STDIN;
use super::super::template;
use super::report::told;
use super::{Directory, File};
use crate::model::object::Object;
use crate::model::{Concern, Key, Kind, ObjectRef, Rejected};

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

    /// What is wrong with a file itself and ours to tell: the line, and the document.
    ///
    /// In a document that can't be parsed may be what the file gave before, or something like the rest of it. Something that is
    /// no object may stand in the place of what the file gave before. What comes in on standard input was meant for us.
    pub(super) fn complaints<'a>(
        &'a self,
        path: &str,
        file: &'a File,
    ) -> impl Iterator<Item = (u32, &'a Complaint, &'a Document)> {
        let is_mixed =
            path == STDIN || file.contents.is_broken() && file.slots.iter().any(|slot| self.is_ours(slot.concern()));
        let mut is_template_told = false;
        file.contents.complaints().filter(move |(_, complaint, document)| {
            let is_told =
                is_in_place(file, document) || document.broken && is_mixed || self.is_ours(&complaint.concern);
            // A template is rendered as a whole, however many documents it has.
            let is_template = is_told && complaint.message == template::MESSAGE;
            is_told && !(is_template && std::mem::replace(&mut is_template_told, true))
        })
    }

    /// Whether of two objects with one name either is ours.
    pub(super) fn is_either_ours(&self, one: Option<&Slot>, other: &Slot) -> bool {
        one.into_iter().chain([other]).any(|slot| self.is_ours(slot.concern()))
    }

    /// What can't be parsed and isn't ours, so that nothing is told of it.
    pub fn unread(&self) -> impl Iterator<Item = (&Arc<str>, u32, Rejected)> {
        let unparsable = self.files.iter().filter(|(path, file)| {
            file.contents.other() == Some(Other::Unparsable)
                && !self.complaints(path, file).any(|(_, _, document)| document.broken)
        });
        unparsable.flat_map(|(path, file)| {
            let broken = file.contents.complaints().filter(|(_, _, document)| document.broken);
            broken.map(move |(line, complaint, _)| (path, line, told(path, line, complaint, false)))
        })
    }

    /// Everything of which nothing is told, because it isn't ours.
    pub fn left_alone(&self) -> LeftAlone {
        let mut left = LeftAlone::default();
        for (path, file) in &self.files {
            let LeftAlone { foreign, among_objects, templates, unparsable, unusable, repeated, mappings } = &mut left;
            *mappings += file.contents.mappings();
            match file.contents.other() {
                Some(Other::Template) => *templates += 1,
                Some(Other::Unparsable) if self.complaints(path, file).any(|(_, _, document)| document.broken) => {}
                Some(Other::Unparsable) => *unparsable += 1,
                Some(Other::Foreign) => match file.contents.among_objects() {
                    Some(documents) => *among_objects += documents,
                    None => *foreign += 1,
                },
                None => {}
            }
            *unusable += file.slots.iter().filter(|slot| self.is_unusable(slot)).count();
            let here = file.repeated.iter().filter(|slot| !self.is_either_ours(file.slot(slot.id()), slot));
            *repeated += here.count();
            let elsewhere = file.slots.iter().filter(|slot| self.contested.contains(slot.id())).filter(|slot| {
                let owner = self.owner(slot.id());
                owner.is_some_and(|owner| owner != path) && !self.is_either_ours(self.served(slot.id()), slot)
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
                let contested: Vec<ObjectRef> = self.contested.iter().cloned().collect();
                self.rivals(&contested).into_iter().chain(self.doubtful.iter().cloned()).collect()
            }
            ObjectRef::Object(Kind::Service, key) if before.map(Slot::concern) != after.map(Slot::concern) => {
                let of_service = |slot: &Slot| matches!(slot.concern(), Concern::Service(service) if **service == *key);
                let is_slice = |id: &&ObjectRef| matches!(id, ObjectRef::Object(Kind::EndpointSlice, _));
                let contested = self.contested.iter().filter(is_slice).cloned().collect::<Vec<_>>();
                let repeats =
                    |path: &&Arc<str>| self.files.get(*path).is_some_and(|file| file.repeated.iter().any(of_service));
                self.rivals(&contested).into_iter().chain(self.doubtful.iter().filter(repeats).cloned()).collect()
            }
            _ => BTreeSet::new(),
        }
    }
}

/// Whether a document of a file stands in the place of objects that are kept.
pub(super) fn is_in_place(file: &File, document: &Document) -> bool {
    file.keeps && (document.broken || document.odd)
}

/// Whether it is a Namespace that opts its Services in.
fn opts_in(slot: &Slot) -> bool {
    matches!(&slot.located.converted.object, Some(Object::Namespace(namespace)) if namespace.settings.enables())
}
