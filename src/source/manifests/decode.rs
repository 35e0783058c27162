//! Decodes [`Node`]s into Kubernetes types and collects all mistakes.
//!
//! A value of the wrong type is noted with its path and line, and reading goes on as if nothing stood there. So one
//! pass finds all that is wrong with an object, and not only the first thing.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};

use crate::model::{FieldPath, Location, Rejected, Step};

use super::issue::Issue;
use super::node::{Entry, Node, Value};
use super::scalar::Scalar;

/// Reads `node` as a `T`, or says all that is wrong with it.
pub fn decode<T: DeserializeOwned>(node: &Node) -> Result<T, Vec<Issue>> {
    let issues = RefCell::default();
    let result = T::deserialize(Decoder { node, line: node.line, path: Path::Root, issues: &issues });
    let issues = issues.into_inner();
    result.ok().filter(|_| issues.is_empty()).ok_or(issues)
}

/// The way from the object to one of its parts.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

#[derive(Clone, Copy)]
struct Decoder<'p> {
    node: &'p Node,
    /// The line of its key, if it has one.
    line: u32,
    path: Path<'p>,
    issues: &'p RefCell<Vec<Issue>>,
}

/// What a Kubernetes type itself objects to, such as a time that is none; `None` once that is noted.
#[derive(Debug)]
struct DecodeError(Option<String>);

impl Path<'_> {
    /// Whether the keys here are the user's, so that `.` and `/` in them must not look like steps.
    fn has_free_keys(self) -> bool {
        matches!(self, Path::Key(_, "annotations" | "labels" | "selector" | "matchLabels"))
    }

    fn location(self) -> Location {
        let mut steps = Vec::new();
        let mut path = self;
        loop {
            let (above, step) = match path {
                Path::Root => break,
                Path::Key(above, key) if above.has_free_keys() => (above, Step::Key(key.to_owned().into())),
                Path::Key(above, key) => (above, Step::Field(key.to_owned().into())),
                Path::Index(above, index) => (above, Step::Item(index)),
            };
            steps.push(step);
            path = *above;
        }
        steps.into_iter().rev().collect::<FieldPath>().into()
    }
}

impl Decoder<'_> {
    /// Notes that something else is expected here; says nothing about null, which counts as absent, as in Go.
    fn note(&self, expected: &str) {
        if !self.node.is_null() {
            self.issue(self.node.text(), format!("is {}; expected {expected}", self.node.noun()));
        }
    }

    fn issue(&self, value: Option<&str>, message: String) {
        let value = value.map(Rejected::shorten).unwrap_or_default();
        self.issues.borrow_mut().push(Issue::in_object(self.line, self.path.location(), value, message));
    }

    /// Lets the type have the value, and notes what it objects to.
    fn noted<T>(&self, result: Result<T, DecodeError>) -> Result<T, DecodeError> {
        result.map_err(|DecodeError(message)| {
            if let Some(message) = message {
                self.issue(self.node.text(), message);
            }
            DecodeError(None)
        })
    }

    fn whole<T: TryFrom<i64> + Default>(&self) -> T {
        let is_port = matches!(self.path, Path::Key(_, "port" | "targetPort" | "nodePort"));
        let range = if is_port { "a whole number from 1 to 65535" } else { "a whole number" };
        match self.node.scalar() {
            Some((_, Scalar::Int(number))) => {
                return T::try_from(number).unwrap_or_else(|_| {
                    self.note(if is_port { range } else { "a smaller one" });
                    T::default()
                });
            }
            Some((text, Scalar::Str)) if matches!(Scalar::resolve(text), Scalar::Int(_)) => {
                self.note(&format!("{range}: write {text} without quotes"));
            }
            _ => self.note(range),
        }
        T::default()
    }

    fn string(&self) -> &str {
        match self.node.scalar() {
            Some((text, Scalar::Str)) => return text,
            Some((text, _)) => self.note(&format!("a string: write \"{}\"", Rejected::shorten(text))),
            None => self.note("a string"),
        }
        ""
    }
}

impl<'de> Deserializer<'de> for Decoder<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let is_target_port = matches!(self.path, Path::Key(_, "targetPort"));
        self.noted(match (&self.node.value, self.node.scalar()) {
            (_, Some((_, Scalar::Int(value)))) if !is_target_port || i32::try_from(value).is_ok() => {
                visitor.visit_i64(value)
            }
            (_, Some((text, Scalar::Str))) => visitor.visit_str(text),
            _ if is_target_port => {
                self.note("a whole number from 1 to 65535, or the name of a port of the pods");
                visitor.visit_i64(0)
            }
            (Value::Sequence(_), _) => return self.deserialize_seq(visitor),
            (Value::Mapping(_), _) => return self.deserialize_map(visitor),
            (_, Some((_, Scalar::Bool(value)))) => visitor.visit_bool(value),
            (_, Some((_, Scalar::Float(value)))) => visitor.visit_f64(value),
            _ => visitor.visit_unit(),
        })
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.noted(visitor.visit_i32(self.whole()))
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.noted(visitor.visit_i64(self.whole()))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let value = match self.node.scalar() {
            Some((_, Scalar::Bool(value))) => value,
            Some((text @ ("true" | "false"), Scalar::Str)) => {
                self.note(&format!("a boolean: write {text} without quotes"));
                false
            }
            _ => {
                self.note("true or false");
                false
            }
        };
        self.noted(visitor.visit_bool(value))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.noted(visitor.visit_str(self.string()))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if !matches!(self.node.value, Value::Sequence(_)) {
            self.note("a list");
        }
        let items = self.node.items().iter().enumerate().map(|(index, node)| Decoder {
            node,
            line: node.line,
            path: Path::Index(&self.path, index),
            issues: self.issues,
        });
        self.noted(visitor.visit_seq(SeqDeserializer::new(items)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if !matches!(self.node.value, Value::Mapping(_)) {
            self.note("a mapping");
        }
        let entries = self.node.entries().iter().map(|Entry { key, line, node, earlier }| {
            let entry = Decoder { node, line: *line, path: Path::Key(&self.path, key), issues: self.issues };
            match earlier.map(|earlier| line.saturating_sub(earlier)) {
                None => {}
                Some(0) => entry.issue(None, "is set twice in this line; expected once".to_owned()),
                Some(1) => entry.issue(None, "is set twice; the other is one line above".to_owned()),
                Some(above) => entry.issue(None, format!("is set twice; the other is {above} lines above")),
            }
            (&**key, entry)
        });
        self.noted(visitor.visit_map(MapDeserializer::new(entries)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    // The types that Kubernetes' own don't have.
    serde::forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
    }
}

impl IntoDeserializer<'_, DecodeError> for Decoder<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("already noted"))
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Some(message.to_string()))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("is {unexpected}; expected {expected}"))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }
}
