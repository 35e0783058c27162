use std::collections::BTreeMap;
use std::sync::Arc;

use allocation_counter::measure;
use data_plane_api::client_status::{ClientConfig, ClientStatusResponse};
use data_plane_api::core::Node;
use data_plane_api::matcher::{NodeMatcher, StringMatcher, string_matcher::MatchPattern};
use prost::Message as _;

use super::matchers::Matchers;
use super::message::Message;
use super::telling::Telling;
use crate::protocol::{Ask, Asked, NameList, Session, Variant};
use crate::xds::{Resource, ResourceType, Snapshot};

/// A client that wants all of so many clusters, each of so many bytes.
fn telling(clusters: usize, bytes: usize) -> Telling {
    let mut snapshot = Snapshot::default();
    for number in 0..clusters {
        let content = vec![7; bytes];
        let resource = Resource::from_value(format!("c{number:04}").into(), "type".to_owned(), content, []);
        snapshot.get_mut(ResourceType::Cluster).insert(Arc::new(resource));
    }
    let mut session = Session::new(Variant::Delta, 1, Arc::new(snapshot));
    let (subscribe, unsubscribe, held) = (NameList::default(), NameList::default(), BTreeMap::new());
    let asked = Asked::Changes { subscribe, unsubscribe, held };
    session.on_request(Ask { resource_type: ResourceType::Cluster, nonce: String::new(), error: None, asked });
    let views = ResourceType::ALL.into_iter().filter_map(|of| Some((session.view(of)?, None))).collect();
    Telling::new(Node { id: "envoy-1".to_owned(), ..Node::default() }, "ads delta 1".to_owned(), views, true)
}

/// The clients that a message tells of.
fn told(message: Message) -> Vec<ClientConfig> {
    let len = message.len();
    let bytes = message.bytes();
    assert_eq!(bytes.len(), len);
    ClientStatusResponse::decode(&*bytes).unwrap().config
}

#[test]
fn a_client_that_does_not_fit_into_a_message_comes_in_several() {
    let mut telling = telling(100, 1000);
    let mut names = Vec::new();
    let mut is_all = false;
    while !is_all {
        let mut message = Message::default();
        is_all = telling.write(&mut message, 10_000);
        assert!((5_000..=10_000).contains(&message.len()) || is_all, "{}", message.len());
        let [client] = &told(message)[..] else { panic!("one client") };
        assert_eq!((&*client.node.as_ref().unwrap().id, &*client.client_scope), ("envoy-1", "ads delta 1"));
        names.extend(client.generic_xds_configs.iter().map(|config| config.name.clone()));
    }
    assert_eq!(names, (0..100).map(|number| format!("c{number:04}")).collect::<Vec<_>>());
}

#[test]
fn a_resource_that_does_not_fit_into_a_message_is_one_by_itself() {
    let mut telling = telling(2, 1000);
    for is_last in [false, true] {
        let mut message = Message::default();
        assert_eq!(telling.write(&mut message, 100), is_last);
        assert_eq!(told(message)[0].generic_xds_configs.len(), 1);
    }
}

#[test]
fn a_message_has_as_many_clients_as_fit() {
    let mut message = Message::default();
    assert!(telling(1, 1000).write(&mut message, 5_000));
    assert!(telling(2, 1000).write(&mut message, 5_000));
    assert!(!telling(3, 1000).write(&mut message, 5_000));
    let clients = told(message);
    assert_eq!(clients.iter().map(|client| client.generic_xds_configs.len()).collect::<Vec<_>>(), [1, 2, 1]);
}

/// Neither what is told before nor what will be is kept.
#[test]
fn a_message_costs_what_is_in_it_however_much_the_client_holds() {
    const MOST: usize = 1 << 20;
    let mut telling = telling(1000, 20_000);
    let mut is_all = false;
    let mut sum = 0;
    while !is_all {
        let mut message = Message::default();
        let cost = measure(|| is_all = telling.write(&mut message, MOST));
        assert!(message.len() <= MOST);
        assert!(cost.bytes_max <= 5 * MOST as u64 / 4, "{cost:?}");
        sum += message.len();
    }
    assert!(sum > 19 * MOST);
}

#[test]
fn a_message_of_many_clients_costs_what_they_have_to_tell() {
    let mut clients: Vec<Telling> = (0..1000).map(|_| telling(1, 10)).collect();
    let mut message = Message::default();
    let cost = measure(|| clients.iter_mut().for_each(|client| assert!(client.write(&mut message, 1 << 20))));
    assert!(cost.bytes_max <= 2 * message.len() as u64, "{} bytes: {cost:?}", message.len());
    assert_eq!(told(message).len(), 1000);
}

#[test]
fn a_matcher_means_what_its_pattern_says() {
    let means = |match_pattern: Option<MatchPattern>, ignore_case| {
        let node_id = match_pattern.map(|one| StringMatcher { match_pattern: Some(one), ignore_case });
        let matchers = Matchers::new(vec![NodeMatcher { node_id, ..NodeMatcher::default() }]).unwrap();
        ["edge-1", "Edge-1", "inner-edge", "edge"].into_iter().filter(|id| matchers.mean(id)).collect::<Vec<_>>()
    };
    let text = || "Edge".to_owned();
    assert_eq!(means(None, false), ["edge-1", "Edge-1", "inner-edge", "edge"]);
    assert_eq!(means(Some(MatchPattern::Exact(text())), false), [""; 0]);
    assert_eq!(means(Some(MatchPattern::Exact(text())), true), ["edge"]);
    assert_eq!(means(Some(MatchPattern::Prefix(text())), false), ["Edge-1"]);
    assert_eq!(means(Some(MatchPattern::Prefix(text())), true), ["edge-1", "Edge-1", "edge"]);
    assert_eq!(means(Some(MatchPattern::Suffix(text())), true), ["inner-edge", "edge"]);
    assert_eq!(means(Some(MatchPattern::Contains(text())), true), ["edge-1", "Edge-1", "inner-edge", "edge"]);
}
