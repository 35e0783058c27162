//! Owners of Services are told what is wrong with them, on a real Kubernetes API; and `chancery lint` tells whoever asks.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::BTreeMap;
use std::time::Duration;

use chancery::xds::ResourceType;
use rig::cluster::Cluster;
use rig::serve::Serve;
use rig::{ads, soon};
use serde_json::{Value, json};
use tokio::process::Command;

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");
const MANIFESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests");

/// A Service of the namespace `shop`, with these annotations of ours.
fn service(name: &str, annotations: &[(&str, &str)]) -> String {
    let annotations: BTreeMap<_, _> =
        annotations.iter().map(|(key, value)| (format!("chancery.dev/{key}"), *value)).collect();
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "namespace": "shop", "name": name, "annotations": annotations },
        "spec": { "ports": [{ "name": "grpc", "port": 50051 }] },
    })
    .to_string()
}

/// How often this replica dealt with an Event of this reason, whatever became of it.
async fn dealt_with(serve: &Serve, reason: &str) -> BTreeMap<String, u64> {
    let (_, text) = serve.get("/metrics").await.unwrap();
    let prefix = format!("chancery_events_total{{reason=\"{reason}\",outcome=\"");
    let samples = text.lines().filter_map(|line| line.strip_prefix(&prefix)?.split_once("\"} "));
    samples.map(|(outcome, count)| (outcome.to_owned(), count.parse().unwrap())).collect()
}

