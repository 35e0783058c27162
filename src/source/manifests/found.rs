//! What is found in files, and where.

use std::sync::Arc;

use crate::model::{Converted, Rejected};

/// Something, and where it was declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared<T> {
    /// The file, as the user gave it or below what the user gave.
    pub file: Arc<str>,
    /// The line where it begins, from 1.
    pub line: u32,
    /// The declared thing.
    pub it: T,
}

/// An object, and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The file, as the user gave it or below what the user gave.
    pub file: Arc<str>,
    /// The line where it begins, from 1.
    pub line: u32,
    /// Whether it counts: of several with one name only the first does.
    pub served: bool,
    /// Whether what is wrong with it is ours to tell.
    pub ours: bool,
    /// The object.
    pub converted: Converted,
    /// The line of each of [`Converted::rejected`].
    pub lines: Vec<u32>,
}

/// Something rejected, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RejectedAt {
    /// The file.
    pub file: Arc<str>,
    /// The line, from 1; `None` for a file as a whole.
    pub line: Option<u32>,
    /// The rejected configuration.
    pub rejected: Rejected,
}
