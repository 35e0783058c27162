use std::sync::Arc;

use data_plane_api::core::ControlPlane;
use data_plane_api::discovery::{DeltaDiscoveryResponse, DiscoveryResponse, Resource as Wrapped};
use data_plane_api::endpoint::ClusterLoadAssignment;
use prost::Message;
use prost_types::Any;

use super::{Content, HEADER_BYTES, OutgoingResponse, PIECE_BYTES, ResponseEncoder};
use crate::protocol::{NotFoundResponse, Response, Variant};
use crate::server::fixtures::{self, resource};
use crate::xds::{Name, Resource, ResourceType, Version};

const VIRTUAL_HOST: &str = "type.googleapis.com/envoy.config.route.v3.VirtualHost";

/// A response with two assignments, which two others are gone from.
fn outgoing(variant: Variant) -> OutgoingResponse {
    let assignment = |name: &str| {
        let message = ClusterLoadAssignment { cluster_name: name.to_owned(), ..ClusterLoadAssignment::default() };
        Arc::new(Resource::encode(Name::from(name), &message, []))
    };
    let mut outgoing = fixtures::outgoing(variant, [assignment("shop/cart/50051"), assignment("shop/pay/80")]);
    response(&mut outgoing).removed = vec![Name::from("shop/gone/1"), Name::from("shop/gone/2")];
    outgoing
}

fn response(outgoing: &mut OutgoingResponse) -> &mut Response {
    let Content::Resources { response, .. } = &mut outgoing.content else { unreachable!() };
    response
}

/// The pieces, one after the other, without the header that says their length.
fn encoded(outgoing: OutgoingResponse) -> Vec<u8> {
    let bytes = pieces(outgoing).concat();
    let (header, message) = bytes.split_at(HEADER_BYTES);
    assert_eq!(header, [&[0], &u32::try_from(message.len()).unwrap().to_be_bytes()[..]].concat());
    message.to_vec()
}

fn pieces(outgoing: OutgoingResponse) -> Vec<Vec<u8>> {
    let mut encoder = ResponseEncoder::new(outgoing);
    std::iter::from_fn(|| encoder.next_piece()).collect()
}

fn any(resource: &Resource) -> Any {
    Any::decode(resource.any().clone()).unwrap()
}

#[test]
fn sotw_is_what_prost_would_write() {
    let mut outgoing = outgoing(Variant::Sotw);
    let response = response(&mut outgoing);
    let expected = DiscoveryResponse {
        version_info: response.version.to_string(),
        resources: response.resources.iter().map(|resource| any(resource)).collect(),
        type_url: ResourceType::Endpoint.type_url().to_owned(),
        nonce: response.nonce.clone(),
        control_plane: Some(ControlPlane { identifier: "replica-1".to_owned() }),
        ..DiscoveryResponse::default()
    };
    assert_eq!(encoded(outgoing), expected.encode_to_vec());
}

#[test]
fn delta_is_what_prost_would_write() {
    let mut outgoing = outgoing(Variant::Delta);
    let response = response(&mut outgoing);
    let wrapped = |resource: &Arc<Resource>| Wrapped {
        name: resource.name().to_string(),
        version: resource.version().to_string(),
        resource: Some(any(resource)),
        ..Wrapped::default()
    };
    let expected = DeltaDiscoveryResponse {
        system_version_info: response.version.to_string(),
        resources: response.resources.iter().map(wrapped).collect(),
        type_url: ResourceType::Endpoint.type_url().to_owned(),
        nonce: response.nonce.clone(),
        removed_resources: response.removed.iter().map(ToString::to_string).collect(),
        control_plane: Some(ControlPlane { identifier: "replica-1".to_owned() }),
        ..DeltaDiscoveryResponse::default()
    };
    assert_eq!(encoded(outgoing), expected.encode_to_vec());
}

#[test]
fn a_large_response_is_cut_wherever_a_piece_is_full() {
    for variant in [Variant::Sotw, Variant::Delta] {
        let mut outgoing = outgoing(variant);
        let response = response(&mut outgoing);
        // Larger than two pieces, as large as one, and so many small ones that ends of pieces meet them anywhere.
        let first = [resource("a", 2 * PIECE_BYTES + 1), resource("b", PIECE_BYTES), resource("c", 0)];
        response.resources = first.into_iter().chain((0..300).map(|n| resource(&format!("d{n:03}"), n))).collect();
        let resources = response.resources.clone();

        let pieces = pieces(outgoing);
        let (last, full) = pieces.split_last().unwrap();
        assert!(full.len() > 4 && full.iter().all(|piece| piece.len() == PIECE_BYTES), "{variant:?}");
        assert!((1..=PIECE_BYTES).contains(&last.len()));

        let bytes = pieces.concat();
        let message = &bytes[HEADER_BYTES..];
        let contents: Vec<Any> = match variant {
            Variant::Sotw => DiscoveryResponse::decode(message).unwrap().resources,
            Variant::Delta => {
                let resources = DeltaDiscoveryResponse::decode(message).unwrap().resources;
                resources.into_iter().map(|resource| resource.resource.unwrap()).collect()
            }
        };
        assert_eq!(contents, resources.iter().map(|resource| any(resource)).collect::<Vec<_>>());
    }
}

#[test]
fn not_found_is_what_prost_would_write() {
    for (type_url, is_of_aliases) in [("type.googleapis.com/a.B", false), (VIRTUAL_HOST, true)] {
        let names = ["one", "two"];
        let nonce = "7.2".to_owned();
        let response = NotFoundResponse { type_url: type_url.into(), nonce, names: names.map(Name::from).to_vec() };
        assert_eq!(response.is_of_aliases(), is_of_aliases);
        let unresolved =
            |name: &str| Wrapped { name: name.to_owned(), aliases: vec![name.to_owned()], ..Wrapped::default() };
        let expected = DeltaDiscoveryResponse {
            system_version_info: Version::default().to_string(),
            resources: names.iter().filter(|_| is_of_aliases).map(|name| unresolved(name)).collect(),
            type_url: type_url.to_owned(),
            nonce: "7.2".to_owned(),
            removed_resources: names.iter().filter(|_| !is_of_aliases).map(ToString::to_string).collect(),
            control_plane: Some(ControlPlane { identifier: "replica-1".to_owned() }),
            ..DeltaDiscoveryResponse::default()
        };
        let outgoing = OutgoingResponse { content: Content::NotFound(response), identifier: "replica-1".into() };
        assert_eq!(encoded(outgoing), expected.encode_to_vec());
    }
}
