//! Requests, and what the generator reads of responses: the fields at the top, nothing inside.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use chancery::xds::ResourceType;
use data_plane_api::core::Node;
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use rig::ads;

use super::options::Variant;
use super::received::PREFIX;

/// What all clients ask for, encoded once.
#[derive(Debug)]
pub struct Subscription {
    variant: Variant,
    /// One after the other, the assignments last: gRPC learns from each what to ask for next. Others ask for assignments only.
    steps: Vec<Step>,
}

/// What is asked for of one type.
#[derive(Debug)]
struct Step {
    resource_type: ResourceType,
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
    /// The type of its resources.
    pub type_url: Bytes,
}

impl Subscription {
    /// The first Services, this many.
    pub fn new(variant: Variant, names: usize) -> Self {
        let types = match variant {
            Variant::Grpc => {
                &[ResourceType::Listener, ResourceType::Route, ResourceType::Cluster, ResourceType::Endpoint][..]
            }
            Variant::Delta | Variant::Sotw | Variant::Raw => &[ResourceType::Endpoint],
        };
        let step = |resource_type: &ResourceType| {
            let resource_type = *resource_type;
            let names = (0..names).map(|service| name(resource_type, service)).collect();
            Step { resource_type, names: encoded(variant, names) }
        };
        Self { variant, steps: types.iter().map(step).collect() }
    }

    /// The first request of a client on a stream; `held` are the resources that it says it has, with their versions.
    pub fn first(&self, client: usize, held: &[(String, String)]) -> Bytes {
        let id = format!("bench-{client}");
        let node = if self.variant == Variant::Grpc { ads::grpc(&id) } else { ads::envoy(&id, "bench") };
        self.steps.first().map(|step| self.subscription(step, Some(node), held)).unwrap_or_default()
    }

    /// The request that follows the ACK of a response, if that was the first one of the type that was asked for last, of
    /// `asked` types so far.
    pub fn next(&self, asked: usize, seen: &Seen) -> Option<Bytes> {
        self.steps.get(asked.checked_sub(1)?).filter(|step| step.is_of(seen))?;
        self.steps.get(asked).map(|step| self.subscription(step, None, &[]))
    }

    /// The request that says that a response was taken.
    pub fn ack(&self, seen: &Seen) -> Bytes {
        let (type_url, response_nonce) = (text(&seen.type_url), text(&seen.nonce));
        match self.variant {
            // In the state of the world each request has all names.
            Variant::Sotw | Variant::Grpc => {
                let version_info = text(&seen.version);
                let names = self.steps.iter().find(|step| step.is_of(seen)).map_or(&[][..], |step| &step.names);
                framed(&DiscoveryRequest { type_url, response_nonce, version_info, ..Default::default() }, names)
            }
            Variant::Delta | Variant::Raw => {
                framed(&DeltaDiscoveryRequest { type_url, response_nonce, ..Default::default() }, &[])
            }
        }
    }

    /// How many of a response's resources are what the client wants in the end: assignments.
    pub fn counted(&self, seen: &Seen) -> usize {
        if self.steps.last().is_some_and(|step| step.is_of(seen)) { seen.resources } else { 0 }
    }

    fn subscription(&self, step: &Step, node: Option<Node>, held: &[(String, String)]) -> Bytes {
        let type_url = step.resource_type.type_url().to_owned();
        match self.variant {
            Variant::Sotw | Variant::Grpc => {
                framed(&DiscoveryRequest { node, type_url, ..Default::default() }, &step.names)
            }
            Variant::Delta | Variant::Raw => {
                let initial_resource_versions = held.iter().cloned().collect();
                let request = DeltaDiscoveryRequest { node, type_url, initial_resource_versions, ..Default::default() };
                framed(&request, &step.names)
            }
        }
    }
}

impl Step {
    fn is_of(&self, seen: &Seen) -> bool {
        seen.type_url == self.resource_type.type_url()
    }
}

/// What a Service's resource of this type is called.
fn name(resource_type: ResourceType, service: usize) -> String {
    match resource_type {
        ResourceType::Listener => format!("s{service}.bench:50051"),
        ResourceType::Route => format!("s{service}.bench.svc.cluster.local:50051"),
        ResourceType::Cluster | ResourceType::Endpoint | ResourceType::Secret => format!("bench/s{service}/50051"),
    }
}

/// The field of names, in a request of this kind.
fn encoded(variant: Variant, names: Vec<String>) -> Bytes {
    let names = match variant {
        Variant::Delta => {
            DeltaDiscoveryRequest { resource_names_subscribe: names, ..Default::default() }.encode_to_vec()
        }
        Variant::Sotw | Variant::Grpc => {
            DiscoveryRequest { resource_names: names, ..Default::default() }.encode_to_vec()
        }
        Variant::Raw => Vec::new(),
    };
    names.into()
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
    const TYPE_URL: u32 = 4;
    const NONCE: u32 = 5;
    let mut seen = Seen::default();
    while let Ok((field, wire_type)) = decode_key(message) {
        let read = match (field, wire_type) {
            (VERSION, WireType::LengthDelimited) => bytes(message).map(|version| seen.version = version),
            (TYPE_URL, WireType::LengthDelimited) => bytes(message).map(|type_url| seen.type_url = type_url),
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
    use chancery::xds::ResourceType;
    use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest, DiscoveryResponse};
    use prost::Message;
    use prost_types::Any;

    use super::{Seen, Subscription, read};
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
            type_url: "t".to_owned(),
            ..DiscoveryResponse::default()
        };
        let seen = read(&mut response.encode_to_vec().as_slice());
        assert_eq!(seen, Seen { resources: 2, version: "v".into(), nonce: "n".into(), type_url: "t".into() });
    }

    #[test]
    fn requests_have_the_names() {
        let request =
            DeltaDiscoveryRequest::decode(message(Subscription::new(Variant::Delta, 2).first(0, &[]))).unwrap();
        assert_eq!(request.resource_names_subscribe, ["bench/s0/50051", "bench/s1/50051"]);
        let seen = Seen { type_url: ResourceType::Endpoint.type_url().into(), ..Seen::default() };
        let request = DiscoveryRequest::decode(message(Subscription::new(Variant::Sotw, 2).ack(&seen))).unwrap();
        assert_eq!(request.resource_names, ["bench/s0/50051", "bench/s1/50051"]);
    }

    #[test]
    fn grpc_asks_for_one_type_after_the_other() {
        let wanted = Subscription::new(Variant::Grpc, 1);
        let mut request = DiscoveryRequest::decode(message(wanted.first(0, &[]))).unwrap();
        let mut asked = Vec::new();
        for number in 1.. {
            asked.push(request.resource_names.concat());
            let seen = Seen { type_url: request.type_url.into(), resources: 1, ..Seen::default() };
            assert_eq!(wanted.counted(&seen), usize::from(number == 4));
            // A later response of a type leads to nothing more.
            assert_eq!(wanted.next(number + 1, &seen), None);
            let Some(next) = wanted.next(number, &seen) else { break };
            request = DiscoveryRequest::decode(message(next)).unwrap();
        }
        let routes = "s0.bench.svc.cluster.local:50051";
        assert_eq!(asked, ["s0.bench:50051", routes, "bench/s0/50051", "bench/s0/50051"]);
    }
}
