//! What is too large, too slow, too old or too much: D11, X01, X02, R05, R06.

use std::time::Duration;

use chancery::server::ServerLimits;
use chancery::xds::ResourceType::{Cluster, Endpoint, Route};
use rig::ads::{self, names};
use rig::control_plane::ControlPlane;
use rig::serve::Serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;

use crate::world::{delta, node, serving, sotw};

/// gRPC's default for what a client receives.
const FOUR_MEBIBYTES: usize = 4 << 20;

/// A server with ten resources of one mebibyte, and as many assignments.
async fn large() -> ControlPlane {
    let mut server = serving(&[]).await;
    for n in 0..10 {
        let content = n.to_string().repeat(1 << 20);
        server.put(Cluster, &format!("c{n}"), &content, &[]).put(Endpoint, &format!("e{n}"), &content, &[]);
    }
    server.publish();
    server
}

#[tokio::test]
async fn d11_a_big_set_is_split_into_responses_that_every_client_takes() {
    let server = large().await;
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    let mut held = Vec::new();
    while held.len() < 10 {
        let response = client.take().await;
        assert!(prost::Message::encoded_len(&response) < FOUR_MEBIBYTES);
        held.extend(names(&response).into_iter().map(str::to_owned));
    }
    let all: Vec<_> = (0..10).map(|n| format!("c{n}")).collect();
    assert_eq!(held, all);
    client.silent(Endpoint).await;
}

#[tokio::test]
async fn x02_in_the_state_of_the_world_what_may_be_split_is_and_what_may_not_is_sent_all_the_same() {
    let server = large().await;
    let mut client = sotw(&server).await;
    let wanted: Vec<_> = (0..10).map(|n| format!("e{n}")).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    client.ask(node(), Endpoint, &wanted).await;
    let mut count = 0;
    while count < 10 {
        let response = client.take(&wanted).await;
        assert!(prost::Message::encoded_len(&response) < FOUR_MEBIBYTES);
        count += response.resources.len();
    }
    assert_eq!(count, 10);
    client.ask(None, Cluster, &[]).await;
    let response = client.next().await;
    assert_eq!(response.resources.len(), 10);
}

