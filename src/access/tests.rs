use std::collections::BTreeMap;

use data_plane_api::core::Node;
use prost_types::{Struct, Value, value::Kind};

use super::{CLIENT_METADATA, GRPC_FEATURE, Refused, identify};
use crate::xds::ClientKind;

fn envoy() -> Node {
    Node { id: "edge-7".into(), cluster: "edge".into(), user_agent_name: "envoy".into(), ..Node::default() }
}

fn stating(kind: Kind) -> Node {
    let fields = BTreeMap::from([(CLIENT_METADATA.to_owned(), Value { kind: Some(kind) })]);
    Node { metadata: Some(Struct { fields }), ..envoy() }
}

#[test]
fn an_envoy_belongs_to_the_fleet_of_its_cluster() {
    let client = identify(Some(&envoy())).unwrap();
    assert_eq!((client.target.kind, &*client.target.fleet), (ClientKind::Envoy, "edge"));
}

#[test]
fn grpc_is_recognised_by_feature_or_by_user_agent() {
    let by_feature = Node { client_features: vec![GRPC_FEATURE.into()], ..envoy() };
    let by_agent = Node { user_agent_name: "gRPC Go".into(), ..envoy() };
    for node in [by_feature, by_agent] {
        assert_eq!(identify(Some(&node)).unwrap().target.kind, ClientKind::Grpc);
    }
}

#[test]
fn metadata_decides_over_everything_else() {
    let node = stating(Kind::StringValue("grpc".into()));
    assert_eq!(identify(Some(&node)).unwrap().target.kind, ClientKind::Grpc);
    let node = Node { client_features: vec![GRPC_FEATURE.into()], ..stating(Kind::StringValue("envoy".into())) };
    assert_eq!(identify(Some(&node)).unwrap().target.kind, ClientKind::Envoy);
}

#[test]
fn whoever_cannot_be_told_from_others_is_refused() {
    assert_eq!(identify(None), Err(Refused::NoNode));
    assert_eq!(identify(Some(&Node::default())), Err(Refused::NoId));
    let node = stating(Kind::StringValue("Envoy".into()));
    assert_eq!(identify(Some(&node)), Err(Refused::UnknownClient("Envoy".into())));
    assert!(matches!(identify(Some(&stating(Kind::BoolValue(true)))), Err(Refused::UnknownClient(_))));
}
