use std::collections::BTreeMap;
use std::sync::Arc;

use allocation_counter::measure;
use data_plane_api::client_status::{ClientConfig, ClientStatusResponse};
use data_plane_api::core::Node;
use data_plane_api::matcher::{NodeMatcher, StringMatcher, string_matcher::MatchPattern};
use prost::Message as _;

use super::client_config::ClientConfigWriter;
use super::matchers::Matchers;
use super::message::MessageBuffer;
use crate::protocol::{NameList, Request, Session, SubscriptionUpdate, Variant};
use crate::server::fixtures::resource;
use crate::xds::{ResourceType, Snapshot};

/// A stream that subscribes to all of so many clusters, each of so many bytes.
fn writer(clusters: usize, bytes: usize) -> ClientConfigWriter {
    let mut snapshot = Snapshot::default();
    for number in 0..clusters {
        snapshot.get_mut(ResourceType::Cluster).insert(resource(&format!("c{number:04}"), bytes));
    }
    let mut session = Session::new(Variant::Delta, 1, Arc::new(snapshot));
    let (subscribe, unsubscribe, initial_versions) = (NameList::default(), NameList::default(), BTreeMap::new());
    let update = SubscriptionUpdate::Change { subscribe, unsubscribe, initial_versions };
    session.on_request(Request { resource_type: ResourceType::Cluster, nonce: String::new(), error: None, update });
    let statuses = ResourceType::ALL.into_iter().filter_map(|of| Some((session.status(of)?, None))).collect();
    let node = Node { id: "envoy-1".to_owned(), ..Node::default() };
    ClientConfigWriter::new(node, "ads delta 1".to_owned(), statuses, true)
}

/// The content of a message.
fn decoded(message: MessageBuffer) -> Vec<ClientConfig> {
    let len = message.len();
    let bytes = message.bytes();
    assert_eq!(bytes.len(), len);
    ClientStatusResponse::decode(&*bytes).unwrap().config
}

#[test]
fn a_stream_that_does_not_fit_into_a_message_comes_in_several() {
    let mut writer = writer(100, 1000);
    let mut names = Vec::new();
    let mut is_all = false;
    while !is_all {
        let mut message = MessageBuffer::default();
        is_all = writer.write(&mut message, 10_000);
        assert!((5_000..=10_000).contains(&message.len()) || is_all, "{}", message.len());
        let [client] = &decoded(message)[..] else { panic!("one client") };
        assert_eq!((&*client.node.as_ref().unwrap().id, &*client.client_scope), ("envoy-1", "ads delta 1"));
        names.extend(client.generic_xds_configs.iter().map(|config| config.name.clone()));
    }
    assert_eq!(names, (0..100).map(|number| format!("c{number:04}")).collect::<Vec<_>>());
}

#[test]
fn a_resource_that_does_not_fit_into_a_message_is_one_by_itself() {
    let mut writer = writer(2, 1000);
    for is_last in [false, true] {
        let mut message = MessageBuffer::default();
        assert_eq!(writer.write(&mut message, 100), is_last);
        assert_eq!(decoded(message)[0].generic_xds_configs.len(), 1);
    }
}

#[test]
fn a_message_has_as_many_streams_as_fit() {
    let mut message = MessageBuffer::default();
    assert!(writer(1, 1000).write(&mut message, 5_000));
    assert!(writer(2, 1000).write(&mut message, 5_000));
    assert!(!writer(3, 1000).write(&mut message, 5_000));
    let clients = decoded(message);
    assert_eq!(clients.iter().map(|client| client.generic_xds_configs.len()).collect::<Vec<_>>(), [1, 2, 1]);
}

/// Neither what was written before nor what will be is kept.
#[test]
fn a_message_costs_what_is_in_it_however_much_the_client_holds() {
    const MOST: usize = 1 << 20;
    let mut writer = writer(1000, 20_000);
    let mut is_all = false;
    let mut sum = 0;
    while !is_all {
        let mut message = MessageBuffer::default();
        let cost = measure(|| is_all = writer.write(&mut message, MOST));
        assert!(message.len() <= MOST);
        assert!(cost.bytes_max <= 5 * MOST as u64 / 4, "{cost:?}");
        sum += message.len();
    }
    assert!(sum > 19 * MOST);
}

#[test]
fn a_message_of_many_streams_costs_what_is_in_it() {
    let mut clients: Vec<ClientConfigWriter> = (0..1000).map(|_| writer(1, 10)).collect();
    let mut message = MessageBuffer::default();
    let cost = measure(|| clients.iter_mut().for_each(|client| assert!(client.write(&mut message, 1 << 20))));
    assert!(cost.bytes_max <= 2 * message.len() as u64, "{} bytes: {cost:?}", message.len());
    assert_eq!(decoded(message).len(), 1000);
}

#[test]
fn a_matcher_matches_its_pattern() {
    let matches = |match_pattern: Option<MatchPattern>, ignore_case| {
        let node_id = match_pattern.map(|one| StringMatcher { match_pattern: Some(one), ignore_case });
        let matchers = Matchers::new(vec![NodeMatcher { node_id, ..NodeMatcher::default() }]).unwrap();
        ["edge-1", "Edge-1", "inner-edge", "edge"].into_iter().filter(|id| matchers.match_id(id)).collect::<Vec<_>>()
    };
    let text = || "Edge".to_owned();
    assert_eq!(matches(None, false), ["edge-1", "Edge-1", "inner-edge", "edge"]);
    assert_eq!(matches(Some(MatchPattern::Exact(text())), false), [""; 0]);
    assert_eq!(matches(Some(MatchPattern::Exact(text())), true), ["edge"]);
    assert_eq!(matches(Some(MatchPattern::Prefix(text())), false), ["Edge-1"]);
    assert_eq!(matches(Some(MatchPattern::Prefix(text())), true), ["edge-1", "Edge-1", "edge"]);
    assert_eq!(matches(Some(MatchPattern::Suffix(text())), true), ["inner-edge", "edge"]);
    assert_eq!(matches(Some(MatchPattern::Contains(text())), true), ["edge-1", "Edge-1", "inner-edge", "edge"]);
}
