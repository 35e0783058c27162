//! A parsed document, with the line of every part.

use std::borrow::Cow;

use super::scalar::Scalar;

/// One part of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'a> {
    /// Where it begins, counted from 1 at the start of the text that was parsed.
    pub line: u32,
    /// What it is.
    pub value: Value<'a>,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// An unquoted scalar, whose text decides its type.
    Plain(Cow<'a, str>),
    /// A scalar that is a string whatever its text: quoted, a block, or tagged `!!str`.
    Quoted(Cow<'a, str>),
    /// A list.
    Sequence(Vec<Node<'a>>),
    /// A mapping, in the order of the document, each key once: of two the last, as for `kubectl`.
    Mapping(Vec<Entry<'a>>),
}

/// One key of a mapping with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    /// The key; YAML's other types of keys count as the text that is written.
    pub key: Cow<'a, str>,
    /// Where the key stands.
    pub line: u32,
    /// The value.
    pub node: Node<'a>,
    /// Where the same key stands a first time, with a value that doesn't count.
    pub earlier: Option<u32>,
}

impl<'a> Node<'a> {
    /// The same, independent of the text that it was parsed from.
    pub fn into_owned(self) -> Node<'static> {
        let owned = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        let value = match self.value {
            Value::Plain(text) => Value::Plain(owned(text)),
            Value::Quoted(text) => Value::Quoted(owned(text)),
            Value::Sequence(nodes) => Value::Sequence(nodes.into_iter().map(Node::into_owned).collect()),
            Value::Mapping(entries) => Value::Mapping(
                entries
                    .into_iter()
                    .map(|Entry { key, line, node, earlier }| Entry {
                        key: owned(key),
                        line,
                        node: node.into_owned(),
                        earlier,
                    })
                    .collect(),
            ),
        };
        Node { line: self.line, value }
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

    /// The entry of a mapping at `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        match &self.value {
            Value::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            Value::Plain(_) | Value::Quoted(_) | Value::Sequence(_) => None,
        }
    }

    /// The value at `key`, unless it is null.
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.entry(key).map(|entry| &entry.node).filter(|node| !node.is_null())
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

    /// The line of a field, given as a path such as `spec.ports[1].port` or `metadata.annotations[example.org/a]`; of
    /// the innermost part that exists, when not all of it does.
    pub fn line_of(&self, field: &str) -> u32 {
        let (mut node, mut line, mut rest) = (self, self.line, field);
        loop {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let (step, after) = match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
                Some(split) => split,
                None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
            };
            let next = match &node.value {
                Value::Sequence(nodes) => {
                    step.parse().ok().and_then(|at: usize| nodes.get(at)).map(|node| (node.line, node))
                }
                Value::Mapping(_) => node.entry(step).map(|entry| (entry.line, &entry.node)),
                Value::Plain(_) | Value::Quoted(_) => None,
            };
            let Some(found) = next else { return line };
            (line, node) = found;
            rest = after;
        }
    }
}
