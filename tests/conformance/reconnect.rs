//! R, reconnects and replicas: what a new stream is sent of what its client holds already, from this server or another.

use std::collections::BTreeMap;

use chancery::xds::ResourceType::{Cluster, Endpoint, Listener, Route};
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use rig::ads::{self, changes, contents, delta_answer, sotw_request, versions};
use rig::control_plane::ControlPlane;
use tonic::Code;

use crate::world::{delta, node, serving, sotw};

/// A server may skip the answer to a pure wildcard of the same version. We always answer: a version says nothing of the names
/// that the client held it for.
#[tokio::test]
async fn r01_a_new_stream_is_answered_whatever_version_it_names() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1"]), (Endpoint, &["a=1", "b=1"])]).await;
    for (resource_type, names) in [(Cluster, &[][..]), (Cluster, &["a", "b"]), (Endpoint, &["a", "b"])] {
        let mut earlier = sotw(&server).await;
        earlier.ask(node(), resource_type, names).await;
        let version_info = earlier.take(names).await.version_info;
        let again = DiscoveryRequest { node: node(), version_info, ..sotw_request(resource_type, names) };
        let mut client = sotw(&server).await;
        client.send(again.clone()).await;
        assert_eq!(contents(&client.take(names).await), ["a=1", "b=1"]);

        server.have(resource_type, &["b=2"]).publish();
        let mut client = sotw(&server).await;
        client.send(again).await;
        assert_eq!(contents(&client.take(names).await), ["a=1", "b=2"]);
        server.have(resource_type, &["b=1"]).publish();
    }
}

#[tokio::test]
async fn r02_a_client_that_names_its_versions_is_sent_what_differs() {
    let mut server = serving(&[]).await;
    for resource_type in [Cluster, Endpoint, Listener, Route] {
        server.have(resource_type, &["same=1", "changed=1", "gone=1"]).publish();
        let names = if resource_type.is_whole_world() { &[][..] } else { &["same", "changed", "gone", "new"] };
        let mut client = delta(&server).await;
        client.ask(node(), resource_type, &["same", "changed", "gone"]).await;
        let held = versions(&[&client.take().await]);
        drop(client);

        server.have(resource_type, &["changed=2", "new=1"]).lose(resource_type, &["gone"]).publish();
        let mut client = delta(&server).await;
        client.resume(node(), resource_type, names, &held).await;
        assert_eq!(changes(&client.take().await), (vec!["changed=2", "new=1"], vec!["gone"]));
        client.silent(if resource_type == Cluster { Listener } else { Cluster }).await;
    }
}

#[tokio::test]
async fn r02_a_client_that_holds_everything_is_still_answered_once() {
    let server = serving(&[(Cluster, &["a=1"]), (Endpoint, &["a=1"])]).await;
    for (resource_type, names) in [(Cluster, &[][..]), (Cluster, &["a"]), (Endpoint, &["a"])] {
        let mut client = delta(&server).await;
        client.ask(node(), resource_type, names).await;
        let held = versions(&[&client.take().await]);
        let mut client = delta(&server).await;
        client.resume(node(), resource_type, names, &held).await;
        let response = client.take().await;
        assert_eq!((response.type_url.as_str(), changes(&response)), (resource_type.type_url(), (vec![], vec![])));
        client.silent(Listener).await;
    }
}

