//! Requests of both forms, as far as they are read.
//!
//! The messages of discovery.proto have more: locators, which nobody here looks up, and the details of an error. An empty
//! one of them costs a client two bytes, and would cost the server a hundred times that. What isn't declared is skipped.
//!
//! The node isn't here, either: who a client is doesn't matter to the protocol.

use std::collections::BTreeMap;

use prost::Message;

/// What is read of a `DiscoveryRequest` (envoy/service/discovery/v3/discovery.proto).
#[derive(Clone, PartialEq, Eq, Message)]
pub struct DiscoveryRequest {
    /// `version_info`.
    #[prost(string, tag = "1")]
    pub version_info: String,
    /// `resource_names`.
    #[prost(string, repeated, tag = "3")]
    pub resource_names: Vec<String>,
    /// `type_url`.
    #[prost(string, tag = "4")]
    pub type_url: String,
    /// `response_nonce`.
    #[prost(string, tag = "5")]
    pub response_nonce: String,
    /// `error_detail`.
    #[prost(message, optional, tag = "6")]
    pub error_detail: Option<ErrorDetail>,
}

/// What is read of a `DeltaDiscoveryRequest`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct DeltaDiscoveryRequest {
    /// `type_url`.
    #[prost(string, tag = "2")]
    pub type_url: String,
    /// `resource_names_subscribe`.
    #[prost(string, repeated, tag = "3")]
    pub resource_names_subscribe: Vec<String>,
    /// `resource_names_unsubscribe`.
    #[prost(string, repeated, tag = "4")]
    pub resource_names_unsubscribe: Vec<String>,
    /// `initial_resource_versions`.
    #[prost(btree_map = "string, string", tag = "5")]
    pub initial_resource_versions: BTreeMap<String, String>,
    /// `response_nonce`.
    #[prost(string, tag = "6")]
    pub response_nonce: String,
    /// `error_detail`.
    #[prost(message, optional, tag = "7")]
    pub error_detail: Option<ErrorDetail>,
}

/// What is read of the `google.rpc.Status` that makes a request a NACK.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ErrorDetail {
    /// `message`.
    #[prost(string, tag = "2")]
    pub message: String,
}
