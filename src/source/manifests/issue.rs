//! A thing wrong in a file.

use std::sync::Arc;

use super::found::RejectedAt;
use crate::model::{Concern, Location, ObjectRef, Reason, Rejected};

/// What is said of a file that can't be parsed.
pub const KEPT: &str = "the rest of the file is served, and what the file gave before stays";

/// What is said of an object that can't be used.
const OBJECT_KEPT: &str = "the object is left as it was before";

/// What is said of something that isn't an object.
const IGNORED: &str = "it is left out";

/// A thing wrong in a text; which file or object the text belongs to is said later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The line, counted from 1 at the beginning of the text.
    pub line: u32,
    /// The field in its object; the line for what belongs to no object.
    pub field: Location,
    /// What stands there, shortened; empty for lists and mappings. Nothing of what isn't an object is ever shown: it may be a
    /// secret.
    pub value: String,
    /// The kind of mistake.
    pub reason: Reason,
    /// What is wrong and what is expected, as a clause.
    pub message: String,
    /// What is in force meanwhile.
    pub meanwhile: &'static str,
    /// Whose business it is, if it belongs to no object. (An object says that itself.)
    pub concern: Concern,
}

impl Issue {
    /// Something that is left out, and nobody's business.
    pub fn new(line: u32, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            line,
            field: Location::Line(line),
            value: String::new(),
            reason,
            message: message.into(),
            meanwhile: IGNORED,
            concern: Concern::Nobody,
        }
    }

    /// Text that can't be parsed, so that nobody knows what is in it.
    pub fn unparsable(line: u32, message: impl Into<String>) -> Self {
        Self { meanwhile: KEPT, ..Self::new(line, Reason::Unparsable, message) }
    }

    /// A field that costs its object.
    pub fn in_object(line: u32, field: Location, value: String, message: String) -> Self {
        let is_annotation = field.is_within(&["metadata", "annotations"].into());
        let reason = if is_annotation { Reason::InvalidAnnotation } else { Reason::InvalidObject };
        Self { field, value, meanwhile: OBJECT_KEPT, ..Self::new(line, reason, message) }
    }

    /// The same, as somebody's business.
    pub fn concerning(self, concern: Concern) -> Self {
        Self { concern, ..self }
    }

    /// As it is told of the object that it belongs to.
    pub fn of_object(self, object: ObjectRef) -> Rejected {
        let Self { line: _, field, value, reason, message, meanwhile, concern: _ } = self;
        Rejected { object, field, value, reason, message, meanwhile: meanwhile.to_owned() }
    }

    /// As it is told of the file in which `offset` lines stand before the text.
    pub fn of_file(self, file: &Arc<str>, offset: u32) -> RejectedAt {
        let line = offset.saturating_add(self.line);
        Self { field: Location::Line(line), ..self }.at(file, Some(line))
    }

    /// As it is told of a file as a whole.
    pub fn of_whole_file(self, file: &Arc<str>) -> RejectedAt {
        Self { field: Location::File, ..self }.at(file, None)
    }

    fn at(self, file: &Arc<str>, line: Option<u32>) -> RejectedAt {
        let rejected = self.of_object(ObjectRef::File(Arc::clone(file)));
        RejectedAt { file: Arc::clone(file), line, rejected }
    }
}
