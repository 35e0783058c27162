//! The encoded entries of a resource in responses.

use bytes::{BufMut, Bytes};
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

use super::Version;

/// The field numbers of `Resource`, the wrapper of delta (envoy/service/discovery/v3/discovery.proto).
const VERSION: u32 = 1;
const RESOURCE: u32 = 2;
const NAME: u32 = 3;

/// `resources`, in `DeltaDiscoveryResponse` and in `DiscoveryResponse`.
const RESOURCES: u32 = 2;

/// How many digits a version has.
const VERSION_DIGITS: usize = 32;

/// The entry of one resource in the list of a response, in both forms of the protocol: one buffer, and slices of it.
///
/// ```text
/// delta ──▶ resources { version: …
/// sotw  ──▶             resource: …        the wrapper's field has the number of the list: it reads as its entry, too
/// any   ──▶                       …
///                       name: … }
/// ```
#[derive(Clone, Default)]
pub(super) struct Entry {
    pub(super) delta: Bytes,
    pub(super) sotw: Bytes,
    pub(super) any: Bytes,
}

impl Entry {
    /// The entry of the resource of this name, version, and encoded `Any`.
    pub(super) fn new(name: &str, version: Version, any: &[u8]) -> Self {
        let sotw_len = field_len(RESOURCE, any.len());
        let wrapped_len = field_len(VERSION, VERSION_DIGITS) + sotw_len + field_len(NAME, name.len());
        let mut bytes = Vec::with_capacity(field_len(RESOURCES, wrapped_len));
        encode_key(RESOURCES, WireType::LengthDelimited, &mut bytes);
        encode_varint(wrapped_len as u64, &mut bytes);
        put(VERSION, version.to_string().as_bytes(), &mut bytes);
        let sotw = bytes.len();
        put(RESOURCE, any, &mut bytes);
        let end = bytes.len();
        put(NAME, name.as_bytes(), &mut bytes);
        let delta = Bytes::from(bytes);
        Self { sotw: delta.slice(sotw..end), any: delta.slice(end - any.len()..end), delta }
    }
}

fn put(field: u32, bytes: &[u8], buffer: &mut impl BufMut) {
    encode_key(field, WireType::LengthDelimited, buffer);
    encode_varint(bytes.len() as u64, buffer);
    buffer.put_slice(bytes);
}

const fn field_len(field: u32, len: usize) -> usize {
    key_len(field) + encoded_len_varint(len as u64) + len
}