/// Returns when each of these replicas has dealt with so many Events of this reason.
async fn until_dealt_with(replicas: &[&Serve], reason: &str, count: u64) {
    for serve in replicas {
        soon(&format!("{count} Events {reason}; log:\n{}", serve.log()), async {
            while dealt_with(serve, reason).await.values().sum::<u64>() < count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        assert_eq!(dealt_with(serve, reason).await.values().sum::<u64>(), count, "{}", serve.log());
    }
}

/// Our Events in a namespace about the object of this name: reason, how often, message; in this order.
async fn events(cluster: &Cluster, namespace: &str, name: &str) -> Vec<(String, u64, String)> {
    let list: Value =
        serde_json::from_str(&cluster.kubectl(&["get", "events", "-n", namespace, "-o", "json"]).await).unwrap();
    let ours = list["items"].as_array().unwrap().iter().filter(|event| event["source"]["component"] == "chancery");
    let about = ours.filter(|event| event["involvedObject"]["name"] == name);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut events: Vec<_> = about
        .map(|event| (text(&event["reason"]), event["count"].as_u64().unwrap(), text(&event["message"])))
        .collect();
    events.sort();
    events
}

/// Runs `chancery lint` on the cluster, with the rights of the service account.
async fn lint(cluster: &Cluster, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(CHANCERY)
        .args(["lint", "--kubeconfig", cluster.chancery_kubeconfig().to_str().unwrap()])
        .args(arguments)
        .output()
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_are_told() {
    let mut cluster = Cluster::start().await;
    let (code, _, err) = lint(&cluster, &[]).await;
    assert!(code == 3 && err.contains("not allowed to list"), "{code}: {err}");

    // All rights but one: nobody is told, the log says once which right is missing, and serving goes on.
    cluster.kubectl(&["apply", "-k", MANIFESTS]).await;
    let without_events = r#"[{"op": "remove", "path": "/rules/2"}]"#;
    cluster.kubectl(&["patch", "clusterrole", "chancery", "--type=json", "-p", without_events]).await;
    cluster.kubectl(&["create", "namespace", "shop"]).await;
    cluster.apply(&service("mute", &[("enabled", "yes please")])).await;
    let mut one = Serve::for_cluster(CHANCERY, &cluster.chancery_kubeconfig());
    one.ready().await;
    until_dealt_with(&[&one], "InvalidAnnotation", 1).await;
    cluster.apply(&service("mute", &[("enabled", "no thanks")])).await;
    until_dealt_with(&[&one], "InvalidAnnotation", 2).await;
    assert_eq!(dealt_with(&one, "InvalidAnnotation").await, BTreeMap::from([("failed".to_owned(), 2)]));
    assert_eq!(one.log().matches("resources: [events], verbs: [create, patch]").count(), 1, "{}", one.log());
    assert_eq!(one.get("/readyz").await.unwrap().0, 200);
    cluster.kubectl(&["delete", "service", "-n", "shop", "mute"]).await;
    cluster.kubectl(&["apply", "-k", MANIFESTS]).await;
    drop(std::mem::replace(&mut one, Serve::for_cluster(CHANCERY, &cluster.chancery_kubeconfig())));
    let two = Serve::for_cluster(CHANCERY, &cluster.chancery_kubeconfig());
    one.ready().await;
    two.ready().await;

    annotations(&cluster, &[&one, &two]).await;
    clients(&mut cluster, &one, &two).await;

    // A replica that starts finds everything told.
    let before = events(&cluster, "shop", "pay").await;
    let third = Serve::for_cluster(CHANCERY, &cluster.chancery_kubeconfig());
    third.ready().await;
    until_dealt_with(&[&third], "InvalidAnnotation", 2).await;
    let known = BTreeMap::from([("known".to_owned(), 2)]);
    assert_eq!(dealt_with(&third, "InvalidAnnotation").await, known);
    assert_eq!(events(&cluster, "shop", "pay").await, before);

    live_lint(&mut cluster).await;
}

/// What is wrong with annotations; two replicas see it.
async fn annotations(cluster: &Cluster, replicas: &[&Serve]) {
    // Told also to somebody who never asked for us; each Event once, though two replicas write it.
    cluster.apply(&service("pay", &[("lb-polcy", "least-request"), ("lb-policy", "fastest")])).await;
    until_dealt_with(replicas, "InvalidAnnotation", 1).await;
    until_dealt_with(replicas, "UnknownAnnotation", 1).await;
    let described = cluster.kubectl(&["describe", "service", "-n", "shop", "pay"]).await;
    let (_, described) = described.split_once("Events:").unwrap();
    // How wide the columns are depends on what others tell.
    let described = described.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["Warning InvalidAnnotation", "Warning UnknownAnnotation", "chancery metadata.annotations[", "fastest"]
    {
        assert!(described.contains(words), "{words}: {described}");
    }
    let told = events(cluster, "shop", "pay").await;
    assert_eq!(
        told.iter().map(|(reason, count, _)| (reason.as_str(), *count)).collect::<Vec<_>>(),
        [("InvalidAnnotation", 1), ("UnknownAnnotation", 1)]
    );
    assert!(told[0].2.starts_with("metadata.annotations[chancery.dev/lb-policy]: \"fastest\": "), "{}", told[0].2);
    assert!(told[1].2.contains("chancery.dev/lb-policy"), "the nearest key isn't named: {}", told[1].2);

    // One that is fixed and made again is told again: the same Event, counted once.
    cluster.apply(&service("pay", &[("lb-policy", "least-request")])).await;
    // Told after it, so the fix was noticed.
    cluster
        .apply(&service(
            "cart",
            &[("enabled", "true"), ("lb-policy", "round-robin"), ("hosts", "shop.example"), ("nonsense", "1")],
        ))
        .await;
    until_dealt_with(replicas, "UnknownAnnotation", 2).await;
    cluster.apply(&service("pay", &[("lb-policy", "fastest")])).await;
    until_dealt_with(replicas, "InvalidAnnotation", 2).await;
    let again = events(cluster, "shop", "pay").await;
    assert_eq!((again.len(), again[0].1, again[1].1), (2, 2, 1), "{again:?}");
    let described = cluster.kubectl(&["describe", "service", "-n", "shop", "pay"]).await;
    assert!(described.contains("(x2 over"), "{described}");

    // A domain that went to another Service; and a Namespace, whose Events are in `default`.
    cluster.apply(&service("late", &[("enabled", "true"), ("hosts", "shop.example")])).await;
    until_dealt_with(replicas, "InvalidAnnotation", 3).await;
    let [late] = events(cluster, "shop", "late").await.try_into().unwrap();
    assert!(
        late.0 == "InvalidAnnotation" && late.2.contains("Service shop/cart (port 50051) already has it"),
        "{late:?}"
    );
    cluster.kubectl(&["annotate", "namespace", "shop", "chancery.dev/timeot=1s"]).await;
    until_dealt_with(replicas, "UnknownAnnotation", 3).await;
    let [shop] = events(cluster, "default", "shop").await.try_into().unwrap();
    assert!(shop.0 == "UnknownAnnotation" && shop.2.contains("timeot"), "{shop:?}");
    assert_eq!(events(cluster, "shop", "late").await.len(), 1);
}

/// What clients refuse, each at another replica.
async fn clients(cluster: &mut Cluster, one: &Serve, two: &Serve) {
    let message = "Error adding/updating cluster(s) shop/cart/50051: bad lb_policy";
    let mut streams = Vec::new();
    for (node, serve) in [("envoy-1", one), ("envoy-2", two)] {
        let mut stream = ads::delta(serve.xds).await.unwrap();
        stream.ask(Some(ads::envoy(node, "edge")), ResourceType::Cluster, &[]).await;
        let response = stream.next().await;
        stream.nack(&response, message).await;
        until_dealt_with(&[serve], "RejectedByClient", 1).await;
        streams.push(stream);
    }
    let told = events(cluster, "shop", "cart").await;
    let refused: Vec<_> = told.iter().filter(|(reason, ..)| reason == "RejectedByClient").collect();
    assert!(matches!(&refused[..], [(_, 1, _)]), "{told:?}");
    for words in ["metadata.annotations[chancery.dev/lb-policy]: ", message, "1 client keeps what it had: envoy-1"] {
        assert!(refused[0].2.contains(words), "{words}: {}", refused[0].2);
    }
    let described = cluster.kubectl(&["describe", "service", "-n", "shop", "cart"]).await;
    assert!(described.contains("Warning  RejectedByClient"), "{described}");

    // It is told as well to whoever asks, for as long as it is refused.
    let listed: Value = serde_json::from_str(&two.get("/api/v1/rejected").await.unwrap().1).unwrap();
    let listed = listed.as_array().unwrap().iter().find(|one| one["reason"] == "RejectedByClient").unwrap();
    assert_eq!(
        (&listed["name"], &listed["meanwhile"]),
        (&json!("cart"), &json!("1 client keeps what it had: envoy-2"))
    );
    let sample = |count| format!("\nchancery_rejected_objects{{reason=\"RejectedByClient\"}} {count}\n");
    assert!(two.get("/metrics").await.unwrap().1.contains(&sample(1)));
    cluster
        .apply(&service(
            "cart",
            &[("enabled", "true"), ("lb-policy", "least-request"), ("hosts", "shop.example"), ("nonsense", "1")],
        ))
        .await;
    streams[1].take().await;
    soon("it to be taken", async {
        while !two.get("/metrics").await.unwrap().1.contains(&sample(0)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;

    // What is refused while the API server is away is told when it is back.
    let response = streams[0].next().await;
    cluster.kill_api().await;
    streams[0].nack(&response, "shop/cart/50051: still bad").await;
    one.logged("out of touch").await;
    cluster.start_api().await;
    until_dealt_with(&[one], "RejectedByClient", 2).await;
    let told = events(cluster, "shop", "cart").await;
    assert!(told.iter().any(|(_, count, message)| *count == 1 && message.contains("still bad")), "{told:?}");
}

/// `chancery lint` of a cluster that has mistakes, of a part of it that has none, and of one that is gone.
async fn live_lint(cluster: &mut Cluster) {
    let (code, out, err) = lint(cluster, &[]).await;
    assert_eq!(code, 1, "{out}{err}");
    for words in [
        "error: Service shop/pay: metadata.annotations[chancery.dev/lb-policy]: \"fastest\": ",
        "warning: Namespace shop: metadata.annotations[chancery.dev/timeot]: ",
        "error: Service shop/late: metadata.annotations[chancery.dev/hosts]: \"shop.example\": ",
    ] {
        assert!(out.lines().any(|line| line.starts_with(words)), "{words}: {out}");
    }
    let (code, out, _) = lint(cluster, &["-o", "json", "--namespace", "shop"]).await;
    let list: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert!(code == 1 && list.iter().all(|one| one.get("file").is_none() && one["reason"].is_string()), "{out}");

    let (code, out, err) = lint(cluster, &["--namespace", "default"]).await;
    assert!(code == 0 && out.ends_with(": 0 errors, 0 warnings\n"), "{code}: {out}{err}");
    let (code, _, err) = lint(cluster, &["--namespace", "shpo"]).await;
    assert!(code == 1 && err.contains("shpo"), "{code}: {err}");
    cluster.kill_api().await;
    let (code, out, err) = lint(cluster, &[]).await;
    assert!(code == 3 && out.is_empty() && err.contains("can't be reached"), "{code}: {out}{err}");
}
