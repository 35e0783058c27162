use std::collections::BTreeMap;

use data_plane_api::core::node::UserAgentVersionType;
use data_plane_api::core::{Address, BuildVersion, Extension, Locality, Node as Sent};
use data_plane_api::types::SemanticVersion;
use prost::Message;
use prost_types::{ListValue, Struct, Value, value::Kind};

use super::{CLIENT_METADATA, Client, IdentityError, Node, node};
use crate::xds::{ClientKind, Place};

const GRPC_FEATURE: &str = "envoy.lb.does_not_support_overprovisioning";

/// What is read of a node that a client sent.
fn read(sent: &Sent) -> Node {
    Node::decode(sent.encode_to_vec().as_slice()).unwrap()
}

fn identify(sent: &Sent) -> Result<Client, IdentityError> {
    super::identify(Some(&read(sent)))
}

fn envoy() -> Sent {
    Sent { id: "edge-7".into(), cluster: "edge".into(), user_agent_name: "envoy".into(), ..Sent::default() }
}

fn metadata(entries: impl IntoIterator<Item = (&'static str, Kind)>) -> Struct {
    let fields = entries.into_iter().map(|(key, kind)| (key.to_owned(), Value { kind: Some(kind) })).collect();
    Struct { fields }
}

fn stating(kind: Kind) -> Sent {
    Sent { metadata: Some(metadata([(CLIENT_METADATA, kind)])), ..envoy() }
}

#[test]
fn an_envoy_belongs_to_the_fleet_of_its_cluster() {
    let client = identify(&envoy()).unwrap();
    assert_eq!((client.target.kind, &*client.target.fleet), (ClientKind::Envoy, "edge"));
}

#[test]
fn grpc_is_recognised_by_feature_or_by_user_agent() {
    let by_feature = Sent { client_features: vec![GRPC_FEATURE.into()], ..envoy() };
    let by_agent = Sent { user_agent_name: "gRPC Go".into(), ..envoy() };
    for node in [by_feature, by_agent] {
        assert_eq!(identify(&node).unwrap().target.kind, ClientKind::Grpc);
    }
}

#[test]
fn metadata_decides_over_everything_else() {
    let node = stating(Kind::StringValue("grpc".into()));
    assert_eq!(identify(&node).unwrap().target.kind, ClientKind::Grpc);
    let node = Sent { client_features: vec![GRPC_FEATURE.into()], ..stating(Kind::StringValue("envoy".into())) };
    assert_eq!(identify(&node).unwrap().target.kind, ClientKind::Envoy);
}

#[test]
fn a_node_without_identity_is_an_error() {
    assert_eq!(super::identify(None), Err(IdentityError::NoNode));
    assert_eq!(identify(&Sent::default()), Err(IdentityError::NoId));
    let node = stating(Kind::StringValue("Envoy".into()));
    assert_eq!(identify(&node), Err(IdentityError::UnknownClient("Envoy".into())));
    for kind in [Kind::BoolValue(true), Kind::ListValue(ListValue::default())] {
        assert_eq!(identify(&stating(kind)), Err(IdentityError::UnknownClient("not a string".into())));
    }
}

#[test]
fn where_a_client_runs_is_in_its_locality() {
    let at = |zone: &str, sub_zone: &str| {
        let locality = Locality { zone: zone.into(), sub_zone: sub_zone.into(), ..Locality::default() };
        let Place { zone, node } = identify(&Sent { locality: Some(locality), ..envoy() }).unwrap().place;
        (zone.to_string(), node.to_string())
    };
    assert_eq!(identify(&envoy()).unwrap().place, Place::default());
    assert_eq!(at("eu-1a", "worker-1"), ("eu-1a".into(), "worker-1".into()));
    // Nothing is called that.
    let (longest, longer) = ("x".repeat(253), "x".repeat(254));
    assert_eq!(at(&longer, &longest), (String::new(), longest));
}

#[test]
fn of_a_node_with_every_field_is_read_what_counts() {
    let mut dynamic_parameters = BTreeMap::new();
    dynamic_parameters.entry("type".to_owned()).or_default();
    let version = SemanticVersion { major_number: 1, minor_number: 40, patch: 2 };
    let build = BuildVersion { version: Some(version), metadata: Some(metadata([("a", Kind::BoolValue(true))])) };
    #[expect(deprecated, reason = "clients may still send listening_addresses")]
    let sent = Sent {
        metadata: Some(metadata([
            ("a", Kind::StringValue("grpc".into())),
            (CLIENT_METADATA, Kind::StringValue("envoy".into())),
            ("z", Kind::ListValue(ListValue { values: vec![Value::default(); 3] })),
        ])),
        dynamic_parameters,
        locality: Some(Locality { region: "r".into(), zone: "a".into(), sub_zone: "worker-1".into() }),
        user_agent_version_type: Some(UserAgentVersionType::UserAgentBuildVersion(build)),
        extensions: vec![Extension { name: "x".into(), ..Extension::default() }; 3],
        client_features: vec!["other".into(), GRPC_FEATURE.into(), "envoy.lrs.supports_send_all_clusters".into()],
        listening_addresses: vec![Address::default()],
        ..envoy()
    };
    let expected = Node {
        id: "edge-7".into(),
        cluster: "edge".into(),
        metadata: node::Metadata { client: Some(node::Value { string_value: Some("envoy".into()) }) },
        locality: node::Locality { zone: "a".into(), sub_zone: "worker-1".into() },
        user_agent_name: "envoy".into(),
        user_agent_version: String::new(),
        user_agent_build_version: node::BuildVersion { version: Some(version) },
        features: node::Features { is_grpc: true, sends_all_clusters: true },
    };
    assert_eq!(read(&sent), expected);
    assert_eq!(identify(&sent).unwrap().user_agent, "envoy 1.40.2");
}

#[test]
fn a_version_in_words_is_read_too() {
    let version = UserAgentVersionType::UserAgentVersion("1.76.0".into());
    let sent = Sent { user_agent_name: "gRPC Go".into(), user_agent_version_type: Some(version), ..envoy() };
    assert_eq!(identify(&sent).unwrap().user_agent, "gRPC Go 1.76.0");
}

#[test]
fn what_cannot_be_read_is_named_by_its_field() {
    for (bytes, field) in [
        (vec![0x0a, 1, 0xff], "Node.id: "),
        (vec![0x52, 1, 0xff], "Node.client_features: "),
        (vec![0x22, 3, 0x12, 1, 0xff], "Node.locality: "),
        (vec![0x1a, 5, 0x0a, 3, 0x0a, 1, 0xff], "Node.metadata: "),
    ] {
        let error = Node::decode(bytes.as_slice()).unwrap_err().to_string();
        assert!(error.contains(field), "{error}");
    }
}
