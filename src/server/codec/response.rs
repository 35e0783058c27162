//! The encoding of responses, from resources that are encoded already.

use std::sync::Arc;

use bytes::BufMut;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

use super::HEADER_BYTES;
use crate::protocol::{NotFoundResponse, Response, Variant};
use crate::xds::{Resource, Version};

#[cfg(test)]
mod tests;

/// How much of a response is encoded at a time: as much as fits into one frame of HTTP/2, for clients that don't
/// ask for larger ones.
const PIECE_BYTES: usize = 16 << 10;

/// The field numbers of `DiscoveryResponse` (envoy/service/discovery/v3/discovery.proto).
mod sotw {
    pub(super) const VERSION_INFO: u32 = 1;
    pub(super) const TYPE_URL: u32 = 4;
    pub(super) const NONCE: u32 = 5;
    pub(super) const CONTROL_PLANE: u32 = 6;
}

/// The field numbers of `DeltaDiscoveryResponse`.
mod delta {
    pub(super) const SYSTEM_VERSION_INFO: u32 = 1;
    pub(super) const RESOURCES: u32 = 2;
    pub(super) const TYPE_URL: u32 = 4;
    pub(super) const NONCE: u32 = 5;
    pub(super) const REMOVED_RESOURCES: u32 = 6;
    pub(super) const CONTROL_PLANE: u32 = 7;
}

/// The field numbers of `Resource`, the wrapper of delta.
mod wrapper {
    pub(super) const NAME: u32 = 3;
    pub(super) const ALIASES: u32 = 4;
}

/// The field number of `ControlPlane` (envoy/config/core/v3/base.proto).
const IDENTIFIER: u32 = 1;

/// The content of a response.
#[derive(Debug)]
pub(in crate::server) enum Content {
    /// Resources, in either variant.
    Resources { variant: Variant, response: Response },
    /// In delta, that resources don't exist.
    NotFound(NotFoundResponse),
}

/// A response that is to be encoded.
#[derive(Debug)]
pub(in crate::server) struct OutgoingResponse {
    pub(in crate::server) content: Content,
    /// `control_plane.identifier`.
    pub(in crate::server) identifier: Arc<str>,
}

/// A response that is encoded piece by piece: header, fields, the entries of resources, fields.
pub(in crate::server) struct ResponseEncoder {
    variant: Variant,
    /// What comes before the resources, and what comes after them.
    around: Vec<u8>,
    resources_at: usize,
    resources: Arc<[Arc<Resource>]>,
    /// Which part is next: the fields before, each resource, the fields after.
    part: usize,
    /// How much of that part is in a piece.
    offset: usize,
    /// How many bytes are in no piece yet.
    remaining: usize,
}

impl ResponseEncoder {
    pub(in crate::server) fn new(OutgoingResponse { content, identifier }: OutgoingResponse) -> Self {
        match content {
            Content::Resources { variant: Variant::Sotw, response } => Self::sotw(response, &identifier),
            Content::Resources { variant: Variant::Delta, response } => Self::delta(response, &identifier),
            Content::NotFound(response) => Self::not_found(&response, &identifier),
        }
    }

    fn sotw(response: Response, identifier: &str) -> Self {
        let Response { resource_type, nonce, version, resources, removed: _ } = response;
        let mut around = begun();
        put_version(sotw::VERSION_INFO, version, &mut around);
        let resources_at = around.len();
        put(sotw::TYPE_URL, resource_type.type_url().as_bytes(), &mut around);
        put(sotw::NONCE, nonce.as_bytes(), &mut around);
        put_control_plane(sotw::CONTROL_PLANE, identifier, &mut around);
        Self::with(Variant::Sotw, around, resources_at, resources)
    }

    fn delta(response: Response, identifier: &str) -> Self {
        let Response { resource_type, nonce, version, resources, removed } = response;
        let mut around = begun();
        put_version(delta::SYSTEM_VERSION_INFO, version, &mut around);
        let resources_at = around.len();
        put(delta::TYPE_URL, resource_type.type_url().as_bytes(), &mut around);
        put(delta::NONCE, nonce.as_bytes(), &mut around);
        for name in removed {
            put(delta::REMOVED_RESOURCES, name.as_bytes(), &mut around);
        }
        put_control_plane(delta::CONTROL_PLANE, identifier, &mut around);
        Self::with(Variant::Delta, around, resources_at, resources)
    }

