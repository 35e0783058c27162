//! `chancery status`, asked of a running server with clients.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::net::SocketAddr;

use chancery::xds::ResourceType::{Cluster, Endpoint, Listener};
use rig::addresses::free_address;
use rig::ads::{self, envoy};
use rig::serve::Serve;
use tokio::process::Command;

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

const CART: &str = "
apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop, annotations: { chancery.dev/enabled: \"true\" } }
spec: { ports: [{ name: grpc, port: 50051 }] }
";

/// The exit code, stdout and stderr of `chancery status`.
async fn status(admin: SocketAddr, arguments: &[&str]) -> (i32, String, String) {
    let admin = admin.to_string();
    let output = Command::new(CHANCERY).args(["status", "--admin", &admin]).args(arguments).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn status_tells_how_far_each_client_is() {
    let manifests = tempfile::tempdir().unwrap();
    std::fs::write(manifests.path().join("cart.yaml"), CART).unwrap();
    let serve = Serve::start(CHANCERY, &["--manifests", manifests.path().to_str().unwrap()]);
    serve.ready().await;
    assert_eq!(status(serve.admin, &[]).await, (0, "no client is connected\n".to_owned(), String::new()));

    let mut good = ads::delta(serve.xds).await.unwrap();
    good.ask(Some(envoy("envoy-1", "edge")), Cluster, &[]).await;
    good.take().await;
    good.silent(Endpoint).await;
    let mut bad = ads::sotw_of(serve.xds, Listener).await.unwrap();
    bad.ask(Some(envoy("envoy-2", "")), Listener, &[]).await;
    let response = bad.next().await;
    bad.nack(&response, &[], "no such filter").await;
    bad.silent(Listener).await;

    let (code, out, _) = status(serve.admin, &[]).await;
    assert_eq!(code, 0);
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["NODE", "FLEET", "STREAM", "AGE", "CDS", "EDS", "LDS", "RDS", "SDS"]);
    let (one, two) = (&lines[1], &lines[2]);
    assert_eq!((&one[..4], &one[6..]), (&["envoy-1", "edge", "ads", "delta"][..], &["ok", "ok", "-", "-", "-"][..]));
    assert_eq!(&two[..4], ["envoy-2", "-", "lds", "sotw"]);

    let (code, out, _) = status(serve.admin, &["envoy-1", "-o", "json"]).await;
    assert_eq!(code, 0);
    let clients: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(clients.as_array().unwrap().len(), 1);
    assert_eq!(clients[0]["types"][0]["sent"], clients[0]["types"][0]["acked"]);
}

#[tokio::test]
async fn status_says_why_it_cannot_tell() {
    let (code, out, err) = status(free_address(), &[]).await;
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("--admin"), "{err}");

    let manifests = tempfile::tempdir().unwrap();
    let serve = Serve::start(CHANCERY, &["--manifests", manifests.path().to_str().unwrap()]);
    serve.ready().await;
    let (code, _, err) = status(serve.admin, &["nobody"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("\"nobody\""), "{err}");
    // The xDS port speaks another language.
    assert_eq!(status(serve.xds, &[]).await.0, 3);
}
