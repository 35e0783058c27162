//! Requests of both forms, as far as they are read.
//!
//! The messages of discovery.proto have more: locators, which nobody here looks up, and the details of an error. An empty
//! one of them costs a client two bytes, and would cost the server a hundred times that. What isn't declared is skipped.
//!
//! The node isn't here, either: who a client is doesn't matter to the protocol.

use std::collections::BTreeMap;

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, btree_map, message, skip_field, string};
use prost::{DecodeError, Message};

use super::name_list::NameList;
use crate::xds::{in_field, only_read};

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

impl Message for DiscoveryRequest {
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        let (field, read) = match tag {
            1 => ("version_info", string::merge(wire_type, &mut self.version_info, buffer, context)),
            3 => ("resource_names", self.resource_names.merge(wire_type, buffer, context)),
            4 => ("type_url", string::merge(wire_type, &mut self.type_url, buffer, context)),
            5 => ("response_nonce", string::merge(wire_type, &mut self.response_nonce, buffer, context)),
            6 => {
                let error = self.error_detail.get_or_insert_default();
                ("error_detail", message::merge(wire_type, error, buffer, context))
            }
            _ => return skip_field(wire_type, tag, buffer, context),
        };
        in_field(read, "DiscoveryRequest", field)
    }

    only_read!();
}

impl Message for DeltaDiscoveryRequest {
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        let (field, read) = match tag {
            2 => ("type_url", string::merge(wire_type, &mut self.type_url, buffer, context)),
            3 => ("resource_names_subscribe", self.resource_names_subscribe.merge(wire_type, buffer, context)),
            4 => ("resource_names_unsubscribe", self.resource_names_unsubscribe.merge(wire_type, buffer, context)),
            5 => {
                let versions = &mut self.initial_resource_versions;
                ("initial_resource_versions", btree_map::merge(string::merge, string::merge, versions, buffer, context))
            }
            6 => ("response_nonce", string::merge(wire_type, &mut self.response_nonce, buffer, context)),
            7 => {
                let error = self.error_detail.get_or_insert_default();
                ("error_detail", message::merge(wire_type, error, buffer, context))
            }
            _ => return skip_field(wire_type, tag, buffer, context),
        };
        in_field(read, "DeltaDiscoveryRequest", field)
    }

    only_read!();
}
