//! Splits a file into documents and parses those that changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use twox_hash::XxHash3_128;

use crate::model::{Concern, Key, ObjectRef};
use crate::source::objects::Conversion;

use super::document::{Document, Located, Other};
use super::encoding::to_utf8;
use super::issue::Issue;
use super::split::{Chunk, split};

/// What is in a file.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    documents: Vec<Placed>,
}

/// A document at its place.
#[derive(Debug, Clone)]
struct Placed {
    hash: u128,
    /// How many lines stand before it.
    offset: u32,
    document: Arc<Document>,
}

/// An object of a file.
#[derive(Debug, Clone)]
pub struct Slot {
    /// The object, with lines counted from the beginning of its document.
    pub located: Arc<Located>,
    /// How many lines of the file stand before its document.
    pub offset: u32,
}

impl Contents {
    /// Reads a file. A document whose bytes were in `before` isn't parsed again.
    pub fn read(bytes: &[u8], before: Option<&Self>, conversion: Conversion) -> Self {
        let known: BTreeMap<u128, &Arc<Document>> =
            before.iter().flat_map(|before| &before.documents).map(|placed| (placed.hash, &placed.document)).collect();
        let place = |Chunk { offset, bytes }| {
            let hash = XxHash3_128::oneshot(bytes);
            let document = match known.get(&hash) {
                Some(document) => Arc::clone(document),
                None => Arc::new(Document::read(bytes, conversion)),
            };
            Placed { hash, offset, document }
        };
        Self { documents: split(&to_utf8(bytes)).into_iter().map(place).collect() }
    }

    /// Whether some of it can't be parsed, so that what the file gave before may still be in it.
    pub fn is_broken(&self) -> bool {
        self.documents.iter().any(|placed| placed.document.is_broken())
    }

    /// Whether something stands in it that isn't an object, and wasn't in it before: what is left of a file that is half
    /// written, for instance, so that nobody meant to remove what the file gave before.
    pub fn is_odd_since(&self, before: &Self) -> bool {
        let known: BTreeSet<u128> = before.documents.iter().map(|placed| placed.hash).collect();
        self.documents.iter().any(|placed| placed.document.odd && !known.contains(&placed.hash))
    }

    /// Whether something stands in it that isn't an object.
    pub fn is_odd(&self) -> bool {
        self.documents.iter().any(|placed| placed.document.odd)
    }

    /// Its objects, in their order.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        self.documents.iter().flat_map(|Placed { hash: _, offset, document }| {
            document.objects.iter().map(|located| Slot { located: Arc::clone(located), offset: *offset })
        })
    }

    /// What is wrong with the file itself: how many lines stand before the document, the document, and the issue.
    pub fn issues(&self) -> impl Iterator<Item = (u32, &Document, &Issue)> {
        self.documents.iter().flat_map(|Placed { hash: _, offset, document }| {
            document.issues.iter().map(|issue| (*offset, &**document, issue))
        })
    }

    /// What it holds besides objects: of its documents the one of which there is most to say.
    pub fn other(&self) -> Option<Other> {
        self.documents.iter().filter_map(|placed| placed.document.other).max()
    }

    /// How many of its documents hold nothing but what is no object, if there are objects beside them.
    pub fn among_objects(&self) -> Option<usize> {
        let (objects, others) = self.documents.iter().partition::<Vec<_>, _>(|placed| placed.document.has_objects);
        let others = others.iter().filter(|placed| placed.document.other == Some(Other::Foreign));
        (!objects.is_empty()).then(|| others.count())
    }

    /// How many objects besides Services say what Emissary does.
    pub fn mappings(&self) -> usize {
        self.documents.iter().map(|placed| placed.document.mappings).sum()
    }

    /// The objects of the old kind Endpoints: the line of each, and the Service of its name.
    pub fn endpoints(&self) -> impl Iterator<Item = (u32, &Key)> {
        self.documents.iter().flat_map(|Placed { hash: _, offset, document }| {
            document.endpoints.iter().map(|(line, service)| (offset.saturating_add(*line), service))
        })
    }
}

impl Slot {
    /// What the object is called.
    pub fn id(&self) -> &ObjectRef {
        &self.located.converted.id
    }

    /// Whose business it is what is wrong with it.
    pub fn concern(&self) -> &Concern {
        &self.located.converted.concern
    }

    /// The line of the file where it begins.
    pub fn line(&self) -> u32 {
        self.offset.saturating_add(self.located.line)
    }

    /// Whether both hold the same thing, wherever it stands.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.located, &other.located) || self.located.converted == other.located.converted
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Contents;
    use crate::source::objects::Conversion;

    fn service(name: &str) -> String {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 1}}]}}\n")
    }

    #[test]
    fn only_changed_documents_are_parsed_again() {
        let read = |text: &str, before| Contents::read(text.as_bytes(), before, Conversion::default());
        let before = read(&format!("---\n{}---\n{}", service("a"), service("b")), None);
        let after = read(&format!("---\n{}---\n{}---\n{}", service("x"), service("a"), service("c")), Some(&before));
        let is_old = |located: &Arc<_>| before.slots().any(|slot| Arc::ptr_eq(&slot.located, located));
        let slots: Vec<_> =
            after.slots().map(|slot| (slot.id().to_string(), slot.line(), is_old(&slot.located))).collect();
        let slot = |name: &str, line, is_old| (format!("Service default/{name}"), line, is_old);
        assert_eq!(slots, [slot("x", 2, false), slot("a", 7, true), slot("c", 12, false)]);
    }
}
