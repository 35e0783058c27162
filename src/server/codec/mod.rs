//! Writes responses from resources that are encoded already, and reads requests.
//!
//! The resources of a response are most of its bytes, and they were encoded when they were rendered. The codec writes
//! the few fields around them and copies them between; nothing is encoded per client.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::BufMut;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len, message, string};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic_prost::ProstCodec;

use data_plane_api::core::ControlPlane;

use crate::protocol::{Absence, Response, Variant};
use crate::xds::{Resource, Version};

#[cfg(test)]
mod tests;

/// The field numbers of `DiscoveryResponse` (envoy/service/discovery/v3/discovery.proto).
mod sotw {
    pub(super) const VERSION_INFO: u32 = 1;
    pub(super) const RESOURCES: u32 = 2;
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
    pub(super) const VERSION: u32 = 1;
    pub(super) const RESOURCE: u32 = 2;
    pub(super) const NAME: u32 = 3;
    pub(super) const ALIASES: u32 = 4;
}

/// What one response says.
#[derive(Debug)]
pub(super) enum Reply {
    /// Resources, in either form of the protocol.
    Resources { variant: Variant, response: Response },
    /// In delta, that there are none.
    Absence(Absence),
}

/// A response on its way out.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) reply: Reply,
    pub(super) identifier: Arc<str>,
}

/// Reads requests `R`, writes [`Outgoing`] responses.
pub(super) struct XdsCodec<R>(PhantomData<R>);

/// The writing half of [`XdsCodec`].
pub(super) struct XdsEncoder;

impl<R> Default for XdsCodec<R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<R: Message + Default + Send + 'static> Codec for XdsCodec<R> {
    type Encode = Outgoing;
    type Decode = R;
    type Encoder = XdsEncoder;
    type Decoder = RequestDecoder<R>;

    fn encoder(&mut self) -> XdsEncoder {
        XdsEncoder
    }

    fn decoder(&mut self) -> RequestDecoder<R> {
        RequestDecoder(ProstCodec::<(), R>::default().decoder())
    }
}

/// The reading half of [`XdsCodec`]: prost's, with errors that name the message and say whose fault it is.
pub(super) struct RequestDecoder<R>(<ProstCodec<(), R> as Codec>::Decoder)
where
    R: Message + Default + Send + 'static;

impl<R: Message + Default + Send + 'static> Decoder for RequestDecoder<R> {
    type Item = R;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<R>, Status> {
        self.0.decode(source).map_err(|status| Status::invalid_argument(status.message().to_owned()))
    }
}

impl Encoder for XdsEncoder {
    type Item = Outgoing;
    type Error = Status;

    fn encode(&mut self, outgoing: Outgoing, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        write(&outgoing, buffer);
        Ok(())
    }
}

fn write(outgoing: &Outgoing, buffer: &mut impl BufMut) {
    let Outgoing { reply, identifier } = outgoing;
    let control_plane = ControlPlane { identifier: identifier.to_string() };
    match reply {
        Reply::Resources { variant: Variant::Sotw, response } => write_sotw(response, &control_plane, buffer),
        Reply::Resources { variant: Variant::Delta, response } => write_delta(response, &control_plane, buffer),
        Reply::Absence(absence) => write_absence(absence, &control_plane, buffer),
    }
}

fn write_sotw(response: &Response, control_plane: &ControlPlane, buffer: &mut impl BufMut) {
    let Response { resource_type, nonce, version, resources, removed: _ } = response;
    string::encode(sotw::VERSION_INFO, &version.to_string(), buffer);
    for resource in resources.iter() {
        write_bytes(sotw::RESOURCES, resource.any(), buffer);
    }
    write_bytes(sotw::TYPE_URL, resource_type.type_url().as_bytes(), buffer);
    string::encode(sotw::NONCE, nonce, buffer);
    message::encode(sotw::CONTROL_PLANE, control_plane, buffer);
}

fn write_delta(response: &Response, control_plane: &ControlPlane, buffer: &mut impl BufMut) {
    let Response { resource_type, nonce, version, resources, removed } = response;
    string::encode(delta::SYSTEM_VERSION_INFO, &version.to_string(), buffer);
    for resource in resources.iter() {
        write_wrapped(resource, buffer);
    }
    write_bytes(delta::TYPE_URL, resource_type.type_url().as_bytes(), buffer);
    string::encode(delta::NONCE, nonce, buffer);
    for name in removed {
        write_bytes(delta::REMOVED_RESOURCES, name.as_bytes(), buffer);
    }
    message::encode(delta::CONTROL_PLANE, control_plane, buffer);
}

fn write_absence(absence: &Absence, control_plane: &ControlPlane, buffer: &mut impl BufMut) {
    // The version of a set of nothing.
    string::encode(delta::SYSTEM_VERSION_INFO, &Version::default().to_string(), buffer);
    if absence.is_of_aliases() {
        for name in &absence.names {
            write_unresolved(name.as_bytes(), buffer);
        }
    }
    write_bytes(delta::TYPE_URL, absence.type_url.as_bytes(), buffer);
    string::encode(delta::NONCE, &absence.nonce, buffer);
    if !absence.is_of_aliases() {
        for name in &absence.names {
            write_bytes(delta::REMOVED_RESOURCES, name.as_bytes(), buffer);
        }
    }
    message::encode(delta::CONTROL_PLANE, control_plane, buffer);
}

/// A `Resource` with a name that is its own alias, and nothing else.
fn write_unresolved(name: &[u8], buffer: &mut impl BufMut) {
    let length = bytes_len(wrapper::NAME, name) + bytes_len(wrapper::ALIASES, name);
    encode_key(delta::RESOURCES, WireType::LengthDelimited, buffer);
    encode_varint(length as u64, buffer);
    write_bytes(wrapper::NAME, name, buffer);
    write_bytes(wrapper::ALIASES, name, buffer);
}

/// One `Resource` of a delta response: version, content, name.
fn write_wrapped(resource: &Resource, buffer: &mut impl BufMut) {
    let version = resource.version().to_string();
    let name = resource.name().as_bytes();
    let length = bytes_len(wrapper::VERSION, version.as_bytes())
        + bytes_len(wrapper::RESOURCE, resource.any())
        + bytes_len(wrapper::NAME, name);
    encode_key(delta::RESOURCES, WireType::LengthDelimited, buffer);
    encode_varint(length as u64, buffer);
    write_bytes(wrapper::VERSION, version.as_bytes(), buffer);
    write_bytes(wrapper::RESOURCE, resource.any(), buffer);
    write_bytes(wrapper::NAME, name, buffer);
}

fn write_bytes(field: u32, bytes: &[u8], buffer: &mut impl BufMut) {
    encode_key(field, WireType::LengthDelimited, buffer);
    encode_varint(bytes.len() as u64, buffer);
    buffer.put_slice(bytes);
}

fn bytes_len(field: u32, bytes: &[u8]) -> usize {
    key_len(field) + encoded_len_varint(bytes.len() as u64) + bytes.len()
}
