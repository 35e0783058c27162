//! One file to its documents, parsing only those that weren't there before.

use std::collections::BTreeMap;
use std::sync::Arc;

use twox_hash::XxHash3_128;

use crate::model::{ObjectRef, Reason, Rejected};
use crate::source::lower::Lowering;

use super::document::{Complaint, Document, Located};
use super::split::{Chunk, split};

/// How many complaints one file may cause; a file of a million broken documents tells nothing more than one of hundred.
const MAX_COMPLAINTS: usize = 100;

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
    pub fn read(bytes: &[u8], before: Option<&Self>, lowering: Lowering) -> Self {
        let known: BTreeMap<u128, &Arc<Document>> =
            before.iter().flat_map(|before| &before.documents).map(|placed| (placed.hash, &placed.document)).collect();
        let place = |Chunk { offset, bytes }| {
            let hash = XxHash3_128::oneshot(bytes);
            let document = match known.get(&hash) {
                Some(document) => Arc::clone(document),
                None => Arc::new(Document::read(bytes, lowering)),
            };
            Placed { hash, offset, document }
        };
        Self { documents: split(bytes).into_iter().map(place).collect() }
    }

    /// Whether some of it can't be parsed, so that what the file gave before may still be in it.
    pub fn is_broken(&self) -> bool {
        self.documents.iter().any(|placed| placed.document.broken)
    }

    /// Its objects, in their order.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        self.documents.iter().flat_map(|Placed { hash: _, offset, document }| {
            document.objects.iter().map(|located| Slot { located: Arc::clone(located), offset: *offset })
        })
    }

    /// What is wrong with the file at `path` itself, with the line of each.
    pub fn rejected(&self, path: &Arc<str>) -> Vec<(u32, Rejected)> {
        let complaints = self.documents.iter().flat_map(|Placed { hash: _, offset, document }| {
            document.complaints.iter().map(|complaint| (offset.saturating_add(complaint.line), complaint))
        });
        let mut rejected: Vec<_> =
            complaints.clone().take(MAX_COMPLAINTS).map(|(line, complaint)| (line, complaint.at(path, line))).collect();
        if let (more @ 1.., Some((line, last))) = (complaints.skip(MAX_COMPLAINTS).count(), rejected.last_mut()) {
            last.message = format!("{}; {more} more mistakes follow below line {line}", last.message);
        }
        rejected
    }
}

impl Slot {
    /// What the object is called.
    pub fn id(&self) -> &ObjectRef {
        &self.located.lowered.id
    }

    /// The line of the file where it begins.
    pub fn line(&self) -> u32 {
        self.offset.saturating_add(self.located.line)
    }

    /// Whether both hold the same thing, wherever it stands.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.located, &other.located) || self.located.lowered == other.located.lowered
    }
}

impl Complaint {
    fn at(&self, path: &Arc<str>, line: u32) -> Rejected {
        let Self { line: _, value, reason, message, meanwhile } = self;
        reject(path, Some(line), value.clone(), *reason, message.clone(), (*meanwhile).to_owned())
    }
}

/// Something that is wrong with the file at `path`.
pub fn reject(
    path: &Arc<str>,
    line: Option<u32>,
    value: String,
    reason: Reason,
    message: String,
    meanwhile: String,
) -> Rejected {
    let field = line.map_or_else(|| "file".to_owned(), |line| format!("line {line}"));
    Rejected { object: ObjectRef::File(Arc::clone(path)), field, value, reason, message, meanwhile }
}

#[cfg(test)]
mod tests;
