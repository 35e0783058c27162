//! A client's node, decoded as far as it is used.

use data_plane_api::types::SemanticVersion;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, message, string};
use prost::{DecodeError, Message};

use super::CLIENT_METADATA;
use crate::xds::partial_message;

/// Every gRPC library sets it, no Envoy does.
const GRPC_FEATURE: &str = "envoy.lb.does_not_support_overprovisioning";

/// Clients that set it report the load of every cluster they have, without a list of them.
const SENDS_ALL_CLUSTERS_FEATURE: &str = "envoy.lrs.supports_send_all_clusters";

/// What Chancery reads of a `Node` (envoy/config/core/v3/base.proto).
///
/// Clients choose how many extensions, features and metadata their node has, and an empty one costs two bytes on the
/// wire. So nothing here grows with their number: each is looked at while the message is decoded, and only its meaning
/// kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// `id`.
    pub id: String,
    /// `cluster`.
    pub cluster: String,
    /// Its `metadata`.
    pub(super) metadata: Metadata,
    /// Its `locality`.
    pub(super) locality: Locality,
    /// `user_agent_name`.
    pub(super) user_agent_name: String,
    /// `user_agent_version`; empty if the client gives a build version instead, or none.
    pub(super) user_agent_version: String,
    /// `user_agent_build_version`.
    pub(super) user_agent_build_version: BuildVersion,
    /// The `client_features` that Chancery knows.
    pub(super) features: Features,
}

impl Node {
    /// Whether the client reports the load of all its clusters without a list of them.
    pub const fn sends_all_clusters(&self) -> bool {
        self.features.sends_all_clusters
    }
}

/// What is read of a node's metadata, which is a `google.protobuf.Struct`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    /// What [`CLIENT_METADATA`] is set to, if it is set.
    pub(super) client: Option<Value>,
}

/// What is read of a node's `client_features`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Features {
    /// Whether there is the one that every gRPC library sets, and no Envoy.
    pub(super) is_grpc: bool,
    /// Whether the client reports the load of all its clusters without a list of them.
    pub(super) sends_all_clusters: bool,
}

/// What is read of a node's `Locality`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Locality {
    /// `zone`.
    #[prost(string, tag = "2")]
    pub(super) zone: String,
    /// `sub_zone`: the name of the Kubernetes node.
    #[prost(string, tag = "3")]
    pub(super) sub_zone: String,
}

/// What is read of a `google.protobuf.Value`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Value {
    /// The string, if it is one.
    #[prost(string, optional, tag = "3")]
    pub(super) string_value: Option<String>,
}

/// What is read of a `BuildVersion`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct BuildVersion {
    /// `version`.
    #[prost(message, optional, tag = "1")]
    pub(super) version: Option<SemanticVersion>,
}

/// One of the `fields` of a `google.protobuf.Struct`.
#[derive(Clone, PartialEq, Eq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Value>,
}

partial_message! {
    Node {
        1 => id: string::merge,
        2 => cluster: string::merge,
        3 => metadata: message::merge,
        4 => locality: message::merge,
        6 => user_agent_name: string::merge,
        7 => user_agent_version: string::merge,
        8 => user_agent_build_version: message::merge,
        10 => client_features in features: merge_feature,
    }
}

partial_message! {
    Metadata {
        1 => fields in client: merge_entry,
    }
}

/// Keeps what an entry of `client_features` means.
fn merge_feature(
    wire_type: WireType,
    features: &mut Features,
    buffer: &mut impl Buf,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    let mut feature = String::new();
    string::merge(wire_type, &mut feature, buffer, context)?;
    features.is_grpc |= feature == GRPC_FEATURE;
    features.sends_all_clusters |= feature == SENDS_ALL_CLUSTERS_FEATURE;
    Ok(())
}

/// Keeps the value of [`CLIENT_METADATA`].
fn merge_entry(
    wire_type: WireType,
    client: &mut Option<Value>,
    buffer: &mut impl Buf,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    let mut entry = Entry::default();
    message::merge(wire_type, &mut entry, buffer, context)?;
    if entry.key == CLIENT_METADATA {
        *client = Some(entry.value.unwrap_or_default());
    }
    Ok(())
}
