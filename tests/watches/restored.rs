//! A real etcd that is restored from a backup, under a real API server.

use std::time::Instant;

use rig::cluster::Cluster;
use rig::serve::Serve;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::scene::{Client, FOUND, LOST, SOON, service, slice};

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");
const MANIFESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests");

/// `cart`'s EndpointSlice; a network that the API server takes (and nothing connects to).
async fn write(cluster: &Cluster, n: u8) {
    cluster.apply(&slice(n).to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn etcd_is_restored_under_the_api_server() {
    let mut cluster = Cluster::start().await;
    cluster.kubectl(&["apply", "-k", MANIFESTS]).await;
    cluster.kubectl(&["create", "namespace", "shop"]).await;
    let enabled: Value = json!({ "chancery.dev/enabled": "true" });
    cluster.apply(&service("cart", &enabled).to_string()).await;
    write(&cluster, 1).await;
    cluster.back_up().await;

    let serve = Serve::for_cluster(CHANCERY, &cluster.chancery_kubeconfig());
    serve.ready().await;
    let mut client = Client::of(&serve).await;
    client.until(1).await;
    // More is written now than the API server writes when it starts.
    for _ in 0..20 {
        write(&cluster, 2).await;
        write(&cluster, 3).await;
    }
    client.until(3).await;
    cluster.restore().await;
    let restored = Instant::now();
    let served = timeout(SOON, client.until(1)).await;
    assert!(served.is_ok(), "10.0.0.1 isn't served; log:\n{}", serve.log());
    println!("{:?} after the API server was back, what etcd had then was served", restored.elapsed());
    serve.logged(FOUND).await;
    write(&cluster, 4).await;
    let served = timeout(SOON, client.until(4)).await;
    assert!(served.is_ok(), "10.0.0.4 isn't served; log:\n{}", serve.log());
    assert_eq!(serve.log().matches(LOST).count(), 1, "{}", serve.log());
}
