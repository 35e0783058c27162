//! `DiscoveryRequest` and `DeltaDiscoveryRequest`, decoded as far as they are used.
//!
//! The messages of discovery.proto have more fields: resource locators and the details of an error. An empty one costs a
//! client two bytes, and would cost the server a hundred times that. What isn't declared here is skipped.
//!
//! The node is missing because the protocol doesn't depend on it.

use std::collections::BTreeMap;

use prost::Message;
use prost::encoding::string;

use super::name_list::NameList;
use crate::xds::{merge_map_entry, merge_optional, partial_message};

/// What is read of a `DiscoveryRequest` (envoy/service/discovery/v3/discovery.proto).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiscoveryRequest {
    /// `version_info`.
    pub version_info: String,
    /// `resource_names`.
    pub resource_names: NameList,
    /// `type_url`.
    pub type_url: String,
    /// `response_nonce`.
    pub response_nonce: String,
    /// `error_detail`.
    pub error_detail: Option<ErrorDetail>,
}

/// What is read of a `DeltaDiscoveryRequest`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeltaDiscoveryRequest {
    /// `type_url`.
    pub type_url: String,
    /// `resource_names_subscribe`.
    pub resource_names_subscribe: NameList,
    /// `resource_names_unsubscribe`.
    pub resource_names_unsubscribe: NameList,
    /// `initial_resource_versions`.
    pub initial_resource_versions: BTreeMap<String, String>,
    /// `response_nonce`.
    pub response_nonce: String,
    /// `error_detail`.
    pub error_detail: Option<ErrorDetail>,
}

/// What is read of the `google.rpc.Status` that makes a request a NACK.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ErrorDetail {
    /// `message`.
    #[prost(string, tag = "2")]
    pub message: String,
}

partial_message! {
    DiscoveryRequest {
        1 => version_info: string::merge,
        3 => resource_names: NameList::merge,
        4 => type_url: string::merge,
        5 => response_nonce: string::merge,
        6 => error_detail: merge_optional,
    }
}

partial_message! {
    DeltaDiscoveryRequest {
        2 => type_url: string::merge,
        3 => resource_names_subscribe: NameList::merge,
        4 => resource_names_unsubscribe: NameList::merge,
        5 => initial_resource_versions: merge_map_entry,
        6 => response_nonce: string::merge,
        7 => error_detail: merge_optional,
    }
}
