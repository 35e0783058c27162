//! A client's node, as far as it is read.

use data_plane_api::types::SemanticVersion;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, message, skip_field, string};
use prost::{DecodeError, Message};

use super::CLIENT_METADATA;
use crate::xds::{in_field, only_read};

/// Every gRPC library sets it, no Envoy does.
const GRPC_FEATURE: &str = "envoy.lb.does_not_support_overprovisioning";

/// Clients that set it report the load of every cluster they have, without a list of them.
const SENDS_ALL_CLUSTERS_FEATURE: &str = "envoy.lrs.supports_send_all_clusters";

/// What Chancery reads of a `Node` (envoy/config/core/v3/base.proto).
///
/// Clients choose how many extensions, features and metadata their node has, and an empty one costs two bytes on the
/// wire. So nothing here grows with their number: each is looked at while the message is read, and only the answer kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// `id`.
    pub id: String,
    /// `cluster`.
    pub cluster: String,
    /// Its `metadata`.
    pub metadata: Metadata,
    /// Its `locality`.
    pub locality: Locality,
    /// `user_agent_name`.
    pub user_agent_name: String,
    /// `user_agent_version`; empty if the client gives a build version instead, or none.
    pub user_agent_version: String,
    /// `user_agent_build_version`.
    pub user_agent_build_version: BuildVersion,
    /// Whether `client_features` has the one that every gRPC library sets, and no Envoy.
    pub has_grpc_feature: bool,
    /// Whether `client_features` has the one that says: it reports the load of all its clusters without a list of them.
    pub sends_all_clusters: bool,
}

/// What is read of a node's metadata, which is a `google.protobuf.Struct`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// What [`CLIENT_METADATA`] is set to, if it is set.
    pub client: Option<Value>,
}

/// What is read of a node's `Locality`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Locality {
    /// `zone`.
    #[prost(string, tag = "2")]
    pub zone: String,
    /// `sub_zone`: the name of the Kubernetes node.
    #[prost(string, tag = "3")]
    pub sub_zone: String,
}

/// What is read of a `google.protobuf.Value`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Value {
    /// The string, if it is one.
    #[prost(string, optional, tag = "3")]
    pub string_value: Option<String>,
}

/// What is read of a `BuildVersion`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct BuildVersion {
    /// `version`.
    #[prost(message, optional, tag = "1")]
    pub version: Option<SemanticVersion>,
}

/// One of the `fields` of a `google.protobuf.Struct`.
#[derive(Clone, PartialEq, Eq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Value>,
}

impl Message for Node {
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        let (field, read) = match tag {
            1 => ("id", string::merge(wire_type, &mut self.id, buffer, context)),
            2 => ("cluster", string::merge(wire_type, &mut self.cluster, buffer, context)),
            3 => ("metadata", message::merge(wire_type, &mut self.metadata, buffer, context)),
            4 => ("locality", message::merge(wire_type, &mut self.locality, buffer, context)),
            6 => ("user_agent_name", string::merge(wire_type, &mut self.user_agent_name, buffer, context)),
            7 => ("user_agent_version", string::merge(wire_type, &mut self.user_agent_version, buffer, context)),
            8 => {
                let version = &mut self.user_agent_build_version;
                ("user_agent_build_version", message::merge(wire_type, version, buffer, context))
            }
            10 => {
                let mut feature = String::new();
                let read = string::merge(wire_type, &mut feature, buffer, context);
                self.has_grpc_feature |= feature == GRPC_FEATURE;
                self.sends_all_clusters |= feature == SENDS_ALL_CLUSTERS_FEATURE;
                ("client_features", read)
            }
            _ => return skip_field(wire_type, tag, buffer, context),
        };
        in_field(read, "Node", field)
    }

    only_read!();
}

impl Message for Metadata {
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if tag != 1 {
            return skip_field(wire_type, tag, buffer, context);
        }
        let mut entry = Entry::default();
        message::merge(wire_type, &mut entry, buffer, context)?;
        if entry.key == CLIENT_METADATA {
            self.client = Some(entry.value.unwrap_or_default());
        }
        Ok(())
    }

    only_read!();
}
