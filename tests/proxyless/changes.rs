//! Pods come and go while calls are made.

use std::time::Duration;

use rig::soon;

use crate::client::Client;
use crate::family::{Family, in_each_family};
use crate::program::Dial;
use crate::scene::Scene;

in_each_family!(
    NewPods: new_pod_is_used,
    UnlistedPods: unlisted_pod_is_called_no_more,
    TerminatingPods: leaving_pod_is_left,
    IdleChannels: idle_channel_comes_back,
);

/// Calls a second.
const RATE: u64 = 100;

async fn new_pod_is_used(family: Family) {
    let mut scene = Scene::of_cart(1, &[]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1"]).await;
    client.begin(RATE).await;
    scene.scale("cart", 2).await;
    scene.pod("cart-2").until_seen(10).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    scene.is_accepted(&client).await;
}

async fn unlisted_pod_is_called_no_more(family: Family) {
    let mut scene = Scene::of_cart(2, &[]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1", "cart-2"]).await;
    client.begin(RATE).await;
    scene.unlist("cart-2");
    soon("calls to one pod only", async {
        loop {
            let [kept, left] = ["cart-1", "cart-2"].map(|pod| scene.pod(pod).seen());
            scene.pod("cart-1").until_seen(kept + 20).await;
            if scene.pod("cart-2").seen() == left {
                return;
            }
        }
    })
    .await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    scene.is_accepted(&client).await;
}

async fn leaving_pod_is_left(family: Family) {
    let mut scene = Scene::of_cart(3, &[]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1", "cart-2", "cart-3"]).await;
    client.begin(RATE).await;
    let seen = scene.pod("cart-2").seen();
    scene.pod("cart-2").until_seen(seen + 10).await;
    // As in Kubernetes: it is told to end in the moment in which it is said that it ends.
    scene.terminate("cart-2");
    scene.pod("cart-2").drain();
    soon("the pod's end", scene.pod("cart-2").drained()).await;
    scene.unlist("cart-2");
    let seen = scene.pod("cart-1").seen();
    scene.pod("cart-1").until_seen(seen + 20).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    scene.is_accepted(&client).await;
}

async fn idle_channel_comes_back(family: Family) {
    let mut scene = Scene::of_cart(1, &[]).await;
    // None of the families has a shorter one.
    let idle_after = Some(Duration::from_secs(1));
    let mut client = Client::start(family, Dial { idle_after, ..scene.dial() }).await;
    client.reach(&["cart-1"]).await;
    client.until("IDLE").await;
    scene.scale("cart", 2).await;
    client.reach(&["cart-1", "cart-2"]).await;
    scene.is_accepted(&client).await;
}
