//! B, both variants: the first request of a type, nonces and versions, nodes, streams that are independent of each other,
//! and types on one stream that are independent of each other.

use chancery::xds::ResourceType::{self, Cluster, Endpoint, Listener, Route};
use data_plane_api::core::Node;
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use rig::ads::{self, Response, changes, contents, delta_answer, delta_request, envoy, sotw_answer, sotw_request};
use rig::control_plane::ControlPlane;
use tonic::Code;

use crate::world::{delta, node, serving, sotw};

/// One resource of each type, called `a`.
const ONE_OF_EACH: &[(ResourceType, &[&str])] =
    &[(Cluster, &["a=1"]), (Endpoint, &["a=1"]), (Listener, &["a=1"]), (Route, &["a=1"])];

#[tokio::test]
async fn b01_the_first_request_is_answered() {
    let server = serving(ONE_OF_EACH).await;
    for (resource_type, _) in ONE_OF_EACH {
        let mut client = sotw(&server).await;
        client.ask(node(), *resource_type, &["a"]).await;
        let response = client.next().await;
        assert_eq!((response.type_url(), contents(&response)), (resource_type.type_url(), vec!["a=1"]));
        assert_eq!(response.resources[0].type_url, resource_type.type_url());
        assert!(!response.version_info.is_empty() && !response.nonce.is_empty());

        let mut client = delta(&server).await;
        client.ask(node(), *resource_type, &["a"]).await;
        let response = client.next().await;
        assert_eq!((response.type_url(), contents(&response)), (resource_type.type_url(), vec!["a=1"]));
        assert_eq!(response.resources[0].resource.as_ref().unwrap().type_url, resource_type.type_url());
        assert!(!response.resources[0].version.is_empty() && !response.nonce.is_empty());
    }
}

#[tokio::test]
async fn b01_every_response_says_which_replica_sent_it_and_has_a_nonce_of_its_own() {
    for identifier in ["replica-1", "replica-2"] {
        let mut server = ControlPlane::start_as(identifier).await;
        server.have(Endpoint, &["a=0"]).publish();
        let mut client = delta(&server).await;
        client.ask(node(), Endpoint, &["a"]).await;
        let mut nonces = vec![client.take().await.nonce];
        for content in ["a=1", "a=2", "a=3"] {
            server.have(Endpoint, &[content]).publish();
            let response = client.take().await;
            assert_eq!(response.control_plane.unwrap().identifier, identifier);
            assert!(!nonces.contains(&response.nonce));
            nonces.push(response.nonce);
        }
    }
}

