//! The owner of a Service is told that a client rejects what it is sent, on a real Kubernetes API.

use std::net::SocketAddr;

use rig::addresses::POD_PORT;
use rig::cluster::Cluster;
use rig::manifests::{Listed, Services};
use rig::network::pod_address;
use rig::pod::Pod;
use rig::serve::Serve;
use rig::soon;
use rig::spoiler::Spoiler;
use serde_json::Value;

use crate::client::Client;
use crate::family::Family;
use crate::program::{Dial, PAUSE};
use crate::scene::{DIALLED, isolated};

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");
const MANIFESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests");

#[test]
fn owner_is_told_of_a_rejection() {
    isolated("events::owner_is_told_of_a_rejection", owner_is_told());
}

async fn owner_is_told() {
    let cluster = Cluster::start().await;
    cluster.kubectl(&["apply", "-k", MANIFESTS]).await;
    cluster.kubectl(&["create", "namespace", "shop"]).await;
    let server = Serve::for_cluster(CHANCERY, &cluster.chancery_kubeconfig());
    server.ready().await;
    let mut services = Services::default();
    services.annotate("cart", &[]);
    let _first = start_pod(1, &mut services).await;
    apply(&cluster, &services).await;

    let spoiler = Spoiler::start(server.xds).await;
    let dial = |address| Dial {
        name: DIALLED,
        servers: vec![address],
        zone: None,
        idle_after: None,
        fails_on_deletion: false,
    };
    let mut client = Client::start(Family::Python, dial(spoiler.address)).await;
    let mut other = Client::start(Family::Python, dial(server.xds)).await;
    client.reach(&["cart-1"]).await;
    other.reach(&["cart-1"]).await;
    client.begin(50).await;

    spoiler.spoil(true);
    let _second = start_pod(2, &mut services).await;
    apply(&cluster, &services).await;
    other.reach(&["cart-1", "cart-2"]).await;
    let event = rejection(&cluster).await;
    let text = |pointer| event.pointer(pointer).unwrap().as_str().unwrap();
    assert_eq!(
        [text("/type"), text("/involvedObject/kind"), text("/involvedObject/name")],
        ["Warning", "Service", "cart"]
    );
    // What was rejected, why, and who has what it had.
    for words in ["the endpoints of shop/cart/50051", "priority", "1 client keeps what it had: test"] {
        assert!(text("/message").contains(words), "{words}: {event}");
    }
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    assert_eq!(outcome.pods.into_keys().collect::<Vec<_>>(), ["cart-1"]);
}

async fn apply(cluster: &Cluster, services: &Services) {
    cluster.apply(&services.manifests()).await;
}

/// Starts a pod of `cart` and lists it.
async fn start_pod(number: u16, services: &mut Services) -> Pod {
    let name = format!("cart-{number}");
    let pod = Pod::start(&name, SocketAddr::new(pod_address(number).into(), POD_PORT)).await;
    let listed = Listed::ready(&name, pod.address());
    services.list("cart", listed);
    pod
}

/// The Event about what a client rejected, as soon as there is one.
async fn rejection(cluster: &Cluster) -> Value {
    soon("an Event", async {
        loop {
            let events = cluster.kubectl(&["get", "events", "-n", "shop", "-o", "json"]).await;
            let mut events: Value = serde_json::from_str(&events).unwrap();
            let events = events["items"].as_array_mut().unwrap();
            if let Some(event) = events.iter_mut().find(|event| event["reason"] == "RejectedByClient") {
                return event.take();
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await
}
