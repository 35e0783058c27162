//! Where something stands that can't be used.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::settings::PREFIX;
use super::{Key, Rejected};
use crate::object_ref::Named;

/// Where in an object something stands, or where in a file that holds no object there.
///
/// People read its [text](fmt::Display), as in `field` of the JSON of `lint`; code matches on the variants. What its author
/// called something (a key, the name of a Mapping) is [shortened](Rejected::shorten) in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// The file as a whole: `file`.
    File,
    /// A line of the file, from 1: `line 12`.
    Line(u32),
    /// A field: `spec.ports[1].port`. Made [from its path](From), which makes an annotation of the path to one, and a label.
    Field(FieldPath),
    /// A label: `metadata.labels[chancery.dev/weight]`.
    Label(MetadataKey),
    /// An annotation, or a part of its value: `metadata.annotations[chancery.dev/lb-policy]`.
    Annotation(MetadataKey, Part),
    /// An annotation of ours that the object has from its Namespace: `metadata.annotations[chancery.dev/hosts] of Namespace
    /// shop`.
    Inherited(MetadataKey, Arc<str>),
    /// In another object than the one that hears of it: `Mapping shop/cart: spec.prefix`.
    Elsewhere(&'static str, Key, Box<Self>),
}

/// The key of an annotation or a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetadataKey {
    /// One of ours, after [`PREFIX`]: `lb-policy`, `protocol.80`.
    Ours(Arc<str>),
    /// One of somebody else.
    Foreign(Arc<str>),
}

/// What of the value of an annotation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All of it.
    Whole,
    /// A field of one of the documents in it, by what the document is called (`Mapping cart`); without steps all of the
    /// document.
    Document(Arc<str>, FieldPath),
}

/// The way to a field; without steps the object itself, which is read as `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FieldPath(Vec<Step>);

/// One step of a [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To a field: `.port`.
    Field(Cow<'static, str>),
    /// To an item of a list: `[1]`.
    Item(usize),
    /// To an entry of a map whose keys are the user's: `[app]`.
    Key(Cow<'static, str>),
}

impl Location {
    /// The annotation of this key.
    pub fn annotation(key: &str) -> Self {
        Self::Annotation(MetadataKey::of(key), Part::Whole)
    }

    /// The annotation of ours of this name after [`PREFIX`].
    pub fn setting(name: &str) -> Self {
        Self::Annotation(MetadataKey::ours(name), Part::Whole)
    }

    /// The annotation of ours of this name that the object has from its `namespace`.
    pub fn inherited(name: &str, namespace: &Arc<str>) -> Self {
        Self::Inherited(MetadataKey::ours(name), Arc::clone(namespace))
    }

    /// The label of this key.
    pub fn label(key: &str) -> Self {
        Self::Label(MetadataKey::of(key))
    }

    /// A line of a file; without one the file as a whole.
    pub fn in_file(line: Option<u32>) -> Self {
        line.map_or(Self::File, Self::Line)
    }

    /// The way to it from the object; none if it isn't in the object.
    pub fn path(&self) -> Option<FieldPath> {
        match self {
            Self::Field(path) => Some(path.clone()),
            Self::Annotation(key, _) => Some(FieldPath::of(["metadata", "annotations"]).field(key.to_string())),
            Self::Label(key) => Some(FieldPath::of(["metadata", "labels"]).field(key.to_string())),
            Self::File | Self::Line(_) | Self::Inherited(..) | Self::Elsewhere(..) => None,
        }
    }

    /// Whether it is this one, or a part of it.
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Field(other)) => self.path().is_some_and(|path| path.is_within(other)),
            (Self::Annotation(key, part), Self::Annotation(other_key, other_part)) => {
                key == other_key && part.is_within(other_part)
            }
            (Self::Elsewhere(kind, key, within), Self::Elsewhere(other_kind, other_key, other_within)) => {
                (kind, key) == (other_kind, other_key) && within.is_within(other_within)
            }
            _ => self == other,
        }
    }

    /// What users would call it: of an annotation its key, without the way to it.
    pub fn spoken(&self) -> String {
        match self {
            Self::Annotation(key, part) => format!("{key}{part}"),
            Self::Inherited(key, _) => key.to_string(),
            Self::File | Self::Line(_) | Self::Field(_) | Self::Label(_) | Self::Elsewhere(..) => self.to_string(),
        }
    }
}

impl MetadataKey {
    /// This key.
    pub fn of(key: &str) -> Self {
        match key.strip_prefix(PREFIX) {
            Some(name) => Self::ours(name),
            None => Self::Foreign(Rejected::shorten(key).into()),
        }
    }

    fn ours(name: &str) -> Self {
        Self::Ours(Rejected::shorten(name).into())
    }
}

impl Part {
    fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Whole) => true,
            (Self::Whole, Self::Document(..)) => false,
            (Self::Document(name, path), Self::Document(other_name, other_path)) => {
                name == other_name && path.is_within(other_path)
            }
        }
    }
}

impl FieldPath {
    /// The way over these fields.
    pub fn of<const N: usize>(fields: [&'static str; N]) -> Self {
        fields.into_iter().map(|name| Step::Field(Cow::Borrowed(name))).collect()
    }

    /// The way to a field of what stands here.
    #[must_use]
    pub fn field(&self, name: impl Into<Cow<'static, str>>) -> Self {
        self.then(Step::Field(name.into()))
    }

    /// The way to an item of the list that stands here, counted from 0.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.then(Step::Item(index))
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    fn then(&self, step: Step) -> Self {
        self.0.iter().cloned().chain([step]).collect()
    }

    fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl Step {
    /// The name of the field, or the key of the entry, to which it leads.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Field(name) | Self::Key(name) => Some(name),
            Self::Item(_) => None,
        }
    }
}

impl FromIterator<Step> for FieldPath {
    fn from_iter<T: IntoIterator<Item = Step>>(steps: T) -> Self {
        Self(steps.into_iter().collect())
    }
}

/// Whichever way somebody went, an annotation is one, and a label.
impl From<FieldPath> for Location {
    fn from(path: FieldPath) -> Self {
        let names: Vec<Option<&str>> = path.steps().iter().map(Step::name).collect();
        match names[..] {
            [Some("metadata"), Some("annotations"), Some(key)] => Self::annotation(key),
            [Some("metadata"), Some("labels"), Some(key)] => Self::label(key),
            _ => Self::Field(path),
        }
    }
}

impl<const N: usize> From<[&'static str; N]> for Location {
    fn from(fields: [&'static str; N]) -> Self {
        FieldPath::of(fields).into()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("file"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Field(path) => path.fmt(f),
            Self::Label(key) => write!(f, "metadata.labels[{key}]"),
            Self::Annotation(key, part) => write!(f, "metadata.annotations[{key}]{part}"),
            Self::Inherited(key, namespace) => write!(f, "metadata.annotations[{key}] of Namespace {namespace}"),
            Self::Elsewhere(kind, key, within) => {
                Named(kind, key).fmt(f)?;
                match &**within {
                    Self::Field(FieldPath(steps)) if steps.is_empty() => Ok(()),
                    within => write!(f, ": {within}"),
                }
            }
        }
    }
}

impl fmt::Display for MetadataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(name) => write!(f, "{PREFIX}{name}"),
            Self::Foreign(key) => f.write_str(key),
        }
    }
}

/// As it follows the annotation.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Document(name, FieldPath(steps)) if steps.is_empty() => write!(f, " {name}"),
            Self::Document(name, path) => write!(f, " {name}: {path}"),
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if at == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
