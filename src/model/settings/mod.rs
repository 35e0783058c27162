//! The user's language: annotations under one prefix, on Services and Namespaces.

use std::collections::BTreeMap;

use super::{ObjectRef, Rejected};

/// What every annotation of ours begins with.
pub const PREFIX: &str = "chancery.dev/";

/// The annotations of one object under [`PREFIX`], parsed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {}

impl Settings {
    /// Reads the annotations of `object`; those without our prefix are ignored.
    pub fn parse(_object: &ObjectRef, _annotations: &BTreeMap<String, String>) -> (Self, Vec<Rejected>) {
        todo!()
    }
}
