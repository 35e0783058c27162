//! `chancery explain`, asked of a running server and of manifests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use chancery::xds::ResourceType::{Cluster, Endpoint};
use rig::addresses::free_address;
use rig::ads::{self, envoy};
use rig::serve::Serve;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

const WORLD: &str = r#"
apiVersion: v1
kind: Namespace
metadata: { name: shop, annotations: { chancery.dev/lb-policy.grpc: least-request } }
---
apiVersion: v1
kind: Service
metadata:
  name: old
  namespace: shop
  creationTimestamp: "2020-01-01T00:00:00Z"
  annotations: { chancery.dev/enabled: "true", chancery.dev/hosts: shop.example.com }
spec: { ports: [{ port: 80, appProtocol: http }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: cart-a, namespace: shop, labels: { kubernetes.io/service-name: cart } }
addressType: IPv4
ports: [{ name: grpc, port: 8080 }]
endpoints:
- { addresses: [10.0.0.1], zone: eu-1a, nodeName: n1, targetRef: { kind: Pod, name: cart-1 }, conditions: { ready: true } }
- { addresses: [10.0.0.2], conditions: { ready: false, serving: true, terminating: true } }
- { addresses: [10.0.0.3], conditions: { ready: false } }
- { addresses: [169.254.169.254] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: cart-b, namespace: shop, labels: { kubernetes.io/service-name: cart } }
addressType: IPv4
ports: [{ name: grpc, port: 8080 }]
endpoints: [{ addresses: [10.0.0.1], conditions: { ready: false } }]
---
apiVersion: v1
kind: Pod
metadata: { name: cart-1, namespace: shop, labels: { chancery.dev/weight: "5" } }
"#;

const CART: &str = r#"
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
  creationTimestamp: "2021-01-01T00:00:00Z"
  annotations: { chancery.dev/enabled: "true", chancery.dev/enabled.web: "false", chancery.dev/hosts: shop.example.com, chancery.dev/num-retries: "RETRIES" }
spec: { ports: [{ name: grpc, port: 50051 }, { name: web, port: 80 }] }
"#;

/// Manifests of a Service `cart.shop`, its `num-retries` as given, and what belongs to it.
fn manifests(retries: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("world.yaml"), WORLD).unwrap();
    write_cart(directory.path(), retries);
    directory
}

fn write_cart(directory: &Path, retries: &str) {
    fs::write(directory.join("cart.yaml"), CART.replace("RETRIES", retries)).unwrap();
}

async fn serve(manifests: &TempDir) -> Serve {
    let serve = Serve::start(CHANCERY, &["--manifests", manifests.path().to_str().unwrap()]);
    serve.ready().await;
    serve
}

