//! D, delta: subscribing and unsubscribing, what a response carries, what is gone, what was refused.

use chancery::xds::ResourceType::{self, Cluster, Endpoint, Listener, Route};
use chancery::xds::Snapshot;
use data_plane_api::discovery::{DeltaDiscoveryRequest, ResourceLocator};
use data_plane_api::endpoint::ClusterLoadAssignment;
use prost::Message;
use rig::ads::{changes, contents, delta_answer, delta_request, names};

use crate::world::{delta, node, rendered, serving};

/// Every type, each with another that a story about it may use as a marker.
const TYPES: [(ResourceType, ResourceType); 4] =
    [(Cluster, Listener), (Endpoint, Listener), (Listener, Cluster), (Route, Cluster)];

#[tokio::test]
async fn d01_a_name_that_is_subscribed_again_is_sent_again() {
    for (resource_type, marker) in TYPES {
        let server = serving(&[(resource_type, &["a=1", "b=1"])]).await;
        let mut client = delta(&server).await;
        client.ask(node(), resource_type, &["a", "b"]).await;
        let first = client.take().await;
        client.silent(marker).await;
        client.change(resource_type, &["a"], &[]).await;
        let second = client.take().await;
        assert_eq!(changes(&second), (vec!["a=1"], vec![]));
        assert_eq!(second.resources[0].version, first.resources[0].version);
    }
}

#[tokio::test]
async fn d02_a_missing_name_is_said_to_be_missing_and_is_sent_when_it_appears() {
    for (resource_type, marker) in TYPES {
        let mut server = serving(&[(resource_type, &["a=1"])]).await;
        let mut client = delta(&server).await;
        client.ask(node(), resource_type, &["a", "later"]).await;
        assert_eq!(changes(&client.take().await), (vec!["a=1"], vec!["later"]));
        server.have(resource_type, &["other=1"]).publish();
        client.silent(marker).await;
        server.have(resource_type, &["later=1"]).publish();
        assert_eq!(changes(&client.take().await), (vec!["later=1"], vec![]));
    }
}

#[tokio::test]
async fn d03_a_request_without_a_nonce_in_the_middle_of_a_stream_begins_nothing_anew() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1", "c=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &["a", "b"]).await;
    client.take().await;
    // Not even the legacy wildcard, as it would be at first.
    client.change(Cluster, &[], &[]).await;
    client.silent(Listener).await;
    client.change(Cluster, &["c"], &[]).await;
    assert_eq!(changes(&client.take().await), (vec!["c=1"], vec![]));

    client.change(Cluster, &[], &["b", "nobody-has-asked-for-this", "c"]).await;
    client.silent(Listener).await;
    server.have(Cluster, &["a=2", "b=2"]).lose(Cluster, &["c"]).publish();
    assert_eq!(changes(&client.take().await), (vec!["a=2"], vec![]));
}