#[tokio::test]
async fn x02_a_response_that_is_too_large_is_warned_of_once() {
    let manifests = tempfile::tempdir().unwrap();
    let service = |n: usize| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{ name: s{n}, namespace: shop, annotations: {{ \
             chancery.dev/enabled: \"true\" }} }}\nspec: {{ ports: [{{ name: grpc, port: 80 }}] }}\n---\n"
        )
    };
    // More than four mebibytes of clusters.
    std::fs::write(manifests.path().join("all.yaml"), (0..12_000).map(service).collect::<String>()).unwrap();
    let serve = Serve::start(env!("CARGO_BIN_EXE_chancery"), &["--manifests", manifests.path().to_str().unwrap()]);
    serve.ready().await;
    let mut client = ads::sotw(serve.xds).await.unwrap();
    for node in [node(), None] {
        // The second request begins anew, so the same comes again.
        client.ask(node, Cluster, &[]).await;
        let response = client.next().await;
        assert!(prost::Message::encoded_len(&response) > FOUR_MEBIBYTES);
    }
    let warned = |log: &str| log.lines().filter(|line| line.contains("larger than gRPC clients accept")).count();
    assert_eq!(warned(&serve.log()), 1, "{}", serve.log());
}

#[tokio::test]
async fn x01_a_client_that_does_not_read_is_cut_and_one_that_only_does_not_answer_is_not() {
    let limits = ServerLimits { send_deadline: Duration::from_millis(300), ..ServerLimits::default() };
    let mut server = ControlPlane::start_limited(limits).await;
    // More than all windows and buffers between the two could take.
    server.put(Cluster, "big", &"x".repeat(40 << 20), &[]).put(Endpoint, "small", "1", &[]).publish();
    let mut silent = delta(&server).await;
    silent.ask(node(), Endpoint, &["small"]).await;
    let unanswered = silent.next().await;
    let stuck = delta(&server).await;
    stuck.ask(Some(ads::envoy("stuck", "edge")), Cluster, &["big"]).await;

    // Its requests can't be sent any more.
    rig::soon("the end of the connection", stuck.closed()).await;
    silent.ack(&unanswered).await;
    silent.silent(Route).await;
    assert_eq!(server.count(r#"chancery_xds_streams{client="envoy",variant="delta"}"#), 1);
}

#[tokio::test]
async fn x01_a_connection_on_which_http2_does_not_begin_is_cut_and_the_others_stay() {
    let limits =
        ServerLimits { handshake_deadline: Duration::from_millis(300), max_connections: 3, ..ServerLimits::default() };
    let mut server = ControlPlane::start_limited(limits).await;
    server.put(Cluster, "a", "1", &[]).publish();
    let mut client = delta(&server).await;
    client.ask(node(), Cluster, &[]).await;
    client.take().await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"PRI * HTTP/2.0\r\n").await.unwrap();
    for idle in [silent, slow] {
        closed(idle).await;
    }
    assert_eq!(server.count(r#"chancery_xds_connections_unserved_total{reason="handshake"}"#), 2);
    // It was there longer than they, and their places are free.
    client.silent(Endpoint).await;
    while ads::delta_if_admitted(server.address).await.is_none() {}
}

/// Returns when the server has closed a connection.
async fn closed(mut connection: TcpStream) {
    let mut bytes = Vec::new();
    // Closed or reset is the same here.
    let _ = rig::soon("the end of the connection", connection.read_to_end(&mut bytes)).await;
}

#[tokio::test]
async fn r05_one_connection_too_many_is_closed_at_once_and_the_others_stay() {
    const REFUSED: u64 = 20;
    let mut server = ControlPlane::start_limited(ServerLimits { max_connections: 2, ..ServerLimits::default() }).await;
    server.put(Cluster, "a", "1", &[]).publish();
    let mut first = delta(&server).await;
    first.ask(node(), Cluster, &[]).await;
    first.take().await;
    let second = delta(&server).await;
    for _ in 0..REFUSED {
        closed(TcpStream::connect(server.address).await.unwrap()).await;
    }
    assert_eq!(server.count(r#"chancery_xds_connections_unserved_total{reason="limit"}"#), REFUSED);
    assert_eq!(server.count("chancery_xds_connections "), 2);
    first.silent(Endpoint).await;
    drop(second);
    while ads::delta_if_admitted(server.address).await.is_none() {}
    first.silent(Endpoint).await;
}

#[tokio::test]
async fn r05_that_connections_are_refused_is_logged_once() {
    let manifests = tempfile::tempdir().unwrap();
    let arguments = ["--manifests", manifests.path().to_str().unwrap(), "--max-connections", "1"];
    let serve = Serve::start(env!("CARGO_BIN_EXE_chancery"), &arguments);
    serve.ready().await;
    let mut client = ads::delta(serve.xds).await.unwrap();
    for _ in 0..20 {
        closed(TcpStream::connect(serve.xds).await.unwrap()).await;
    }
    client.ask(node(), Endpoint, &["missing"]).await;
    client.take().await;
    assert_eq!(serve.count(r#"chancery_xds_connections_unserved_total{reason="limit"}"#).await, 20);
    serve.terminate().await;
    serve.logged("Stopped").await;
    let log = serve.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("Reached --max-connections")).collect();
    assert!(lines.len() == 1 && lines[0].contains("max_connections=1"), "{log}");
}

#[tokio::test]
async fn r06_an_old_connection_ends_in_good_order_after_the_first_response() {
    let limits = ServerLimits { max_connection_age: Some(Duration::from_millis(200)), ..ServerLimits::default() };
    let mut server = ControlPlane::start_limited(limits).await;
    server.put(Cluster, "a", "1", &[]).publish();
    let mut connection = ads::client(server.address).await;
    let mut answered = ads::sotw_on(&mut connection).await.unwrap();
    answered.ask(node(), Cluster, &["a"]).await;
    answered.take(&["a"]).await;
    let mut waiting = ads::sotw_on(&mut connection).await.unwrap();
    waiting.ask(node(), Cluster, &["later"]).await;
    assert!(answered.end().await.is_none(), "no error for a stream that got something");

    // The other one on the same connection has got nothing yet, and goes on until it has.
    server.put(Cluster, "later", "1", &[]).publish();
    assert_eq!(waiting.next().await.resources.len(), 1);
    assert!(waiting.end().await.is_none());
}

#[tokio::test]
async fn r06_a_server_that_ends_says_so_to_streams_that_got_nothing() {
    let server = serving(&[(Cluster, &["a=1"])]).await;
    let mut answered = sotw(&server).await;
    answered.ask(node(), Cluster, &["a"]).await;
    answered.take(&["a"]).await;
    let mut waiting = sotw(&server).await;
    waiting.ask(node(), Cluster, &["later"]).await;
    waiting.ask(None, Endpoint, &[]).await;
    let stopped = server.stop();
    tokio::pin!(stopped);
    tokio::select! {
        () = &mut stopped => panic!("a stream was open still"),
        end = answered.end() => assert!(end.is_none()),
    }
    let (end, ()) = tokio::join!(waiting.end(), stopped);
    assert_eq!(end.unwrap().code(), Code::Unavailable);
}

#[tokio::test]
async fn r05_one_stream_too_many_is_refused_and_the_others_stay() {
    let mut server = ControlPlane::start_limited(ServerLimits { max_streams: 2, ..ServerLimits::default() }).await;
    server.put(Cluster, "a", "1", &[]).publish();
    let mut first = delta(&server).await;
    first.ask(node(), Cluster, &[]).await;
    first.take().await;
    let second = delta(&server).await;
    let status = ads::delta(server.address).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    first.silent(Endpoint).await;
    drop(second);
    while ads::delta(server.address).await.is_err() {}
}