#[tokio::test]
async fn r02_versions_that_are_not_ours_and_versions_later_in_a_stream_are_nothing() {
    let mut server = serving(&[(Endpoint, &["a=1", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Endpoint, &["b"]).await;
    let ours = versions(&[&client.next().await]);

    let foreign = BTreeMap::from([("a".to_owned(), "7".to_owned())]);
    let mut client = delta(&server).await;
    client.resume(node(), Endpoint, &["a"], &foreign).await;
    let response = client.next().await;
    assert_eq!(contents(&response), ["a=1"]);

    let resource_names_subscribe = vec!["b".to_owned()];
    let answer = delta_answer(&response);
    let later = DeltaDiscoveryRequest { initial_resource_versions: ours, resource_names_subscribe, ..answer };
    client.send(later).await;
    assert_eq!(contents(&client.take().await), ["b=1"]);
    server.lose(Endpoint, &["a"]).publish();
    assert_eq!(changes(&client.take().await), (vec![], vec!["a"]));
}

/// The same content by another way: other things were there before, and it came in another order.
async fn replica_with_a_past() -> ControlPlane {
    let mut server = serving(&[(Route, &["r=1"]), (Endpoint, &["b=0", "old=1"]), (Cluster, &["old=1"])]).await;
    server.have(Listener, &["l=1>r"]).have(Endpoint, &["b=1"]).have(Cluster, &["b=1>b"]).publish();
    server.lose(Endpoint, &["old"]).lose(Cluster, &["old"]).publish();
    server.have(Cluster, &["a=1>a"]).have(Endpoint, &["a=1"]).publish();
    server
}

#[tokio::test]
async fn r03_the_same_content_has_the_same_version_on_every_replica() {
    let first = serving(&[
        (Cluster, &["a=1>a", "b=1>b"]),
        (Endpoint, &["a=1", "b=1"]),
        (Listener, &["l=1>r"]),
        (Route, &["r=1"]),
    ])
    .await;
    let second = replica_with_a_past().await;
    for (resource_type, names) in [(Cluster, &[][..]), (Endpoint, &["a", "b"]), (Listener, &[]), (Route, &["r"])] {
        let (mut here, mut there) = (sotw(&first).await, sotw(&second).await);
        here.ask(node(), resource_type, names).await;
        there.ask(node(), resource_type, names).await;
        assert_eq!(here.next().await.version_info, there.next().await.version_info);
        let (mut here, mut there) = (delta(&first).await, delta(&second).await);
        here.ask(node(), resource_type, names).await;
        there.ask(node(), resource_type, names).await;
        assert_eq!(here.next().await.resources, there.next().await.resources);
    }
}

#[tokio::test]
async fn r03_a_client_that_moves_to_another_replica_is_resent_nothing() {
    let types = [(Cluster, &[][..]), (Endpoint, &["a", "b"]), (Listener, &[]), (Route, &["r"])];
    let second = replica_with_a_past().await;
    let mut client = delta(&second).await;
    let mut held = Vec::new();
    let mut node_once = node();
    for (resource_type, names) in types {
        client.ask(node_once.take(), resource_type, names).await;
        held.push(versions(&[&client.take().await]));
    }
    second.stop().await;

    let first = serving(&[
        (Cluster, &["a=1>a", "b=1>b"]),
        (Endpoint, &["a=1", "b=1"]),
        (Listener, &["l=1>r"]),
        (Route, &["r=1"]),
    ])
    .await;
    let mut client = delta(&first).await;
    let mut node_once = node();
    for ((resource_type, names), held) in types.into_iter().zip(held) {
        client.resume(node_once.take(), resource_type, names, &held).await;
        let response = client.take().await;
        assert_eq!((response.type_url.as_str(), changes(&response)), (resource_type.type_url(), (vec![], vec![])));
    }
    client.silent(Endpoint).await;
}

#[tokio::test]
async fn r04_the_assignment_of_a_cluster_that_a_new_stream_was_sent_follows_it_even_if_it_is_held() {
    let mut server = serving(&[(Cluster, &["a=1>a", "b=1>b"]), (Endpoint, &["a=1", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let clusters = versions(&[&client.take().await]);
    client.ask(None, Endpoint, &["a", "b"]).await;
    let endpoints = versions(&[&client.take().await]);
    drop(client);

    server.have(Cluster, &["a=2>a"]).publish();
    for clusters_first in [true, false] {
        let mut client = delta(&server).await;
        if clusters_first {
            client.resume(node(), Cluster, &[], &clusters).await;
            assert_eq!(changes(&client.take().await), (vec!["a=2"], vec![]));
            client.resume(None, Endpoint, &["a", "b"], &endpoints).await;
        } else {
            client.resume(node(), Endpoint, &["a", "b"], &endpoints).await;
            assert_eq!(changes(&client.take().await), (vec![], vec![]));
            client.resume(None, Cluster, &[], &clusters).await;
            assert_eq!(changes(&client.take().await), (vec!["a=2"], vec![]));
        }
        let response = client.take().await;
        assert_eq!((response.type_url.as_str(), changes(&response)), (Endpoint.type_url(), (vec!["a=1"], vec![])));
        client.silent(Route).await;
    }
}

#[tokio::test]
async fn r05_nobody_is_served_before_everything_was_listed() {
    let mut server = ControlPlane::start().await;
    for status in [ads::sotw(server.address).await.unwrap_err(), ads::delta(server.address).await.unwrap_err()] {
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains("has been listed yet"), "{status}");
    }
    server.have(Cluster, &["a=1"]).publish();
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &[]).await;
    assert_eq!(contents(&client.next().await), ["a=1"]);
}
