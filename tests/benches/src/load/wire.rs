//! Requests, and what the generator reads of responses: the fields at the top, nothing inside.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use test_support::ads;

use super::options::Variant;
use super::received::PREFIX;

/// The kind of resource that is asked for: assignments, as Envoy and gRPC ask for them, by name.
const TYPE_URL: &str = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

/// What all clients ask for, encoded once.
#[derive(Debug)]
pub struct Wanted {
    variant: Variant,
    /// The field of the names, once per name: a part of any request.
    names: Bytes,
}

/// A response, as far as it is read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Seen {
    /// How many resources it has.
    pub resources: usize,
    /// Its version, in the state of the world.
    pub version: Bytes,
    /// Its nonce.
    pub nonce: Bytes,
}

impl Wanted {
    /// The assignments of the first Services, this many.
    pub fn new(variant: Variant, names: usize) -> Self {
        let names: Vec<String> = (0..names).map(name).collect();
        let names = match variant {
            Variant::Delta => {
                DeltaDiscoveryRequest { resource_names_subscribe: names, ..Default::default() }.encode_to_vec()
            }
            Variant::Sotw => DiscoveryRequest { resource_names: names, ..Default::default() }.encode_to_vec(),
            Variant::Raw => Vec::new(),
        };
        Self { variant, names: names.into() }
    }

    /// The first request of a client on a stream; `held` are the resources that it says it has, with their versions.
    pub fn first(&self, client: usize, held: &[(String, String)]) -> Bytes {
        let node = Some(ads::envoy(&format!("bench-{client}"), "bench"));
        let type_url = TYPE_URL.to_owned();
        match self.variant {
            Variant::Sotw => self.frame(&DiscoveryRequest { node, type_url, ..Default::default() }),
            Variant::Delta | Variant::Raw => self.frame(&DeltaDiscoveryRequest {
                node,
                type_url,
                initial_resource_versions: held.iter().cloned().collect(),
                ..Default::default()
            }),
        }
    }

    /// The request that says that a response was taken.
    pub fn ack(&self, seen: &Seen) -> Bytes {
        let (type_url, response_nonce) = (TYPE_URL.to_owned(), text(&seen.nonce));
        match self.variant {
            // In the state of the world each request has all names.
            Variant::Sotw => {
                let version_info = text(&seen.version);
                self.frame(&DiscoveryRequest { type_url, response_nonce, version_info, ..Default::default() })
            }
            Variant::Delta | Variant::Raw => {
                framed(&DeltaDiscoveryRequest { type_url, response_nonce, ..Default::default() }, &[])
            }
        }
    }

    fn frame(&self, request: &impl Message) -> Bytes {
        framed(request, &self.names)
    }
}

/// The name of a Service's assignment.
fn name(service: usize) -> String {
    format!("bench/s{service}/50051")
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A gRPC frame of a message with more fields, already encoded, behind it.
fn framed(message: &impl Message, more: &[u8]) -> Bytes {
    let length = message.encoded_len() + more.len();
    let mut frame = BytesMut::with_capacity(PREFIX + length);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    // A message after which other fields follow is the message with these fields (Protocol Buffers, "Encoding").
    frame.put(message.encode_to_vec().as_slice());
    frame.put(more);
    frame.freeze()
}

/// Reads the fields at the top of a response. What is broken is left out; the client then never gets what it waits for.
pub fn read(message: &mut impl Buf) -> Seen {
    const VERSION: u32 = 1;
    const RESOURCES: u32 = 2;
    const NONCE: u32 = 5;
    let mut seen = Seen::default();
    while let Ok((field, wire_type)) = decode_key(message) {
        let read = match (field, wire_type) {
            (VERSION, WireType::LengthDelimited) => bytes(message).map(|version| seen.version = version),
            (NONCE, WireType::LengthDelimited) => bytes(message).map(|nonce| seen.nonce = nonce),
            _ => skip_field(wire_type, field, message, DecodeContext::default()).ok(),
        };
        if read.is_none() {
            break;
        }
        seen.resources += usize::from(field == RESOURCES);
    }
    message.advance(message.remaining());
    seen
}

/// The names and versions of the resources of a delta response.
pub fn versions(message: &[u8]) -> Vec<(String, String)> {
    let response = data_plane_api::discovery::DeltaDiscoveryResponse::decode(message).unwrap_or_default();
    response.resources.into_iter().map(|resource| (resource.name, resource.version)).collect()
}

fn bytes(message: &mut impl Buf) -> Option<Bytes> {
    let length = usize::try_from(decode_varint(message).ok()?).ok()?;
    (message.remaining() >= length).then(|| message.copy_to_bytes(length))
}

#[cfg(test)]
mod tests {
    use bytes::{Buf as _, Bytes};
    use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest, DiscoveryResponse};
    use prost::Message;
    use prost_types::Any;

    use super::{Seen, Wanted, read};
    use crate::load::options::Variant;
    use crate::load::received::Received;

    /// The only message of a frame.
    fn message(frame: Bytes) -> Bytes {
        let mut received = Received::default();
        received.push(frame);
        let length = received.next_message().unwrap();
        assert_eq!(length, received.remaining());
        received.copy_to_bytes(length)
    }

    #[test]
    fn a_response_is_read_as_it_was_written() {
        let resource = Any { type_url: "t".to_owned(), value: vec![1, 2, 3] };
        let response = DiscoveryResponse {
            version_info: "v".to_owned(),
            resources: vec![resource.clone(), resource],
            nonce: "n".to_owned(),
            ..DiscoveryResponse::default()
        };
        let seen = read(&mut response.encode_to_vec().as_slice());
        assert_eq!(seen, Seen { resources: 2, version: "v".into(), nonce: "n".into() });
    }

    #[test]
    fn requests_have_the_names() {
        let request = DeltaDiscoveryRequest::decode(message(Wanted::new(Variant::Delta, 2).first(0, &[]))).unwrap();
        assert_eq!(request.resource_names_subscribe, ["bench/s0/50051", "bench/s1/50051"]);
        let request = DiscoveryRequest::decode(message(Wanted::new(Variant::Sotw, 2).ack(&Seen::default()))).unwrap();
        assert_eq!(request.resource_names, ["bench/s0/50051", "bench/s1/50051"]);
    }
}
