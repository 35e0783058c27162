//! X, transport and limits: clients that don't read, and messages that are large.

use chancery::xds::ResourceType::{Cluster, Endpoint, Listener};
use data_plane_api::discovery::DeltaDiscoveryRequest;
use prost::Message;
use rig::ads::{changes, contents, delta_request, names};

use crate::world::{delta, node, serving};

#[tokio::test]
async fn x01_a_client_that_does_not_read_holds_up_nobody() {
    let mut server = serving(&[(Endpoint, &["a=1"])]).await;
    // More than all windows and buffers between the two could take.
    let big = "x".repeat(40 << 20);
    let next = "y".repeat(1 << 20);
    server.put(Cluster, "big", &big, &[]).put(Listener, "next", &next, &[]).publish();
    let mut stuck = delta(&server).await;
    stuck.ask(node(), Cluster, &["big"]).await;
    // HTTP/2 takes one message however large; the one behind it brings the stream to a standstill.
    stuck.ask(None, Listener, &["next"]).await;

    let mut client = delta(&server).await;
    client.ask(node(), Endpoint, &["a"]).await;
    let mut response = client.next().await;
    for content in ["a=2", "a=3", "a=4"] {
        client.ack(&response).await;
        server.have(Endpoint, &[content]).publish();
        response = client.next().await;
        assert_eq!(contents(&response), [content]);
    }

    // What it didn't see meanwhile is skipped when it reads: the latest follows what was on its way.
    for content in ["1", "2", "3"] {
        server.put(Cluster, "big", content, &[]).publish();
    }
    assert_eq!(contents(&stuck.take().await), [big]);
    assert_eq!(contents(&stuck.take().await), [next]);
    assert_eq!(contents(&stuck.take().await), ["3"]);
}

/// An Envoy that reconnects lists every version it holds in one request, which gRPC's default limit of 4 MiB would refuse.
#[tokio::test]
async fn x03_a_request_may_be_larger_than_four_mebibytes() {
    const HELD: usize = 100_000;
    let server = serving(&[(Cluster, &["a=1"])]).await;
    let held = (0..HELD).map(|n| (format!("some-namespace/some-service-{n}/50051"), "0".repeat(32))).collect();
    let request =
        DeltaDiscoveryRequest { node: node(), initial_resource_versions: held, ..delta_request(Cluster, &[], &[]) };
    assert!(request.encoded_len() > 4 << 20);
    let mut client = delta(&server).await;
    client.send(request).await;
    let first = client.take().await;
    assert_eq!(names(&first), ["a"]);
    // What is gone is too much for one response (D11).
    let second = client.take().await;
    assert_eq!(changes(&first).1.len() + changes(&second).1.len(), HELD);
}
