//! Lists and mappings, part by part.

use std::cell::RefCell;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::super::node::{Entry, Node};
use super::{DecodeError, Decoder, Mistake, Path};

/// The items of a list.
pub(super) struct Items<'p, 'n> {
    path: Path<'p>,
    mistakes: &'p RefCell<Vec<Mistake>>,
    rest: std::iter::Enumerate<std::slice::Iter<'p, Node<'n>>>,
}

/// The entries of a mapping.
pub(super) struct Entries<'p, 'n> {
    path: Path<'p>,
    mistakes: &'p RefCell<Vec<Mistake>>,
    rest: std::slice::Iter<'p, Entry<'n>>,
    /// The entry whose key has been read.
    current: Option<&'p Entry<'n>>,
}

impl<'p, 'n> Items<'p, 'n> {
    pub(super) fn new(list: Decoder<'p, 'n>, items: &'p [Node<'n>]) -> Self {
        Self { path: list.path, mistakes: list.mistakes, rest: items.iter().enumerate() }
    }
}

impl<'p, 'n> Entries<'p, 'n> {
    pub(super) fn new(mapping: Decoder<'p, 'n>, entries: &'p [Entry<'n>]) -> Self {
        Self { path: mapping.path, mistakes: mapping.mistakes, rest: entries.iter(), current: None }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Self::Error> {
        let Some((index, node)) = self.rest.next() else { return Ok(None) };
        let path = Path::Index(&self.path, index);
        seed.deserialize(Decoder { node, line: node.line, path, mistakes: self.mistakes }).map(Some)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        self.current = self.rest.next();
        let Some(Entry { key, line, node: _, earlier }) = self.current else { return Ok(None) };
        if let Some(earlier) = earlier {
            let message = match line.saturating_sub(*earlier) {
                0 => "is set twice in this line; expected once".to_owned(),
                1 => "is set twice; the other is one line above".to_owned(),
                above => format!("is set twice; the other is {above} lines above"),
            };
            let field = Path::Key(&self.path, key).to_string();
            self.mistakes.borrow_mut().push(Mistake { field, line: *line, value: String::new(), message });
        }
        seed.deserialize(StrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        let Some(Entry { key, line, node, earlier: _ }) = self.current else {
            return Err(serde::de::Error::custom("a value was asked for before its key"));
        };
        let path = Path::Key(&self.path, key);
        seed.deserialize(Decoder { node, line: *line, path, mistakes: self.mistakes })
    }
}