/// The exit code, stdout and stderr of `chancery explain`.
async fn explain(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(CHANCERY).arg("explain").args(arguments).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What a server at this address explains.
async fn explained(admin: SocketAddr, arguments: &[&str]) -> String {
    let admin = admin.to_string();
    let (code, out, err) = explain(&[&["cart.shop", "--admin", &admin], arguments].concat()).await;
    assert_eq!(code, 0, "{err}");
    out
}

const EXPLAINED: &str = r#"Service shop/cart: some ports are served

Port 50051 (grpc), the default port: served
  protocol grpc (name of the port)
  cluster  shop/cart/50051
  fleets   all
  domains  cart.shop:50051, cart.shop.svc:50051, cart.shop.svc.cluster.local:50051, cart.shop,
           cart.shop.svc, cart.shop.svc.cluster.local
  lost     shop.example.com: Service shop/old has it (port 80)

  SETTING      VALUE             FROM
  enabled      true              Service, chancery.dev/enabled
  hosts        shop.example.com  Service, chancery.dev/hosts
  protocol     grpc              name of the port
  lb-policy    least-request     Namespace, chancery.dev/lb-policy.grpc
  num-retries  5                 Service, chancery.dev/num-retries
  SETTINGS

    ADDRESS          ZONE   NODE  WEIGHT  POD     SLICE
  1 in: ready
    10.0.0.1:8080    eu-1a  n1    5       cart-1  cart-a
  1 draining: terminating, but still serving: it finishes what it has begun
    10.0.0.2:8080                 1               cart-a
  1 out: not ready
    10.0.0.3:8080                 1               cart-a
  1 out: the same address counts already, as it stands in cart-a
    10.0.0.1:8080                 1               cart-b
  1 out: a link-local address; expected one that clients can reach
    169.254.169.254                               cart-a

Port 80 (web): not served: enabled is false for it
  protocol http2 (a guess, because nothing says otherwise: neither chancery.dev/protocol.web, nor
           appProtocol, nor a name of the port such as grpc or http)
  SETTING  VALUE  FROM
  enabled  false  Service, chancery.dev/enabled.web

Errors and warnings:
  error: Service shop/cart: metadata.annotations[chancery.dev/hosts]: "shop.example.com": Service
    shop/old (port 80) already has it; the older Service wins, by creation time, then by name (port
    50051 is served under its other domains)
  error: EndpointSlice shop/cart-a: endpoints[3].addresses[0]: "169.254.169.254": a link-local
    address; expected one that clients can reach (left out; the rest of the slice is served)
"#;

#[tokio::test]
async fn a_server_and_its_manifests_give_the_same_explanation() {
    let manifests = manifests("5");
    let serve = serve(&manifests).await;
    let online = explained(serve.admin, &[]).await;
    let defaults = online.lines().find(|line| line.ends_with("have their defaults (--all shows them)")).unwrap();
    assert_eq!(online, EXPLAINED.replace("  SETTINGS", defaults));

    let directory = manifests.path().to_str().unwrap();
    for name in ["cart.shop", "cart.shop.svc", "cart.shop.svc.cluster.local."] {
        assert_eq!(explain(&[name, "--manifests", directory]).await, (0, online.clone(), String::new()), "{name}");
    }
    let all = explained(serve.admin, &["--all"]).await;
    assert!(all.contains("\n  fleets ") && !all.contains("--all"), "{all}");

    let json: Value = serde_json::from_str(&explained(serve.admin, &["-o", "json"]).await).unwrap();
    let (code, offline, _) = explain(&["cart.shop", "--manifests", directory, "-o", "json"]).await;
    assert_eq!((code, serde_json::from_str::<Value>(&offline).unwrap()), (0, json.clone()));
    assert_eq!(json["ports"][0]["addresses"][0]["reason"], "ready");
    assert_eq!(json["rejected"][0]["reason"], "Duplicate");
}

#[tokio::test]
async fn the_last_good_value_is_told_with_the_bad_one() {
    let manifests = manifests("5");
    let serve = serve(&manifests).await;
    write_cart(manifests.path(), "viele \u{1F980}");
    serve.logged("not a whole number").await;
    let out = explained(serve.admin, &[]).await;
    let expected = "  num-retries  5                 last good of Service, chancery.dev/num-retries\n    \
        \"viele \u{1F980}\" stands there now and can't be used: Service, chancery.dev/num-retries\n";
    assert!(out.contains(expected), "{out}");
    let words: Vec<&str> = out.split_whitespace().collect();
    assert!(words.join(" ").contains("(the last good value, 5, stays)"), "{out}");

    // Nobody remembers a good one here.
    let (_, out, _) = explain(&["cart.shop", "--manifests", manifests.path().to_str().unwrap()]).await;
    assert!(out.contains("  num-retries  1                 default\n"), "{out}");
}

#[tokio::test]
async fn what_a_client_refused_is_told() {
    let manifests = manifests("5");
    let serve = serve(&manifests).await;
    let mut client = ads::delta(serve.xds).await.unwrap();
    client.ask(Some(envoy("envoy-1", "edge")), Cluster, &[]).await;
    let response = client.next().await;
    client.nack(&response, "cluster shop/cart/50051 is too good").await;
    client.silent(Endpoint).await;
    let json: Value = serde_json::from_str(&explained(serve.admin, &["-o", "json"]).await).unwrap();
    let told = json["rejected"].as_array().unwrap().iter().find(|one| one["reason"] == "RejectedByClient").unwrap();
    assert_eq!(told["meanwhile"], "1 client keeps what it had: envoy-1");
    assert!(explained(serve.admin, &[]).await.contains("cluster shop/cart/50051 is too good"));
    let old: Value = serde_json::from_str(&serve.get("/api/v1/services/shop/old").await.unwrap().1).unwrap();
    assert_eq!(old["rejected"], json!([]), "it is about another Service");
}

#[tokio::test]
async fn the_services_are_listed() {
    let manifests = manifests("5");
    let serve = serve(&manifests).await;
    let list: Value = serde_json::from_str(&serve.get("/api/v1/services").await.unwrap().1).unwrap();
    let cart = json!({"number": 50051, "name": "grpc", "cluster": "shop/cart/50051", "ready": 1, "draining": 1});
    let old = json!({"number": 80, "cluster": "shop/old/80", "ready": 0, "draining": 0});
    assert_eq!(
        list,
        json!([
            {"namespace": "shop", "name": "cart", "ports": [cart], "rejected": 2},
            {"namespace": "shop", "name": "old", "ports": [old], "rejected": 0},
        ])
    );
}

#[tokio::test]
async fn a_service_that_does_not_exist_is_bad_input() {
    let manifests = manifests("5");
    let serve = serve(&manifests).await;
    let (admin, directory) = (serve.admin.to_string(), manifests.path().to_str().unwrap());
    for of in [["--admin", &admin], ["--manifests", directory]] {
        let (code, out, err) = explain(&[&["crat.shop"], &of[..]].concat()).await;
        assert_eq!((code, out.as_str()), (1, ""));
        assert_eq!(err, "error: there is no Service shop/crat; did you mean cart.shop?\n");
        let (code, _, err) = explain(&[&["quite-something-else.elsewhere"], &of[..]].concat()).await;
        assert_eq!((code, err.as_str()), (1, "error: there is no Service elsewhere/quite-something-else\n"));
    }

    fs::write(manifests.path().join("broken.yaml"), "kind: [").unwrap();
    let (code, _, err) = explain(&["mail.shop", "--manifests", directory]).await;
    assert_eq!(code, 1);
    assert!(err.contains("broken.yaml:1: error: ") && err.ends_with("there is no Service shop/mail\n"), "{err}");
    assert_eq!(explain(&["cart.shop", "--manifests", "/nowhere"]).await.0, 1);
}

#[tokio::test]
async fn a_name_that_cannot_be_is_wrong_usage() {
    for name in ["cart", "", "shop/cart", "cart.shop:80", "größe.shop", "\u{1F980}", "cart.shop.pod", "..", "-.-"] {
        let (code, out, err) = explain(&["--", name]).await;
        assert_eq!((code, out.as_str()), (2, ""), "{name}: {err}");
        assert!(err.contains("expected"), "{name}: {err}");
    }
    assert_eq!(explain(&[]).await.0, 2);
    assert_eq!(explain(&["cart.shop", "--admin", "127.0.0.1:1", "--manifests", "."]).await.0, 2);
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_is_unreachable() {
    let (code, out, err) = explain(&["cart.shop", "--admin", &free_address().to_string()]).await;
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("--admin"), "{err}");
    let manifests = manifests("5");
    let serve = serve(&manifests).await;
    // The xDS port speaks another language.
    assert_eq!(explain(&["cart.shop", "--admin", &serve.xds.to_string()]).await.0, 3);
}

#[tokio::test]
async fn manifests_may_come_from_standard_input() {
    let mut child = Command::new(CHANCERY)
        .args(["explain", "old.shop", "--manifests", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(WORLD.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.starts_with("Service shop/old: served\n\nPort 80, the default port: served\n"), "{out}");
    assert!(out.contains("no address: no EndpointSlice belongs to the Service"), "{out}");
}