#[tokio::test]
async fn b02_a_nonce_belongs_to_a_response_and_a_version_to_content() {
    let mut server = serving(&[(Endpoint, &["a=1", "b=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let first = client.take(&["a", "b"]).await;
    let second = client.take(&["a", "b"]).await;
    assert_eq!(first.version_info, second.version_info);
    assert_ne!(first.nonce, second.nonce);

    server.have(Endpoint, &["b=2"]).publish();
    let third = client.take(&["a", "b"]).await;
    assert_ne!(third.version_info, second.version_info);
    server.have(Endpoint, &["b=1"]).publish();
    let fourth = client.take(&["a", "b"]).await;
    assert_eq!(fourth.version_info, second.version_info);
}

#[tokio::test]
async fn b03_the_node_of_the_first_request_holds_for_the_stream() {
    let mut server = serving(ONE_OF_EACH).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &[]).await;
    client.take(&[]).await;
    client.ask(None, Endpoint, &["a"]).await;
    client.take(&["a"]).await;
    // One that changes, or that has lost its id, is neither obeyed nor a reason to end the stream.
    for other in [envoy("envoy-2", "another-fleet"), Node::default()] {
        client.ask(Some(other), Endpoint, &["a"]).await;
        client.take(&["a"]).await;
    }
    server.have(Cluster, &["a=2"]).publish();
    assert_eq!(contents(&client.next().await), ["a=2"]);
}

#[tokio::test]
async fn b03_the_node_of_the_first_request_holds_for_the_stream_in_delta() {
    let server = serving(ONE_OF_EACH).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    client.take().await;
    for other in [None, Some(envoy("envoy-2", "another-fleet")), Some(Node::default())] {
        client.ask(other, Endpoint, &["a"]).await;
        assert_eq!(contents(&client.take().await), ["a=1"]);
    }
}

#[tokio::test]
async fn b04_a_client_that_cannot_be_told_from_others_is_refused_by_name_of_the_field() {
    let server = serving(ONE_OF_EACH).await;
    for (node, field) in [(None, "node: missing"), (Some(Node::default()), "node.id: empty")] {
        let mut client = sotw(&server).await;
        client.ask(node.clone(), Cluster, &[]).await;
        let status = client.end().await.unwrap();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(field), "{status}");

        let mut client = delta(&server).await;
        client.ask(node, Cluster, &[]).await;
        let status = client.end().await.unwrap();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(field), "{status}");
    }
}

#[tokio::test]
async fn b05_streams_of_one_node_do_not_know_each_other() {
    let mut server = serving(&[(Endpoint, &["a=1", "b=1"])]).await;
    let (mut first, mut second) = (sotw(&server).await, delta(&server).await);
    first.ask(node(), Endpoint, &["a"]).await;
    second.ask(node(), Endpoint, &["b"]).await;
    assert_eq!(contents(&first.next().await), ["a=1"]);
    assert_eq!(contents(&second.take().await), ["b=1"]);

    // What one hasn't answered, or ends, is nothing to the other.
    server.have(Endpoint, &["b=2"]).publish();
    assert_eq!(contents(&second.take().await), ["b=2"]);
    drop(first);
    server.have(Endpoint, &["a=3", "b=3"]).publish();
    assert_eq!(contents(&second.take().await), ["b=3"]);
    second.silent(Listener).await;
}

#[tokio::test]
async fn b05_three_hundred_streams_of_one_node_stay_independent() {
    const CONNECTIONS: usize = 6;
    const STREAMS: usize = 300;
    let mut server = ControlPlane::start().await;
    let publish = |server: &mut ControlPlane, stream: usize, content: &str| {
        server.have(Endpoint, &[&format!("{stream}={content}")]);
    };
    (0..STREAMS).for_each(|stream| publish(&mut server, stream, "1"));
    server.publish();

    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(ads::client(server.address).await);
    }
    let mut clients = Vec::new();
    for stream in 0..STREAMS {
        let client = ads::delta_on(&mut connections[stream % CONNECTIONS]).await.unwrap();
        client.ask(node(), Endpoint, &[&stream.to_string()]).await;
        clients.push((stream, client));
    }
    for (stream, client) in &mut clients {
        assert_eq!(contents(&client.take().await), [format!("{stream}=1")]);
    }

    // Every tenth ends; then every third of all is told something.
    clients.retain(|(stream, _)| stream % 10 != 0);
    (0..STREAMS).step_by(3).for_each(|stream| publish(&mut server, stream, "2"));
    server.publish();
    for (stream, client) in &mut clients {
        if *stream % 3 == 0 {
            assert_eq!(contents(&client.take().await), [format!("{stream}=2")]);
        }
        client.silent(Listener).await;
    }
}

#[tokio::test]
async fn b06_an_ads_request_without_a_type_is_refused_by_name_of_the_field() {
    let server = serving(ONE_OF_EACH).await;
    let mut client = sotw(&server).await;
    client.send(DiscoveryRequest { node: node(), ..DiscoveryRequest::default() }).await;
    let first = client.end().await.unwrap();

    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &[]).await;
    client.take(&[]).await;
    client.send(DiscoveryRequest::default()).await;
    let later = client.end().await.unwrap();

    let mut client = delta(&server).await;
    client.send(DeltaDiscoveryRequest { node: node(), ..DeltaDiscoveryRequest::default() }).await;
    let in_delta = client.end().await.unwrap();

    for status in [first, later, in_delta] {
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with("type_url: empty"), "{status}");
    }
}

/// Types that Envoys ask for on the same stream (ECDS, RTDS, SRDS), and one that nobody knows.
const NOT_SERVED: [&str; 4] = [
    "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
    "type.googleapis.com/envoy.service.runtime.v3.Runtime",
    "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
    "private",
];

#[tokio::test]
async fn b07_a_type_that_is_not_served_gets_no_answer_and_the_others_go_on() {
    let mut server = serving(ONE_OF_EACH).await;
    let mut client = sotw(&server).await;
    let mut node = node();
    for type_url in NOT_SERVED {
        let request = sotw_request(Cluster, &["a"]);
        client.send(DiscoveryRequest { node: node.take(), type_url: type_url.to_owned(), ..request }).await;
    }
    client.ask(None, Endpoint, &["a"]).await;
    assert_eq!(contents(&client.take(&["a"]).await), ["a=1"]);
    server.have(Endpoint, &["a=2"]).publish();
    assert_eq!(contents(&client.take(&["a"]).await), ["a=2"]);
    client.silent(Listener).await;
}