#[tokio::test]
async fn d04_a_stale_nonce_answers_nothing_but_its_changes_count() {
    let mut server = serving(&[(Endpoint, &["a=1", "b=1", "c=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Endpoint, &["a", "c"]).await;
    let first = client.take().await;
    server.have(Endpoint, &["a=2"]).publish();
    let second = client.next().await;

    let response_nonce = first.nonce;
    client.send(DeltaDiscoveryRequest { response_nonce, ..delta_request(Endpoint, &["b"], &["c"]) }).await;
    server.have(Endpoint, &["a=3", "c=2"]).publish();
    client.silent(Listener).await;
    client.ack(&second).await;
    assert_eq!(changes(&client.take().await), (vec!["a=3", "b=1"], vec![]));
}

#[tokio::test]
async fn d05_an_ack_may_change_the_subscription() {
    let mut server = serving(&[(Endpoint, &["a=1", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let response_nonce = client.next().await.nonce;
    client.send(DeltaDiscoveryRequest { response_nonce, ..delta_request(Endpoint, &["b"], &["a"]) }).await;
    assert_eq!(changes(&client.take().await), (vec!["b=1"], vec![]));
    server.have(Endpoint, &["a=2"]).publish();
    client.silent(Listener).await;
    assert_eq!(server.count(r#"chancery_xds_acks_total{type="eds"}"#), 2);
}

#[tokio::test]
async fn d06_an_update_carries_what_changed_and_a_version_changes_with_its_content() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1", "c=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let first = client.take().await;
    assert_eq!(names(&first), ["a", "b", "c"]);
    server.have(Cluster, &["b=2"]).publish();
    let second = client.take().await;
    assert_eq!(changes(&second), (vec!["b=2"], vec![]));
    assert_ne!(second.resources[0].version, first.resources[1].version);
    assert_ne!(second.system_version_info, first.system_version_info);

    // The same content again is no update, whoever wrote it; earlier content has its earlier version.
    server.have(Cluster, &["a=1", "b=2", "c=1"]).publish();
    client.silent(Listener).await;
    server.have(Cluster, &["b=1"]).publish();
    let third = client.take().await;
    assert_eq!(third.resources[0].version, first.resources[1].version);
    assert_eq!(third.system_version_info, first.system_version_info);
}

#[tokio::test]
async fn d07_a_deletion_is_said_once() {
    for (resource_type, marker) in TYPES {
        let mut server = serving(&[(resource_type, &["a=1", "b=1", "c=1"])]).await;
        let mut client = delta(&server).await;
        client.ask(node(), resource_type, &["a", "b"]).await;
        client.take().await;
        server.lose(resource_type, &["b", "c"]).publish();
        assert_eq!(changes(&client.take().await), (vec![], vec!["b"]));
        client.silent(marker).await;
        server.have(resource_type, &["a=2"]).publish();
        assert_eq!(changes(&client.take().await), (vec!["a=2"], vec![]));
        server.have(resource_type, &["b=1"]).publish();
        assert_eq!(changes(&client.take().await), (vec!["b=1"], vec![]));
    }
}

#[tokio::test]
async fn d07_what_comes_and_goes_unseen_is_not_said_to_be_gone() {
    let mut server = serving(&[(Cluster, &["a=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let response = client.next().await;
    server.have(Cluster, &["b=1"]).publish();
    server.lose(Cluster, &["b"]).publish();
    client.ack(&response).await;
    client.silent(Listener).await;
}

#[tokio::test]
async fn d08_what_was_refused_is_sent_again_only_if_it_changes_or_is_asked_for() {
    let mut server = serving(&[(Endpoint, &["a=bad", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Endpoint, &["a", "b"]).await;
    let response = client.next().await;
    client.nack(&response, "no").await;
    client.silent(Listener).await;
    server.have(Endpoint, &["b=2"]).publish();
    assert_eq!(changes(&client.take().await), (vec!["b=2"], vec![]));

    client.change(Endpoint, &["a"], &[]).await;
    let response = client.next().await;
    assert_eq!(changes(&response), (vec!["a=bad"], vec![]));
    client.nack(&response, "still no").await;
    client.silent(Listener).await;
    server.have(Endpoint, &["a=good"]).publish();
    assert_eq!(changes(&client.take().await), (vec!["a=good"], vec![]));
    client.silent(Listener).await;
}

#[tokio::test]
async fn d08_what_was_refused_is_said_to_be_gone_when_it_goes() {
    let mut server = serving(&[(Cluster, &["a=bad"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let response = client.next().await;
    client.nack(&response, "no").await;
    // The client may hold an older one of that name, which must go.
    server.lose(Cluster, &["a"]).publish();
    assert_eq!(changes(&client.take().await), (vec![], vec!["a"]));
}

const SERVICE: &str = r#"
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop, annotations: { chancery.dev/enabled: "true" } }
spec: { ports: [{ port: 80 }] }
"#;

const SLICE: &str = "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: cart-1, namespace: shop, labels: { kubernetes.io/service-name: cart } }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints: [{ addresses: [10.0.0.1] }]
";

/// Envoy keeps the endpoints of an assignment that is removed, so the last pod's end is an assignment without endpoints.
#[tokio::test]
async fn d09_a_cluster_that_loses_its_last_endpoint_gets_an_empty_assignment() {
    let with_pod: Snapshot = rendered(&format!("{SERVICE}---{SLICE}"));
    let mut server = serving(&[]).await;
    server.everyone = with_pod;
    server.publish();
    let mut client = delta(&server).await;
    client.ask(node(), Endpoint, &["shop/cart/80"]).await;
    let before = client.take().await;
    let assignment = |response: &[u8]| ClusterLoadAssignment::decode(response).unwrap();
    assert_eq!(assignment(&before.resources[0].resource.as_ref().unwrap().value).endpoints.len(), 1);

    server.everyone = rendered(SERVICE);
    server.publish();
    let after = client.take().await;
    assert_eq!((names(&after), after.removed_resources.len()), (vec!["shop/cart/80"], 0));
    assert_eq!(assignment(&after.resources[0].resource.as_ref().unwrap().value).endpoints, []);
}

/// What Envoy does for on-demand CDS: a request waits until the cluster is there, or said not to be.
#[tokio::test]
async fn d13_names_beside_a_wildcard_are_answered_at_once_known_or_not() {
    for wildcard in [&["*"][..], &[]] {
        let mut server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
        let mut client = delta(&server).await;
        client.ask(node(), Cluster, wildcard).await;
        client.take().await;
        client.change(Cluster, &["b"], &[]).await;
        assert_eq!(changes(&client.take().await), (vec!["b=1"], vec![]));
        client.change(Cluster, &["later"], &[]).await;
        assert_eq!(changes(&client.take().await), (vec![], vec!["later"]));
        server.have(Cluster, &["later=1"]).publish();
        assert_eq!(changes(&client.take().await), (vec!["later=1"], vec![]));
        client.silent(Listener).await;
    }
}

#[tokio::test]
async fn d14_locators_are_ignored_and_never_sent() {
    let mut server = serving(&[(Endpoint, &["a=1", "b=1"])]).await;
    let locators = vec![ResourceLocator { name: "b".to_owned(), ..ResourceLocator::default() }];
    let mut client = delta(&server).await;
    client
        .send(DeltaDiscoveryRequest {
            node: node(),
            resource_locators_subscribe: locators.clone(),
            ..delta_request(Endpoint, &["a"], &[])
        })
        .await;
    let response = client.next().await;
    assert_eq!(contents(&response), ["a=1"]);
    assert!(response.resources[0].resource_name.is_none());

    let resource_locators_unsubscribe = vec![ResourceLocator { name: "a".to_owned(), ..ResourceLocator::default() }];
    client
        .send(DeltaDiscoveryRequest {
            resource_locators_subscribe: locators,
            resource_locators_unsubscribe,
            ..delta_answer(&response)
        })
        .await;
    client.silent(Listener).await;
    server.lose(Endpoint, &["a"]).publish();
    let response = client.next().await;
    assert_eq!(changes(&response), (vec![], vec!["a"]));
    assert!(response.removed_resource_names.is_empty());
}