    fn not_found(response: &NotFoundResponse, identifier: &str) -> Self {
        let mut around = begun();
        // The version of a set of nothing.
        put_version(delta::SYSTEM_VERSION_INFO, Version::default(), &mut around);
        if response.is_of_aliases() {
            for name in &response.names {
                put_unresolved(name.as_bytes(), &mut around);
            }
        }
        let resources_at = around.len();
        put(delta::TYPE_URL, response.type_url.as_bytes(), &mut around);
        put(delta::NONCE, response.nonce.as_bytes(), &mut around);
        if !response.is_of_aliases() {
            for name in &response.names {
                put(delta::REMOVED_RESOURCES, name.as_bytes(), &mut around);
            }
        }
        put_control_plane(delta::CONTROL_PLANE, identifier, &mut around);
        Self::with(Variant::Delta, around, resources_at, Arc::default())
    }

    fn with(variant: Variant, mut around: Vec<u8>, resources_at: usize, resources: Arc<[Arc<Resource>]>) -> Self {
        let entries: usize = resources.iter().map(|resource| entry(variant, resource).len()).sum();
        let remaining = around.len() + entries;
        // No message of ours has four gigabytes; no client would take it.
        let length = u32::try_from(remaining - HEADER_BYTES).unwrap_or(u32::MAX);
        if let Some((_, slot)) = around.first_chunk_mut::<HEADER_BYTES>().and_then(|header| header.split_first_mut()) {
            slot.copy_from_slice(&length.to_be_bytes());
        }
        Self { variant, around, resources_at, resources, part: 0, offset: 0, remaining }
    }

    /// The next piece, at most [`PIECE_BYTES`] long; none after the last.
    pub(in crate::server) fn next_piece(&mut self) -> Option<Vec<u8>> {
        let size = self.remaining.min(PIECE_BYTES);
        if size == 0 {
            return None;
        }
        let mut piece = Vec::with_capacity(size);
        while piece.len() < size {
            let part = self.part()?.get(self.offset..)?;
            let (now, later) = part.split_at(part.len().min(size - piece.len()));
            piece.extend_from_slice(now);
            if later.is_empty() {
                (self.part, self.offset) = (self.part + 1, 0);
            } else {
                self.offset += now.len();
            }
        }
        self.remaining -= size;
        Some(piece)
    }

    /// The part that is next.
    fn part(&self) -> Option<&[u8]> {
        let (before, after) = self.around.split_at_checked(self.resources_at)?;
        match self.part.checked_sub(1) {
            None => Some(before),
            Some(index) => Some(self.resources.get(index).map_or(after, |resource| entry(self.variant, resource))),
        }
    }
}

fn entry(variant: Variant, resource: &Resource) -> &[u8] {
    match variant {
        Variant::Sotw => resource.sotw_entry(),
        Variant::Delta => resource.delta_entry(),
    }
}

/// The beginning of a message that isn't compressed, with room for its length.
fn begun() -> Vec<u8> {
    // Version, type, nonce, and the name of a pod fit.
    let mut buffer = Vec::with_capacity(256);
    buffer.resize(HEADER_BYTES, 0);
    buffer
}

fn put_version(field: u32, version: Version, buffer: &mut Vec<u8>) {
    put(field, version.to_string().as_bytes(), buffer);
}

/// A `Resource` with a name that is its own alias, and nothing else.
fn put_unresolved(name: &[u8], buffer: &mut Vec<u8>) {
    let length = field_len(wrapper::NAME, name.len()) + field_len(wrapper::ALIASES, name.len());
    encode_key(delta::RESOURCES, WireType::LengthDelimited, buffer);
    encode_varint(length as u64, buffer);
    put(wrapper::NAME, name, buffer);
    put(wrapper::ALIASES, name, buffer);
}

fn put_control_plane(field: u32, identifier: &str, buffer: &mut Vec<u8>) {
    encode_key(field, WireType::LengthDelimited, buffer);
    encode_varint(field_len(IDENTIFIER, identifier.len()) as u64, buffer);
    put(IDENTIFIER, identifier.as_bytes(), buffer);
}

fn put(field: u32, bytes: &[u8], buffer: &mut Vec<u8>) {
    encode_key(field, WireType::LengthDelimited, buffer);
    encode_varint(bytes.len() as u64, buffer);
    buffer.put_slice(bytes);
}

const fn field_len(field: u32, len: usize) -> usize {
    key_len(field) + encoded_len_varint(len as u64) + len
}
