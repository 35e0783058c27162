use std::sync::Arc;

use data_plane_api::core::ControlPlane;
use data_plane_api::discovery::{DeltaDiscoveryResponse, DiscoveryResponse, Resource as Wrapped};
use data_plane_api::endpoint::ClusterLoadAssignment;
use prost::Message;
use prost_types::Any;

use super::{Outgoing, Reply, write};
use crate::protocol::{Response, Variant};
use crate::xds::{Name, Resource, ResourceType, Version};

fn outgoing(variant: Variant) -> Outgoing {
    let resource = |name: &str| {
        let message = ClusterLoadAssignment { cluster_name: name.to_owned(), ..ClusterLoadAssignment::default() };
        Arc::new(Resource::encode(Name::from(name), &message, []))
    };
    let response = Response {
        resource_type: ResourceType::Endpoint,
        nonce: "7.1".to_owned(),
        version: Version::of(b"all"),
        resources: [resource("shop/cart/50051"), resource("shop/pay/80")].into(),
        removed: vec![Name::from("shop/gone/1"), Name::from("shop/gone/2")],
    };
    Outgoing { reply: Reply::Resources { variant, response }, identifier: "replica-1".into() }
}

fn written(outgoing: &Outgoing) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(outgoing, &mut bytes);
    bytes
}

fn any(resource: &Resource) -> Any {
    Any::decode(resource.any().clone()).unwrap()
}

#[test]
fn sotw_is_what_prost_would_write() {
    let outgoing = outgoing(Variant::Sotw);
    let Reply::Resources { response, .. } = &outgoing.reply else { unreachable!() };
    let expected = DiscoveryResponse {
        version_info: response.version.to_string(),
        resources: response.resources.iter().map(|resource| any(resource)).collect(),
        type_url: ResourceType::Endpoint.type_url().to_owned(),
        nonce: response.nonce.clone(),
        control_plane: Some(ControlPlane { identifier: "replica-1".to_owned() }),
        ..DiscoveryResponse::default()
    };
    assert_eq!(written(&outgoing), expected.encode_to_vec());
}

#[test]
fn delta_is_what_prost_would_write() {
    let outgoing = outgoing(Variant::Delta);
    let Reply::Resources { response, .. } = &outgoing.reply else { unreachable!() };
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
    assert_eq!(DeltaDiscoveryResponse::decode(written(&outgoing).as_slice()).unwrap(), expected);
    assert_eq!(written(&outgoing), expected.encode_to_vec());
}
