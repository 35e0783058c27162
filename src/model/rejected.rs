//! Rejected configuration, as a value.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use super::{Location, ObjectRef};

mod json;

pub use json::RejectedJson;

/// One setting, field, object or file that can't be used: what, why, and what is in force meanwhile.
///
/// It never travels as an error: it is collected, shown, and harms nobody else.
///
/// Lists of it are published in its [order](Ord): by object, then by the text of the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The object that holds it.
    pub object: ObjectRef,
    /// Where in the object it is.
    pub field: Location,
    /// What stands there, shortened to [`Self::MAX_VALUE`] characters; empty when nothing does.
    pub value: String,
    /// The kind of mistake, for metrics and Events.
    pub reason: Reason,
    /// What is wrong and what is accepted, as a clause: `not a whole number; expected 1 to 65535`.
    pub message: String,
    /// What is in force meanwhile: `the default, round-robin, stays`.
    pub meanwhile: String,
}

/// The kind of mistake. The words are the `reason` label of `chancery_rejected_objects`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// An annotation with a value that isn't accepted.
    InvalidAnnotation,
    /// An annotation under our prefix that doesn't exist.
    UnknownAnnotation,
    /// An annotation that is in force, or would be, but hardly does what its author wants.
    DoubtfulAnnotation,
    /// A field that Kubernetes itself would refuse.
    InvalidObject,
    /// A field that isn't followed, or hardly does for our clients what its author wants. The object is served all the same.
    DoubtfulObject,
    /// An endpoint that can't be used; the rest of its slice is.
    InvalidEndpoint,
    /// An object of a kind that has nothing to balance over, such as an `ExternalName` Service.
    Unsupported,
    /// An object or a domain that somebody else already has.
    Duplicate,
    /// A file that isn't YAML or JSON, or can't be read.
    Unparsable,
    /// Something was made of the object that a client refuses.
    RejectedByClient,
}

/// How bad it is: an error fails `chancery lint`, a warning doesn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something the user wrote isn't in force.
    Error,
    /// Something is probably not meant that way.
    Warning,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::InvalidAnnotation,
        Self::UnknownAnnotation,
        Self::DoubtfulAnnotation,
        Self::InvalidObject,
        Self::DoubtfulObject,
        Self::InvalidEndpoint,
        Self::Unsupported,
        Self::Duplicate,
        Self::Unparsable,
        Self::RejectedByClient,
    ];

    /// The word for it in metrics and Events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidAnnotation => "InvalidAnnotation",
            Self::UnknownAnnotation => "UnknownAnnotation",
            Self::DoubtfulAnnotation => "DoubtfulAnnotation",
            Self::InvalidObject => "InvalidObject",
            Self::DoubtfulObject => "DoubtfulObject",
            Self::InvalidEndpoint => "InvalidEndpoint",
            Self::Unsupported => "Unsupported",
            Self::Duplicate => "Duplicate",
            Self::Unparsable => "Unparsable",
            Self::RejectedByClient => "RejectedByClient",
        }
    }

    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::UnknownAnnotation | Self::DoubtfulAnnotation | Self::DoubtfulObject => Severity::Warning,
            Self::InvalidAnnotation
            | Self::InvalidObject
            | Self::InvalidEndpoint
            | Self::Unsupported
            | Self::Duplicate
            | Self::Unparsable
            | Self::RejectedByClient => Severity::Error,
        }
    }
}

impl Rejected {
    /// How many characters of a value are repeated back to the user.
    pub const MAX_VALUE: usize = 80;

    /// A value, shortened so that a 10 MB annotation doesn't become a 10 MB log line, control characters escaped.
    pub fn shorten(value: &str) -> String {
        let mut short: String = value.chars().take(Self::MAX_VALUE).flat_map(char::escape_debug).collect();
        if value.chars().nth(Self::MAX_VALUE).is_some() {
            let _ = write!(short, "… ({} bytes)", value.len());
        }
        short
    }

    /// Something that is wrong with the file at `path`, in this line or as a whole.
    pub fn in_file(
        path: &Arc<str>,
        line: Option<u32>,
        reason: Reason,
        message: impl Into<String>,
        meanwhile: impl Into<String>,
    ) -> Self {
        Self {
            object: ObjectRef::File(Arc::clone(path)),
            field: Location::in_file(line),
            value: String::new(),
            reason,
            message: message.into(),
            meanwhile: meanwhile.into(),
        }
    }

    /// What is said of the field, without the way to it.
    pub fn remark(&self) -> Remark<'_> {
        Remark { value: &self.value, message: &self.message, meanwhile: &self.meanwhile }
    }
}

/// What is said of a field: `"fastest": not a policy; expected round-robin (the default, round-robin, stays)`.
#[derive(Debug, Clone, Copy)]
pub struct Remark<'a> {
    /// See [`Rejected::value`].
    pub value: &'a str,
    /// See [`Rejected::message`].
    pub message: &'a str,
    /// See [`Rejected::meanwhile`].
    pub meanwhile: &'a str,
}

impl Ord for Rejected {
    fn cmp(&self, other: &Self) -> Ordering {
        let Self { object, field, value, reason, message, meanwhile } = self;
        let by_text =
            || if *field == other.field { Ordering::Equal } else { field.to_string().cmp(&other.field.to_string()) };
        object
            .cmp(&other.object)
            .then_with(by_text)
            .then_with(|| {
                (value, reason, message, meanwhile).cmp(&(
                    &other.value,
                    &other.reason,
                    &other.message,
                    &other.meanwhile,
                ))
            })
            // Two fields that read the same are still two.
            .then_with(|| field.cmp(&other.field))
    }
}

impl PartialOrd for Rejected {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.object, self.field, self.remark())
    }
}

impl fmt::Display for Remark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, message, meanwhile } = self;
        if !value.is_empty() {
            write!(f, "\"{value}\": ")?;
        }
        f.write_str(message)?;
        if !meanwhile.is_empty() {
            write!(f, " ({meanwhile})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
