//! A parsed document with line numbers.

use std::rc::Rc;

use super::scalar::Scalar;
use crate::model::{Location, Step};

/// One part of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it begins, counted from 1 at the start of the text that was parsed.
    pub line: u32,
    /// The parsed value.
    pub value: Value,
}

/// What a [`Node`] is. Texts are shared: an alias may repeat a long one many times.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An unquoted scalar, whose text decides its type.
    Plain(Rc<str>),
    /// A scalar that is a string whatever its text: quoted, a block, or tagged `!!str`.
    Quoted(Rc<str>),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping, in the order of the document, each key once: of two the last, as for `kubectl`.
    Mapping(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key; YAML's other types of keys count as the text that is written.
    pub key: Rc<str>,
    /// Where the key stands.
    pub line: u32,
    /// The value.
    pub node: Node,
    /// Where the same key stands a first time, with a value that doesn't count.
    pub earlier: Option<u32>,
}

impl Node {
    /// The text of a scalar of any type.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Plain(text) | Value::Quoted(text) => Some(text),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// The text and the type of a scalar.
    pub fn scalar(&self) -> Option<(&str, Scalar)> {
        match &self.value {
            Value::Plain(text) => Some((text, Scalar::resolve(text))),
            Value::Quoted(text) => Some((text, Scalar::Str)),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// Whether nothing stands there.
    pub fn is_null(&self) -> bool {
        matches!(self.scalar(), Some((_, Scalar::Null)))
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        self.scalar().and_then(|(text, scalar)| (scalar == Scalar::Str).then_some(text))
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        if let Value::Sequence(items) = &self.value { items } else { &[] }
    }

    /// The entries of a mapping; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        if let Value::Mapping(entries) = &self.value { entries } else { &[] }
    }

    /// What a list or a mapping consists of: the key (empty in a list), its line, and the value.
    pub fn parts(&self) -> impl Iterator<Item = (&str, u32, &Self)> {
        let items = self.items().iter().map(|node| ("", node.line, node));
        items.chain(self.entries().iter().map(|entry| (&*entry.key, entry.line, &entry.node)))
    }

    /// The entry of a mapping at `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| *entry.key == *key)
    }

    /// The value at `key`, unless it is null.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node).filter(|node| !node.is_null())
    }

    /// The value of a field of the object's metadata, unless it is null.
    pub fn metadata(&self, field: &str) -> Option<&Self> {
        self.get("metadata")?.get(field)
    }

    /// The word for it in messages.
    pub fn noun(&self) -> &'static str {
        match &self.value {
            Value::Plain(text) => Scalar::resolve(text).noun(),
            Value::Quoted(_) => "a string",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The line of a field; of the innermost part that exists, when not all of it does.
    pub fn line_of(&self, field: impl Into<Location>) -> u32 {
        let path = field.into().path().unwrap_or_default();
        let (mut node, mut line) = (self, self.line);
        for step in path.steps() {
            let next = match step {
                Step::Item(at) => node.items().get(*at).map(|node| (node.line, node)),
                Step::Field(name) | Step::Key(name) => node.entry(name).map(|entry| (entry.line, &entry.node)),
            };
            let Some(found) = next else { return line };
            (line, node) = found;
        }
        line
    }
}
