//! N, ACK and NACK: what makes a NACK, what follows it, and what it doesn't stop.

use std::sync::Arc;

use chancery::channels::Clients;
use chancery::xds::ResourceType::{Cluster, Endpoint, Listener, Route};
use chancery::xds::{Origin, Resource};
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use data_plane_api::status::RpcStatus;
use rig::ads::{Response, contents, delta_answer, error, sotw_answer, sotw_request};
use rig::control_plane::{ControlPlane, resource};
use rig::soon;

use crate::world::{delta, node, serving, sotw};

/// How many NACKs, and how many ACKs, of this type the server has counted.
fn counted(server: &ControlPlane, short: &str) -> (u64, u64) {
    let nacks = server.count(&format!(r#"chancery_xds_nacks_total{{type="{short}",client="envoy"}}"#));
    let acks = server.count(&format!(r#"chancery_xds_acks_total{{type="{short}"}}"#));
    (nacks, acks)
}

/// Clients disagree about the code of `error_detail`, and some send the new version with it.
#[tokio::test]
async fn n01_a_nack_is_the_presence_of_an_error_and_nothing_else() {
    let mut server = serving(&[(Cluster, &["a=0"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let mut taken = client.take(&[]).await;

    for (n, code) in (1..).zip([3, 14, 13, 0]) {
        server.have(Cluster, &[&format!("a={n}")]).publish();
        let response = client.next().await;
        let error_detail = Some(RpcStatus { code, ..RpcStatus::default() });
        let old_or_new = if n % 2 == 0 { &taken } else { &response };
        let version_info = old_or_new.version_info.clone();
        client.send(DiscoveryRequest { version_info, error_detail, ..sotw_answer(&response, &[]) }).await;
        client.silent(Listener).await;
        assert_eq!(counted(&server, "cds"), (n, 1));
    }

    // An old version without an error is an ACK.
    server.have(Cluster, &["a=good"]).publish();
    let response = client.next().await;
    let version_info = std::mem::take(&mut taken.version_info);
    client.send(DiscoveryRequest { version_info, ..sotw_answer(&response, &[]) }).await;
    client.silent(Listener).await;
    assert_eq!(counted(&server, "cds"), (4, 2));
}

#[tokio::test]
async fn n02_what_was_refused_is_not_sent_again_but_what_follows_is() {
    let mut server = serving(&[(Endpoint, &["a=bad", "b=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let response = client.next().await;
    client.nack(&response, &["a"], "no").await;
    client.silent(Listener).await;
    // A change of something else is no reason to try again.
    server.have(Endpoint, &["other=1"]).publish();
    client.silent(Listener).await;

    client.send(sotw_answer(&response, &["a", "b"])).await;
    assert_eq!(contents(&client.take(&["a", "b"]).await), ["b=1"]);
    server.have(Endpoint, &["a=good"]).publish();
    assert_eq!(contents(&client.take(&["a", "b"]).await), ["a=good"]);
    client.silent(Listener).await;
    assert_eq!(counted(&server, "eds"), (1, 2));
}

#[tokio::test]
async fn n02_refused_clusters_and_listeners_are_not_sent_in_a_loop() {
    for (resource_type, marker) in [(Cluster, Listener), (Listener, Cluster)] {
        let mut server = serving(&[(resource_type, &["a=bad"])]).await;
        let (mut in_sotw, mut in_delta) = (sotw(&server).await, delta(&server).await);
        in_sotw.ask(node(), resource_type, &[]).await;
        let response = in_sotw.next().await;
        in_sotw.nack(&response, &[], "no").await;
        in_sotw.silent(marker).await;
        in_delta.ask(node(), resource_type, &[]).await;
        let response = in_delta.next().await;
        in_delta.nack(&response, "no").await;
        in_delta.silent(marker).await;

        server.have(resource_type, &["a=good"]).publish();
        assert_eq!(contents(&in_sotw.take(&[]).await), ["a=good"]);
        assert_eq!(contents(&in_delta.take().await), ["a=good"]);
    }
}

#[tokio::test]
async fn n03_a_nack_may_change_the_names() {
    let mut server = serving(&[(Endpoint, &["a=bad", "b=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let response = client.next().await;
    client.nack(&response, &["b"], "no").await;
    assert_eq!(contents(&client.take(&["b"]).await), ["b=1"]);
    server.have(Endpoint, &["a=2"]).publish();
    client.silent(Listener).await;
}

#[tokio::test]
async fn n03_a_nack_may_change_the_subscription_in_delta() {
    let mut server = serving(&[(Endpoint, &["a=bad", "b=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let response = client.next().await;
    client
        .send(DeltaDiscoveryRequest {
            resource_names_subscribe: vec!["b".to_owned()],
            resource_names_unsubscribe: vec!["a".to_owned()],
            error_detail: error("no"),
            ..delta_answer(&response)
        })
        .await;
    assert_eq!(contents(&client.take().await), ["b=1"]);
    server.have(Endpoint, &["a=2"]).publish();
    client.silent(Listener).await;
    assert_eq!(counted(&server, "eds"), (1, 1));
}

/// gRPC for Node repeats its last error until a response is good.
#[tokio::test]
async fn n04_an_error_that_is_repeated_counts_once_and_its_names_are_not_lost() {
    let server = serving(&[(Endpoint, &["a=bad", "b=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let response = client.next().await;
    client.nack(&response, &["a"], "no").await;
    client.nack(&response, &["a"], "no").await;
    client.silent(Listener).await;
    client.nack(&response, &["a", "b"], "no").await;
    assert_eq!(contents(&client.take(&["a", "b"]).await), ["b=1"]);
    client.silent(Listener).await;
    assert_eq!(counted(&server, "eds"), (1, 1));
}

/// gRPC's C core answers only the newest nonce of a type, with an error that may be about an earlier one. The
/// specification doesn't say what follows. Our choice is that a NACK blames what was sent last, and that no content is blocked by
/// it for ever.
#[tokio::test]
async fn n05_an_error_that_blames_the_wrong_response_blocks_no_content_for_ever() {
    let mut server = serving(&[(Endpoint, &["a=1"])]).await;
    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let response = client.next().await;
    client.nack(&response, &["a"], "about another").await;
    client.silent(Listener).await;

    // The same content goes out again when it is asked for again, and when it comes back after other content.
    client.send(sotw_request(Endpoint, &["a"])).await;
    assert_eq!(contents(&client.take(&["a"]).await), ["a=1"]);
    server.have(Endpoint, &["a=2"]).publish();
    let response = client.next().await;
    client.nack(&response, &["a"], "about another").await;
    server.have(Endpoint, &["a=3"]).publish();
    client.take(&["a"]).await;
    server.have(Endpoint, &["a=2"]).publish();
    assert_eq!(contents(&client.take(&["a"]).await), ["a=2"]);

    let mut other = sotw(&server).await;
    other.ask(node(), Endpoint, &["a"]).await;
    assert_eq!(contents(&other.next().await), ["a=2"]);
}

#[tokio::test]
async fn n06_one_bad_resource_holds_up_no_other() {
    let mut server = serving(&[(Cluster, &["bad=1", "good=1"]), (Route, &["r=1"])]).await;
    let (mut in_sotw, mut in_delta) = (sotw(&server).await, delta(&server).await);
    in_sotw.ask(node(), Cluster, &[]).await;
    let response = in_sotw.next().await;
    in_sotw.nack(&response, &[], "bad: no").await;
    in_delta.ask(node(), Cluster, &[]).await;
    let response = in_delta.next().await;
    in_delta.nack(&response, "bad: no").await;

    // Nothing is rolled back, and nothing is left out: absence would delete what the client kept.
    server.have(Cluster, &["good=2"]).publish();
    assert_eq!(contents(&in_sotw.take(&[]).await), ["bad=1", "good=2"]);
    assert_eq!(contents(&in_delta.take().await), ["good=2"]);
    in_sotw.ask(None, Route, &["r"]).await;
    assert_eq!(in_sotw.next().await.type_url(), Route.type_url());
    in_delta.ask(None, Route, &["r"]).await;
    assert_eq!(in_delta.next().await.type_url(), Route.type_url());
}

/// Whoever tells people of it hears when it begins, and when it ends.
#[tokio::test]
async fn n07_what_is_refused_is_known_for_as_long_as_it_is() {
    let mut server = serving(&[(Cluster, &["b=0"])]).await;
    let put = |server: &mut ControlPlane, content| {
        let origin = Origin { object: "Service shop/a".into(), annotations: Box::new(["lb-policy".into()]) };
        let resource = Resource::clone(&resource(Cluster, "a", content, &[])).with_origin(Arc::new(origin));
        server.everyone.get_mut(Cluster).insert(Arc::new(resource));
        server.publish();
    };
    put(&mut server, "bad");
    let mut changes = server.streams.watch_nacks();
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let response = client.next().await;
    client.nack(&response, "a: no such lb_policy").await;
    soon("a refusal", changes.changed()).await.unwrap();
    let nacks = server.streams.nacks();
    let known: Vec<_> = nacks.iter().map(|one| (&*one.node_id, &*one.name, one.annotation.as_deref())).collect();
    assert_eq!(known, [("envoy-1", "a", Some("lb-policy"))]);

    // It ends when the client takes something else of that name …
    put(&mut server, "good");
    client.take().await;
    soon("its end", changes.changed()).await.unwrap();
    assert!(server.streams.nacks().is_empty());

    // … or goes.
    put(&mut server, "worse");
    let response = client.next().await;
    client.nack(&response, "a: no such lb_policy").await;
    soon("another refusal", changes.changed()).await.unwrap();
    assert_eq!(server.streams.nacks().len(), 1);
    drop(client);
    soon("its end", changes.changed()).await.unwrap();
    assert!(server.streams.nacks().is_empty());
}
