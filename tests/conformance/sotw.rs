//! S, state of the world: what is answered and what isn't, names that come and go, responses that carry everything or only
//! what changed, stale nonces, one unanswered response at a time.

use chancery::xds::ResourceType::{Cluster, Endpoint, Listener, Route};
use data_plane_api::discovery::DiscoveryRequest;
use data_plane_api::endpoint::ClusterLoadAssignment;
use prost::Message;
use rig::ads::{Response, contents, sotw_answer, sotw_request};

use crate::world::{node, rendered, serving, sotw};

#[tokio::test]
async fn s01_an_ack_is_not_answered_whatever_the_order_of_its_names() {
    let server = serving(&[(Endpoint, &["a=1", "b=1"]), (Cluster, &["a=1", "b=1"])]).await;
    let mut client = sotw(&server).await;
    let mut node = node();
    for resource_type in [Cluster, Endpoint] {
        client.ask(node.take(), resource_type, &["a", "b"]).await;
        let response = client.next().await;
        for names in [["a", "b", "a"], ["b", "a", "b"]] {
            client.ack(&response, &names).await;
            client.silent(Listener).await;
        }
    }
}

#[tokio::test]
async fn s01_a_change_of_what_others_asked_for_is_not_sent() {
    let mut server = serving(&[(Endpoint, &["a=1", "b=1"]), (Cluster, &["a=1", "b=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &["a"]).await;
    client.take(&["a"]).await;
    client.ask(None, Endpoint, &["a"]).await;
    client.take(&["a"]).await;
    server.have(Cluster, &["b=2", "c=1"]).have(Endpoint, &["b=2", "c=1"]).publish();
    client.silent(Listener).await;
    server.lose(Cluster, &["b"]).lose(Endpoint, &["b"]).publish();
    client.silent(Listener).await;
}

#[tokio::test]
async fn s02_names_that_are_added_are_answered_at_once() {
    let server = serving(&[(Endpoint, &["a=1", "b=1"]), (Cluster, &["a=1", "b=1", "c=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let first = client.take(&["a", "b"]).await;
    let second = client.take(&["a", "b"]).await;
    assert_eq!((contents(&second), &second.version_info), (vec!["b=1"], &first.version_info));

    client.ask(None, Cluster, &["a"]).await;
    let first = client.take(&["a", "b"]).await;
    let second = client.take(&["a", "b"]).await;
    assert_eq!((contents(&second), &second.version_info), (vec!["a=1", "b=1"], &first.version_info));
    client.silent(Listener).await;
}

#[tokio::test]
async fn s03_a_name_that_was_dropped_is_sent_again_when_it_returns() {
    let server = serving(&[(Endpoint, &["a=1", "b=1"]), (Cluster, &["a=1", "b=1"])]).await;
    let mut client = sotw(&server).await;
    let mut node = node();
    for (resource_type, again) in [(Endpoint, vec!["b=1"]), (Cluster, vec!["a=1", "b=1"])] {
        client.ask(node.take(), resource_type, &["a", "b"]).await;
        let response = client.next().await;
        client.ack(&response, &["a"]).await;
        client.silent(Listener).await;
        client.ack(&response, &["a", "b"]).await;
        let response = client.take(&["a", "b"]).await;
        assert_eq!(contents(&response), again);
    }
}

#[tokio::test]
async fn s03_what_waited_for_a_name_is_not_sent_after_the_name_was_dropped() {
    let mut server = serving(&[(Endpoint, &["a=1", "b=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a", "b"]).await;
    let response = client.next().await;
    server.have(Endpoint, &["b=2"]).publish();
    client.silent(Listener).await;
    client.ack(&response, &["a"]).await;
    client.silent(Listener).await;

    // Nor is a name that was only asked for meanwhile.
    server.have(Endpoint, &["a=2"]).publish();
    let unanswered = client.next().await;
    client.ack(&response, &["a", "b"]).await;
    client.silent(Listener).await;
    client.ack(&unanswered, &["a"]).await;
    client.silent(Listener).await;
}

#[tokio::test]
async fn s04_clusters_and_listeners_come_whole_and_absence_deletes() {
    for (resource_type, marker) in [(Cluster, Listener), (Listener, Cluster)] {
        let mut server = serving(&[(resource_type, &["a=1", "b=1", "c=1"])]).await;
        let (mut everything, mut two) = (sotw(&server).await, sotw(&server).await);
        everything.ask(node(), resource_type, &[]).await;
        everything.take(&[]).await;
        two.ask(node(), resource_type, &["a", "b"]).await;
        two.take(&["a", "b"]).await;

        server.have(resource_type, &["b=2"]).publish();
        assert_eq!(contents(&everything.take(&[]).await), ["a=1", "b=2", "c=1"]);
        assert_eq!(contents(&two.take(&["a", "b"]).await), ["a=1", "b=2"]);
        server.lose(resource_type, &["a", "c"]).publish();
        assert_eq!(contents(&everything.take(&[]).await), ["b=2"]);
        assert_eq!(contents(&two.take(&["a", "b"]).await), ["b=2"]);
        everything.silent(marker).await;
        two.silent(marker).await;
    }
}

#[tokio::test]
async fn s05_assignments_and_routes_come_as_they_change_and_absence_means_nothing() {
    for resource_type in [Endpoint, Route] {
        let mut server = serving(&[(resource_type, &["a=1", "b=1"])]).await;
        let mut client = sotw(&server).await;
        client.ask(node(), resource_type, &["a", "b"]).await;
        client.take(&["a", "b"]).await;
        server.have(resource_type, &["b=2"]).publish();
        assert_eq!(contents(&client.take(&["a", "b"]).await), ["b=2"]);
        server.lose(resource_type, &["a"]).publish();
        client.silent(Listener).await;
    }
}

#[tokio::test]
async fn s06_the_names_that_exist_do_not_wait_for_those_that_do_not() {
    for (resource_type, marker) in [(Cluster, Listener), (Endpoint, Listener), (Listener, Cluster), (Route, Cluster)] {
        let mut server = serving(&[(resource_type, &["a=1"])]).await;
        let mut client = sotw(&server).await;
        client.ask(node(), resource_type, &["a", "later"]).await;
        assert_eq!(contents(&client.take(&["a", "later"]).await), ["a=1"]);
        client.silent(marker).await;
        server.have(resource_type, &["later=1"]).publish();
        assert!(contents(&client.take(&["a", "later"]).await).contains(&"later=1"));
    }
}

#[tokio::test]
async fn s06_a_name_that_does_not_exist_gets_no_signal_until_it_does() {
    for (resource_type, marker) in [(Cluster, Listener), (Endpoint, Listener), (Listener, Cluster), (Route, Cluster)] {
        let mut server = serving(&[(resource_type, &["other=1"])]).await;
        let mut client = sotw(&server).await;
        client.ask(node(), resource_type, &["later"]).await;
        client.silent(marker).await;
        server.have(resource_type, &["later=1"]).publish();
        assert_eq!(contents(&client.take(&["later"]).await), ["later=1"]);
    }
}

/// A Service that nothing is ready of.
const WITHOUT_ENDPOINTS: &str = r#"
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop, annotations: { chancery.dev/enabled: "true" } }
spec: { ports: [{ port: 80 }] }
"#;

#[tokio::test]
async fn s07_a_cluster_without_endpoints_has_an_empty_assignment() {
    let mut server = serving(&[]).await;
    server.everyone = rendered(WITHOUT_ENDPOINTS);
    server.publish();
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &[]).await;
    assert_eq!(client.take(&[]).await.resources.len(), 1);
    client.ask(None, Endpoint, &["shop/cart/80"]).await;
    let response = client.next().await;
    let assignment = ClusterLoadAssignment::decode(&*response.resources[0].value).unwrap();
    assert_eq!((assignment.cluster_name.as_str(), assignment.endpoints.as_slice()), ("shop/cart/80", &[][..]));
}

#[tokio::test]
async fn s08_a_stale_nonce_answers_nothing_but_its_names_count() {
    let mut server = serving(&[(Endpoint, &["a=1", "b=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let first = client.take(&["a"]).await;
    server.have(Endpoint, &["a=2"]).publish();
    let second = client.next().await;

    // Neither an ACK of the second, which would let the next change out, nor a reason to send anything.
    client.ack(&first, &["a", "b"]).await;
    server.have(Endpoint, &["a=3"]).publish();
    client.silent(Listener).await;

    client.ack(&second, &["a", "b"]).await;
    assert_eq!(contents(&client.take(&["a", "b"]).await), ["a=3", "b=1"]);
}

#[tokio::test]
async fn s08_a_stale_error_refuses_nothing() {
    let mut server = serving(&[(Endpoint, &["a=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let first = client.take(&["a"]).await;
    server.have(Endpoint, &["a=2"]).publish();
    let second = client.next().await;
    client.nack(&first, &["a"], "too late").await;
    client.ack(&second, &["a"]).await;
    client.silent(Listener).await;
    assert_eq!(server.count(r#"chancery_xds_nacks_total{type="eds",client="envoy"}"#), 0);
}

#[tokio::test]
async fn s09_one_response_is_unanswered_and_the_latest_state_follows_it() {
    let mut server = serving(&[(Endpoint, &["a=1"]), (Cluster, &["a=1"])]).await;
    let mut client = sotw(&server).await;
    let mut node = node();
    for resource_type in [Cluster, Endpoint] {
        client.ask(node.take(), resource_type, &["a"]).await;
        let response = client.next().await;
        for content in ["a=2", "a=3", "a=4"] {
            server.have(resource_type, &[content]).publish();
            client.silent(Listener).await;
        }
        client.ack(&response, &["a"]).await;
        assert_eq!(contents(&client.take(&["a"]).await), ["a=4"]);
        client.silent(Listener).await;
    }
}

#[tokio::test]
async fn s10_an_old_version_or_a_nonce_of_another_stream_is_no_state() {
    let server = serving(&[(Endpoint, &["a=1"]), (Cluster, &["a=1"])]).await;
    for (resource_type, names) in [(Cluster, &[][..]), (Cluster, &["a"]), (Endpoint, &["a"])] {
        let mut earlier = sotw(&server).await;
        earlier.ask(node(), resource_type, names).await;
        let held = earlier.take(names).await;
        for response_nonce in ["", &held.nonce, "nonsense"] {
            let mut client = sotw(&server).await;
            let response_nonce = response_nonce.to_owned();
            client.send(DiscoveryRequest { node: node(), response_nonce, ..sotw_answer(&held, names) }).await;
            assert_eq!(contents(&client.next().await), ["a=1"]);
        }
    }
}

#[tokio::test]
async fn s10_a_request_without_a_nonce_begins_anew_even_in_the_middle_of_a_stream() {
    let server = serving(&[(Endpoint, &["a=1"]), (Cluster, &["a=1"])]).await;
    let mut client = sotw(&server).await;
    let mut node = node();
    for (resource_type, names) in [(Cluster, &[][..]), (Endpoint, &["a"])] {
        client.ask(node.take(), resource_type, names).await;
        let first = client.next().await;
        let version_info = first.version_info.clone();
        client.send(DiscoveryRequest { version_info, ..sotw_request(resource_type, names) }).await;
        let second = client.take(names).await;
        assert_eq!((contents(&second), second.type_url()), (vec!["a=1"], first.type_url()));
    }
}

#[tokio::test]
async fn s11_a_type_that_is_no_longer_watched_is_not_answered() {
    let mut server = serving(&[(Endpoint, &["a=1"]), (Cluster, &["a=1"])]).await;
    let mut client = sotw(&server).await;
    let mut node = node();
    for resource_type in [Cluster, Endpoint] {
        client.ask(node.take(), resource_type, &["a"]).await;
        let taken = client.take(&["a"]).await;
        server.have(resource_type, &["a=2"]).publish();
        let not_taken = client.next().await;
        let version_info = taken.version_info;
        client.send(DiscoveryRequest { version_info, ..sotw_answer(&not_taken, &[]) }).await;
        client.silent(Listener).await;
        server.have(resource_type, &["a=3"]).publish();
        client.silent(Listener).await;
    }
}