#[tokio::test]
async fn b07_a_wildcard_of_a_type_that_is_not_served_gets_no_answer_in_delta() {
    let mut server = serving(ONE_OF_EACH).await;
    let mut client = delta(&server).await;
    let mut node = node();
    for type_url in NOT_SERVED {
        let request = delta_request(Cluster, &[], &[]);
        client.send(DeltaDiscoveryRequest { node: node.take(), type_url: type_url.to_owned(), ..request }).await;
    }
    client.ask(None, Endpoint, &["a"]).await;
    assert_eq!(contents(&client.take().await), ["a=1"]);
    server.have(Endpoint, &["a=2"]).publish();
    assert_eq!(contents(&client.take().await), ["a=2"]);
    client.silent(Listener).await;
}

#[tokio::test]
async fn b08_a_type_that_was_not_asked_for_is_never_pushed() {
    for asked in [Cluster, Listener] {
        let mut server =
            serving(&[(Cluster, &["a=1>a"]), (Endpoint, &["a=1"]), (Listener, &["a=1>a"]), (Route, &["a=1>a"])]).await;
        let (mut in_sotw, mut in_delta) = (sotw(&server).await, delta(&server).await);
        in_sotw.ask(node(), asked, &[]).await;
        in_sotw.take(&[]).await;
        in_delta.ask(node(), asked, &[]).await;
        in_delta.take().await;

        server.have(Cluster, &["a=2>a"]).have(Endpoint, &["a=2"]);
        server.have(Listener, &["a=2>a"]).have(Route, &["a=2>a"]).publish();
        for resource_type in [in_sotw.take(&[]).await.type_url, in_delta.take().await.type_url] {
            assert_eq!(resource_type, asked.type_url());
        }
        // The marker is of the same type: to ask for another would be to ask for another.
        in_sotw.silent(asked).await;
        in_delta.silent(asked).await;
    }
}

#[tokio::test]
async fn b09_types_on_one_stream_do_not_know_each_other() {
    let mut server = serving(ONE_OF_EACH).await;
    let mut client = sotw(&server).await;
    let mut node = node();
    for (resource_type, _) in ONE_OF_EACH {
        client.ask(node.take(), *resource_type, &["a"]).await;
    }
    let [clusters, endpoints, listeners, routes] =
        [client.next().await, client.next().await, client.next().await, client.next().await];
    client.nack(&clusters, &["a"], "no").await;
    client.ack(&listeners, &["a"]).await;
    client.ack(&routes, &["a"]).await;

    // A nonce of another type answers nothing of this one.
    let response_nonce = clusters.nonce.clone();
    client.send(DiscoveryRequest { response_nonce, ..sotw_answer(&endpoints, &["a"]) }).await;
    server.have(Endpoint, &["a=2"]).have(Route, &["a=2"]).publish();
    let response = client.take(&["a"]).await;
    assert_eq!((response.type_url(), contents(&response)), (Route.type_url(), vec!["a=2"]));
    client.ack(&endpoints, &["a"]).await;
    let response = client.take(&["a"]).await;
    assert_eq!((response.type_url(), contents(&response)), (Endpoint.type_url(), vec!["a=2"]));
}

#[tokio::test]
async fn b09_a_stream_may_carry_any_number_of_types() {
    let server = serving(ONE_OF_EACH).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let response = client.next().await;
    for n in 0..100 {
        client.send(DiscoveryRequest { type_url: format!("private/{n}"), ..sotw_request(Cluster, &["a"]) }).await;
    }
    client.ack(&response, &["a"]).await;
    for resource_type in [Cluster, Listener, Route] {
        client.ask(None, resource_type, &["a"]).await;
        assert_eq!(client.take(&["a"]).await.type_url, resource_type.type_url());
    }
}

#[tokio::test]
async fn b10_a_name_comes_once_in_a_response() {
    let server = serving(&[(Cluster, &["a=1", "b=1"]), (Endpoint, &["a=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &["a", "*", "a", "*"]).await;
    assert_eq!(contents(&client.take(&["*", "a"]).await), ["a=1", "b=1"]);
    client.ask(None, Endpoint, &["a", "a"]).await;
    assert_eq!(contents(&client.take(&["a"]).await), ["a=1"]);
}

#[tokio::test]
async fn b10_a_name_comes_once_in_a_delta_response_whether_it_is_there_or_not() {
    let mut server = serving(&[(Cluster, &["a=1", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &["a", "gone", "*", "a", "gone"]).await;
    let response = client.next().await;
    assert_eq!(changes(&response), (vec!["a=1", "b=1"], vec!["gone"]));

    // One that goes and one that comes, while both are asked for again.
    server.lose(Cluster, &["a"]).have(Cluster, &["gone=1"]).publish();
    let request = delta_request(Cluster, &["a", "gone", "a"], &[]);
    let response_nonce = delta_answer(&response).response_nonce;
    client.send(DeltaDiscoveryRequest { response_nonce, ..request }).await;
    assert_eq!(changes(&client.next().await), (vec!["gone=1"], vec!["a"]));
}
