//! Messages as JSON, `Any` expanded: one mapping for golden files, `render`, the configuration dump and the admin page.
//!
//! This is proto3's JSON mapping as Envoy's documentation writes it: fields by their proto names (`lb_policy`), defaults
//! left out, durations as `"1.500s"`, 64-bit integers as strings, enums by name, and an `Any` as its content with the type
//! URL in `@type`. Objects are sorted by key. Reading also takes lowerCamelCase names.
//!
//! JSON is for people. Versions are hashes of *bytes*: take those from a typed message ([`read`]), never from a
//! [`DynamicMessage`], whose maps encode in random order.

use prost::{DecodeError, Message, Name};
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Value;

use crate::{descriptor_pool, message_name};

/// Why a message could not be written as JSON, or read from it. The input is at fault: trying again does not help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No message of this name was compiled into this crate.
    #[error("unknown message type {0:?}")]
    UnknownType(String),
    /// The bytes are not an encoding of this message.
    #[error("not a valid {message}")]
    Bytes {
        /// Full name of the message.
        message: String,
        /// What the decoder said.
        source: DecodeError,
    },
    /// The message has no JSON form: it holds an `Any` of a type or with bytes we do not know, or a duration out of range.
    #[error("cannot write {message} as JSON")]
    Write {
        /// Full name of the outermost message.
        message: String,
        /// What the serializer said.
        source: serde_json::Error,
    },
    /// The JSON is no such message: a field it does not have, or a value of another type.
    #[error("cannot read {message} from JSON")]
    Read {
        /// Full name of the outermost message.
        message: String,
        /// What the deserializer said.
        source: serde_json::Error,
    },
}

/// The JSON of a message, given the two halves of an `Any`. There is no `@type` at the top.
///
/// # Errors
///
/// [`Error::UnknownType`], [`Error::Bytes`] or [`Error::Write`].
pub fn to_json(type_url: &str, bytes: &[u8]) -> Result<Value, Error> {
    let name = message_name(type_url);
    let message = DynamicMessage::decode(descriptor(name)?, bytes)
        .map_err(|source| Error::Bytes { message: name.to_owned(), source })?;
    let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(true);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|source| Error::Write { message: name.to_owned(), source })
}

/// The JSON of a typed message.
///
/// # Errors
///
/// [`Error::Write`]; [`Error::UnknownType`] for a message that some other crate generated.
pub fn of<M: Name>(message: &M) -> Result<Value, Error> {
    to_json(&M::full_name(), &message.encode_to_vec())
}

/// Reads a message whose type is known only at run time, by its full name or type URL.
///
/// # Errors
///
/// [`Error::UnknownType`] or [`Error::Read`].
pub fn from_json(full_name: &str, value: &Value) -> Result<DynamicMessage, Error> {
    let name = message_name(full_name);
    DynamicMessage::deserialize(descriptor(name)?, value)
        .map_err(|source| Error::Read { message: name.to_owned(), source })
}

/// Reads a typed message.
///
/// The bytes inside an `Any` in it came from a [`DynamicMessage`]: if they hold a map, they differ from one call to the
/// next.
///
/// # Errors
///
/// [`Error::Read`]; [`Error::UnknownType`] for a message that some other crate generated.
pub fn read<M: Name + Default>(value: &Value) -> Result<M, Error> {
    let name = M::full_name();
    M::decode(from_json(&name, value)?.encode_to_vec().as_slice())
        .map_err(|source| Error::Bytes { message: name, source })
}

fn descriptor(name: &str) -> Result<MessageDescriptor, Error> {
    descriptor_pool().get_message_by_name(name).ok_or_else(|| Error::UnknownType(name.to_owned()))
}
