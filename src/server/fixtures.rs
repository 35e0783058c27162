//! What tests of the server have in common.

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::codec::{Content, OutgoingResponse};
use crate::protocol::{Response, Variant};
use crate::xds::{Name, Resource, ResourceType, Version};

/// A resource with so many bytes of content.
pub(super) fn resource(name: &str, bytes: usize) -> Arc<Resource> {
    Arc::new(Resource::from_value(Name::from(name), "type".to_owned(), vec![7; bytes], []))
}

/// A response with these resources.
pub(super) fn outgoing(variant: Variant, resources: impl IntoIterator<Item = Arc<Resource>>) -> OutgoingResponse {
    let response = Response {
        resource_type: ResourceType::Endpoint,
        nonce: "7.1".to_owned(),
        version: Version::of(b"all"),
        resources: resources.into_iter().collect(),
        removed: Vec::new(),
    };
    OutgoingResponse { content: Content::Resources { variant, response }, identifier: "replica-1".into() }
}

/// The metrics, as text.
pub(super) fn metrics_text(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    text
}
