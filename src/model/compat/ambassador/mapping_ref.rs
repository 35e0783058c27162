//! Which Mapping, by the place where it stands.

use std::sync::Arc;

use super::ANNOTATION;
use crate::model::{FieldPath, Key, Location, MetadataKey, Part};

/// A Mapping, by the place where it stands, which introduces its fields to the user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MappingRef {
    /// It is an object of its own.
    Object(Key),
    /// It is a document in the annotation of the object that hears of it, and called this: `Mapping cart`.
    Document(Arc<str>),
    /// It is a document in the annotation of another object, of this kind and key.
    Carried(&'static str, Key, Arc<str>),
}

impl MappingRef {
    /// The place of one of its fields; without steps that of the whole.
    pub fn at(&self, path: FieldPath) -> Location {
        match self {
            Self::Object(key) => Location::Elsewhere("Mapping", key.clone(), Box::new(path.into())),
            Self::Document(name) => in_document(name, path),
            Self::Carried(kind, key, name) => Location::Elsewhere(kind, key.clone(), Box::new(in_document(name, path))),
        }
    }

    /// The same where another object hears of it than the one that carries it, which is of this kind and key.
    pub(super) fn of(self, kind: &'static str, key: Key) -> Self {
        match self {
            Self::Document(name) => Self::Carried(kind, key, name),
            Self::Object(_) | Self::Carried(..) => self,
        }
    }
}

/// A field of a document in the annotation, by what the document is called.
pub(super) fn in_document(name: &str, path: FieldPath) -> Location {
    Location::Annotation(MetadataKey::of(ANNOTATION), Part::Document(name.into(), path))
}
