//! W, wildcards: the legacy one (no names in the first request), the explicit one (`*`), and how they go together with names.

use std::collections::BTreeMap;

use chancery::xds::ResourceType::{Cluster, Endpoint, Listener, Route};
use data_plane_api::discovery::DeltaDiscoveryRequest;
use rig::ads::{self, changes, contents, delta_answer, delta_request, versions};
use rig::control_plane::ControlPlane;
use tonic::Code;

use crate::world::{delta, node, serving, sotw};

#[tokio::test]
async fn w01_no_names_at_first_mean_everything_for_clusters_and_listeners() {
    for (resource_type, marker) in [(Cluster, Listener), (Listener, Cluster)] {
        let mut server = serving(&[(resource_type, &["a=1", "b=1"])]).await;
        let (mut in_sotw, mut in_delta) = (sotw(&server).await, delta(&server).await);
        in_sotw.ask(node(), resource_type, &[]).await;
        assert_eq!(contents(&in_sotw.take(&[]).await), ["a=1", "b=1"]);
        in_delta.ask(node(), resource_type, &[]).await;
        assert_eq!(contents(&in_delta.take().await), ["a=1", "b=1"]);
        in_sotw.silent(marker).await;
        server.have(resource_type, &["c=1"]).publish();
        assert_eq!(contents(&in_sotw.take(&[]).await), ["a=1", "b=1", "c=1"]);
        assert_eq!(contents(&in_delta.take().await), ["c=1"]);
    }
}

#[tokio::test]
async fn w02_no_names_at_first_mean_nothing_for_assignments_and_routes() {
    let mut server = serving(&[(Endpoint, &["a=1"]), (Route, &["a=1"])]).await;
    let (mut in_sotw, mut in_delta) = (sotw(&server).await, delta(&server).await);
    in_sotw.ask(node(), Endpoint, &[]).await;
    in_sotw.ask(None, Route, &[]).await;
    in_delta.ask(node(), Endpoint, &[]).await;
    in_delta.ask(None, Route, &[]).await;
    server.have(Endpoint, &["a=2"]).have(Route, &["a=2"]).publish();
    in_sotw.silent(Listener).await;
    in_delta.silent(Listener).await;
    // The stream isn't stuck.
    in_sotw.ask(None, Endpoint, &["a"]).await;
    assert_eq!(contents(&in_sotw.next().await), ["a=2"]);
    in_delta.change(Endpoint, &["a"], &[]).await;
    assert_eq!(contents(&in_delta.next().await), ["a=2"]);
}

#[tokio::test]
async fn w03_no_names_after_names_mean_nothing_and_never_everything_again() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let response = client.take(&[]).await;
    assert_eq!(contents(&response), ["a=1", "b=1"]);
    client.ack(&response, &["a"]).await;
    let response = client.take(&["a"]).await;
    assert_eq!(contents(&response), ["a=1"]);
    client.ack(&response, &[]).await;
    client.silent(Listener).await;
    client.ack(&response, &[]).await;
    server.have(Cluster, &["a=2", "b=2", "c=1"]).publish();
    client.silent(Listener).await;
}

#[tokio::test]
async fn w04_the_explicit_wildcard_comes_and_goes() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &["*"]).await;
    let first = client.take(&["*", "a"]).await;
    assert_eq!(contents(&first), ["a=1", "b=1"]);
    let second = client.take(&["a"]).await;
    assert_eq!(contents(&second), ["a=1", "b=1"]);
    client.silent(Listener).await;
    client.ack(&second, &["*"]).await;
    let third = client.take(&["*"]).await;
    assert_eq!((contents(&third), &third.version_info), (vec!["a=1", "b=1"], &first.version_info));

    // A name that a wildcard covered is new when it is wanted on its own.
    client.ack(&third, &["a"]).await;
    assert_eq!(contents(&client.take(&["a"]).await), ["a=1"]);
    server.have(Cluster, &["b=2"]).publish();
    client.silent(Listener).await;
}

#[tokio::test]
async fn w04_the_explicit_wildcard_comes_and_goes_in_delta() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &["*"]).await;
    assert_eq!(contents(&client.take().await), ["a=1", "b=1"]);
    client.change(Cluster, &["a"], &["*"]).await;
    assert_eq!(contents(&client.take().await), ["a=1"]);
    server.have(Cluster, &["b=2"]).publish();
    client.silent(Listener).await;
    client.change(Cluster, &["*"], &["a"]).await;
    assert_eq!(contents(&client.take().await), ["a=1", "b=2"]);
}

