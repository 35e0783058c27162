//! [`Node`]s to Kubernetes types, with every mistake on the way.
//!
//! A value of the wrong type is noted with its path and line, and reading goes on as if nothing stood there. So one
//! pass finds all that is wrong with an object, and not only the first thing.

mod access;

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeOwned, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};

use crate::model::Rejected;

use super::node::{Node, Value};
use super::scalar::Scalar;
use access::{Entries, Items};

/// A field with a value that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The path of the field, as in [`Rejected::field`].
    pub field: String,
    /// The line of the field, in the text that was parsed.
    pub line: u32,
    /// What stands there, shortened; empty for lists and mappings.
    pub value: String,
    /// What is wrong, as a clause.
    pub message: String,
}

/// Reads `node` as a `T`, or says all that is wrong with it.
pub fn decode<T: DeserializeOwned>(node: &Node<'_>) -> Result<T, Vec<Mistake>> {
    let mistakes = RefCell::default();
    let result = T::deserialize(Decoder { node, line: node.line, path: Path::Root, mistakes: &mistakes });
    let mut mistakes = mistakes.into_inner();
    match result {
        Ok(value) if mistakes.is_empty() => Ok(value),
        Ok(_) => Err(mistakes),
        Err(DecodeError { message, place }) => {
            let (field, line, value) = place.unwrap_or_else(|| (String::new(), node.line, String::new()));
            mistakes.push(Mistake { field, line, value, message });
            Err(mistakes)
        }
    }
}

/// The way from the object to one of its parts.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

#[derive(Clone, Copy)]
struct Decoder<'p, 'n> {
    node: &'p Node<'n>,
    /// The line of its key, if it has one.
    line: u32,
    path: Path<'p>,
    mistakes: &'p RefCell<Vec<Mistake>>,
}

/// What a Kubernetes type itself objects to, such as a time that is none.
#[derive(Debug)]
struct DecodeError {
    message: String,
    place: Option<(String, u32, String)>,
}

impl Path<'_> {
    /// Whether the keys here are the user's, so that `.` and `/` in them must not look like steps.
    fn has_free_keys(self) -> bool {
        matches!(self, Path::Key(_, "annotations" | "labels" | "selector" | "matchLabels"))
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Key(Path::Root, key) => f.write_str(key),
            Path::Key(above, key) if above.has_free_keys() => write!(f, "{above}[{key}]"),
            Path::Key(above, key) => write!(f, "{above}.{key}"),
            Path::Index(above, index) => write!(f, "{above}[{index}]"),
        }
    }
}

impl Decoder<'_, '_> {
    fn value(&self) -> String {
        self.node.scalar().map_or_else(String::new, |(text, _)| Rejected::shorten(text))
    }

    /// Notes that something else is expected here; says nothing about null, which counts as absent, as in Go.
    fn note(&self, expected: &str) {
        if self.node.is_null() {
            return;
        }
        let message = format!("is {}; expected {expected}", self.node.noun());
        self.mistakes.borrow_mut().push(Mistake {
            field: self.path.to_string(),
            line: self.line,
            value: self.value(),
            message,
        });
    }

    /// Lets the type have the value, and adds the place if it objects.
    fn placed<T>(&self, result: Result<T, DecodeError>) -> Result<T, DecodeError> {
        result.map_err(|error| match error {
            DecodeError { message, place: None } => {
                DecodeError { message, place: Some((self.path.to_string(), self.line, self.value())) }
            }
            placed @ DecodeError { place: Some(_), .. } => placed,
        })
    }

    fn whole<T: TryFrom<i64> + Default>(&self) -> T {
        let is_port = matches!(self.path, Path::Key(_, "port" | "targetPort" | "nodePort"));
        let range = if is_port { "a whole number from 1 to 65535" } else { "a whole number" };
        match self.node.scalar() {
            Some((_, Scalar::Int(number))) => T::try_from(number).unwrap_or_else(|_| {
                self.note(if is_port { range } else { "a smaller one" });
                T::default()
            }),
            Some((text, Scalar::Str)) if matches!(Scalar::resolve(text), Scalar::Int(_)) => {
                self.note(&format!("{range}: write {text} without quotes"));
                T::default()
            }
            _ => {
                self.note(range);
                T::default()
            }
        }
    }

    fn string(&self) -> &str {
        match self.node.scalar() {
            Some((text, Scalar::Str)) => text,
            Some((text, _)) => {
                self.note(&format!("a string: write \"{}\"", Rejected::shorten(text)));
                ""
            }
            None => {
                self.note("a string");
                ""
            }
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.placed(visitor.$visit(self.whole()))
        }
    )* };
}

impl<'de> Deserializer<'de> for Decoder<'_, '_> {
    type Error = DecodeError;

    whole_numbers! {
        deserialize_i8 visit_i8
        deserialize_i16 visit_i16
        deserialize_i32 visit_i32
        deserialize_i64 visit_i64
        deserialize_u8 visit_u8
        deserialize_u16 visit_u16
        deserialize_u32 visit_u32
        deserialize_u64 visit_u64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if let Path::Key(_, "targetPort") = self.path {
            return match self.node.scalar() {
                Some((_, Scalar::Int(number))) if i32::try_from(number).is_ok() => {
                    self.placed(visitor.visit_i64(number))
                }
                Some((text, Scalar::Str)) => self.placed(visitor.visit_str(text)),
                _ => {
                    self.note("a whole number from 1 to 65535, or the name of a port of the pods");
                    self.placed(visitor.visit_i64(0))
                }
            };
        }
        match (&self.node.value, self.node.scalar()) {
            (Value::Sequence(_), _) => self.deserialize_seq(visitor),
            (Value::Mapping(_), _) => self.deserialize_map(visitor),
            (_, Some((_, Scalar::Bool(value)))) => self.placed(visitor.visit_bool(value)),
            (_, Some((_, Scalar::Int(value)))) => self.placed(visitor.visit_i64(value)),
            (_, Some((_, Scalar::Float(value)))) => self.placed(visitor.visit_f64(value)),
            (_, Some((text, Scalar::Str))) => self.placed(visitor.visit_str(text)),
            (_, Some((_, Scalar::Null)) | None) => self.placed(visitor.visit_unit()),
        }
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
        self.placed(visitor.visit_bool(value))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let value = match self.node.scalar() {
            Some((_, Scalar::Float(value))) => value,
            Some((text, Scalar::Int(_))) => text.parse().unwrap_or_default(),
            _ => {
                self.note("a number");
                0.0
            }
        };
        self.placed(visitor.visit_f64(value))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.placed(visitor.visit_str(self.string()))
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
        let items = if let Value::Sequence(items) = &self.node.value {
            items.as_slice()
        } else {
            self.note("a list");
            &[]
        };
        self.placed(visitor.visit_seq(Items::new(self, items)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let entries = if let Value::Mapping(entries) = &self.node.value {
            entries.as_slice()
        } else {
            self.note("a mapping");
            &[]
        };
        self.placed(visitor.visit_map(Entries::new(self, entries)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.placed(visitor.visit_enum(self.string().into_deserializer()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), place: None }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("is {unexpected}; expected {expected}"))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }
}
