use std::collections::BTreeMap;

use data_plane_api::core::Node as SentNode;
use data_plane_api::discovery::{self, ResourceLocator};
use data_plane_api::status::RpcStatus;
use prost_types::Any;

use super::*;
use crate::protocol::ErrorDetail;
use crate::server::codec::MAX_REQUEST_BYTES;

fn read<R: RequestMessage>(sent: &impl Message) -> Received<R> {
    Received::decode(sent.encode_to_vec().as_slice()).unwrap()
}

fn node() -> SentNode {
    SentNode { id: "edge-7".into(), cluster: "edge".into(), ..SentNode::default() }
}

fn read_node() -> Node {
    Node::decode(node().encode_to_vec().as_slice()).unwrap()
}

fn error_detail() -> RpcStatus {
    RpcStatus { code: 3, message: "no".into(), details: vec![Any::default(); 3] }
}

fn locators() -> Vec<ResourceLocator> {
    vec![ResourceLocator { name: "a".into(), ..ResourceLocator::default() }; 3]
}

#[test]
fn of_a_request_of_the_state_of_the_world_with_every_field_is_read_what_counts() {
    let received = read::<DiscoveryRequest>(&discovery::DiscoveryRequest {
        version_info: "1".into(),
        node: Some(node()),
        resource_names: vec!["a".into(), "b".into()],
        resource_locators: locators(),
        type_url: "type".into(),
        response_nonce: "7.1".into(),
        error_detail: Some(error_detail()),
    });
    let expected = DiscoveryRequest {
        version_info: "1".into(),
        resource_names: ["a", "b"].iter().collect(),
        type_url: "type".into(),
        response_nonce: "7.1".into(),
        error_detail: Some(ErrorDetail { message: "no".into() }),
    };
    assert_eq!((received.node, received.request, received.excessive), (Some(read_node()), expected, None));
}

#[test]
fn of_a_delta_request_with_every_field_is_read_what_counts() {
    let versions = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
    let received = read::<DeltaDiscoveryRequest>(&discovery::DeltaDiscoveryRequest {
        node: Some(node()),
        type_url: "type".into(),
        resource_names_subscribe: vec!["a".into(), "b".into()],
        resource_names_unsubscribe: vec!["c".into()],
        resource_locators_subscribe: locators(),
        resource_locators_unsubscribe: locators(),
        initial_resource_versions: versions.clone(),
        response_nonce: "7.1".into(),
        error_detail: Some(error_detail()),
    });
    let expected = DeltaDiscoveryRequest {
        type_url: "type".into(),
        resource_names_subscribe: ["a", "b"].iter().collect(),
        resource_names_unsubscribe: ["c"].iter().collect(),
        initial_resource_versions: versions,
        response_nonce: "7.1".into(),
        error_detail: Some(ErrorDetail { message: "no".into() }),
    };
    assert_eq!((received.node, received.request, received.excessive), (Some(read_node()), expected, None));
}

#[test]
fn what_cannot_be_read_is_named_by_its_message_and_field() {
    let error = |bytes: &[u8]| Received::<DeltaDiscoveryRequest>::decode(bytes).unwrap_err().to_string();
    let name = error(&[0x1a, 1, 0xff]);
    assert!(name.contains(": DeltaDiscoveryRequest.resource_names_subscribe: "), "{name}");
    let id = error(&[0x0a, 3, 0x0a, 1, 0xff]);
    assert!(id.contains(": Node.id: DeltaDiscoveryRequest.node: "), "{id}");
}

#[test]
fn names_above_the_limit_are_not_kept_and_their_field_is_named() {
    let fit = MAX_NAMES_BYTES / (NAME_OVERHEAD_BYTES + 1);
    let request = discovery::DeltaDiscoveryRequest {
        resource_names_subscribe: vec![String::new(); fit],
        ..discovery::DeltaDiscoveryRequest::default()
    };
    let received = read::<DeltaDiscoveryRequest>(&request);
    assert_eq!(received.excessive, None);
    let more = discovery::DeltaDiscoveryRequest { resource_names_unsubscribe: vec![String::new(); fit], ..request };
    let received = read::<DeltaDiscoveryRequest>(&more);
    assert_eq!(received.excessive, Some("resource_names_unsubscribe"));
    assert_eq!(received.request.resource_names_subscribe.len(), fit);
    assert_eq!(received.request.resource_names_unsubscribe.len(), 1);
}

#[test]
fn what_an_envoy_with_a_hundred_thousand_clusters_holds_is_not_too_much() {
    let name = |n: u32| format!("some-namespace-{:03}/some-service-{n:06}/50051", n / 100);
    let sent = discovery::DeltaDiscoveryRequest {
        resource_names_subscribe: (0..100_000).map(name).collect(),
        initial_resource_versions: (0..100_000).map(|n| (name(n), "0123456789abcdef".repeat(2))).collect(),
        ..discovery::DeltaDiscoveryRequest::default()
    };
    assert!(sent.encoded_len() < MAX_REQUEST_BYTES, "{}", sent.encoded_len());
    let received = read::<DeltaDiscoveryRequest>(&sent);
    assert_eq!(received.excessive, None);
    assert_eq!(received.request.initial_resource_versions.len(), 100_000);
}