#[tokio::test]
async fn w05_a_legacy_wildcard_lasts_until_it_is_unsubscribed() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    client.take().await;
    client.change(Cluster, &["a"], &[]).await;
    assert_eq!(contents(&client.take().await), ["a=1"]);
    server.have(Cluster, &["b=2", "c=1"]).publish();
    assert_eq!(contents(&client.take().await), ["b=2", "c=1"]);
    client.change(Cluster, &[], &["*"]).await;
    client.silent(Listener).await;
    server.have(Cluster, &["b=3", "c=2"]).publish();
    client.silent(Listener).await;
    server.have(Cluster, &["a=2"]).publish();
    assert_eq!(contents(&client.take().await), ["a=2"]);
}

#[tokio::test]
async fn w06_a_name_that_is_unsubscribed_beside_a_wildcard_is_answered() {
    let server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
    for wildcard in [&["*"][..], &[]] {
        let mut client = delta(&server).await;
        client.ask(node(), Cluster, wildcard).await;
        client.take().await;
        client.change(Cluster, &["a", "gone"], &[]).await;
        assert_eq!(changes(&client.take().await), (vec!["a=1"], vec!["gone"]));
        client.change(Cluster, &[], &["a", "gone"]).await;
        assert_eq!(changes(&client.take().await), (vec!["a=1"], vec!["gone"]));
        client.silent(Listener).await;
    }
}

/// What ztunnel sends to say "nothing yet".
#[tokio::test]
async fn w07_everything_and_nothing_in_one_request_is_nothing() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.send(DeltaDiscoveryRequest { node: node(), ..delta_request(Cluster, &["*"], &["*"]) }).await;
    client.silent(Listener).await;
    server.have(Cluster, &["a=2", "b=2"]).publish();
    client.silent(Listener).await;
    client.change(Cluster, &["b"], &[]).await;
    assert_eq!(contents(&client.take().await), ["b=2"]);
}

#[tokio::test]
async fn w08_a_wildcard_over_nothing_is_answered_once() {
    for (resource_type, marker) in [(Cluster, Listener), (Listener, Cluster)] {
        for names in [&[][..], &["*"]] {
            let server = serving(&[]).await;
            let mut client = sotw(&server).await;
            client.ask(node(), resource_type, names).await;
            let response = client.take(names).await;
            assert_eq!((response.type_url.as_str(), response.resources.len()), (resource_type.type_url(), 0));
            client.silent(marker).await;

            let mut client = delta(&server).await;
            client.ask(node(), resource_type, names).await;
            let response = client.take().await;
            assert_eq!((response.type_url.as_str(), response.resources.len()), (resource_type.type_url(), 0));
            assert!(response.removed_resources.is_empty());
            client.silent(marker).await;
        }
    }
}

#[tokio::test]
async fn w09_the_versions_of_a_client_that_reconnects_are_known_but_not_subscribed() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let held = versions(&[&client.take().await]);
    server.have(Cluster, &["b=2", "c=1"]).publish();

    let mut client = delta(&server).await;
    client.resume(node(), Cluster, &[], &held).await;
    let response = client.next().await;
    assert_eq!(contents(&response), ["b=2", "c=1"]);
    // With the wildcard everything goes: no name was subscribed on its own.
    client
        .send(DeltaDiscoveryRequest { resource_names_unsubscribe: vec!["*".to_owned()], ..delta_answer(&response) })
        .await;
    client.silent(Listener).await;
    server.have(Cluster, &["a=2", "b=3", "c=2"]).publish();
    client.silent(Listener).await;
}

#[tokio::test]
async fn w10_an_empty_response_says_that_there_is_nothing_and_only_when_it_is_true() {
    // Before anything is known there is no response at all.
    let mut server = ControlPlane::start().await;
    assert_eq!(ads::sotw(server.address).await.unwrap_err().code(), Code::Unavailable);

    server.have(Cluster, &["a=1"]).publish();
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &[]).await;
    assert_eq!(contents(&client.take(&[]).await), ["a=1"]);
    server.have(Endpoint, &["a=1"]).publish();
    client.silent(Listener).await;
    server.lose(Cluster, &["a"]).publish();
    assert_eq!(contents(&client.take(&[]).await), [""; 0]);
    client.silent(Listener).await;

    // One that holds something, but not from us, is told the same.
    let mut client = delta(&server).await;
    let held = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
    client.resume(node(), Cluster, &[], &held).await;
    assert_eq!(client.take().await.removed_resources, ["a"]);
}
