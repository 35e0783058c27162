//! Resources as canonical JSON, `Any`s expanded.

use data_plane_api::json;
use prost::Message;

use super::Resource;

/// A resource whose bytes couldn't be shown as JSON. A retry doesn't help: it is a bug.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The bytes aren't a `google.protobuf.Any`.
    #[error("{name}: not an Any: {source}")]
    Any {
        /// The resource.
        name: String,
        /// What the decoder said.
        source: prost::DecodeError,
    },
    /// The message can't be expanded.
    #[error("{name}: {source}")]
    Message {
        /// The resource.
        name: String,
        /// What failed.
        source: json::Error,
    },
}

/// The resource as proto3 JSON, with the field names of the `.proto` files, as Envoy's documentation writes them.
pub fn resource_to_json(resource: &Resource) -> Result<serde_json::Value, JsonError> {
    let name = || resource.name().to_string();
    let any =
        prost_types::Any::decode(resource.any().clone()).map_err(|source| JsonError::Any { name: name(), source })?;
    json::to_json(&any.type_url, &any.value).map_err(|source| JsonError::Message { name: name(), source })
}
