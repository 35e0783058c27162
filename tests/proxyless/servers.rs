//! The control plane goes and comes back, or there are two.
//!
//! What comes back knows nothing of what was before, so it may as well be another replica at the same address, as behind a
//! Service. A second address in the bootstrap is something else (A71): a client asks there for what it has nowhere else, and so
//! as a rule only when it starts. One that has all that it watches waits for its first server; that was seen in all families.

use std::time::Duration;

use rig::addresses::free_address;
use rig::forwarder::Forwarder;

use crate::client::{Ask, Client};
use crate::family::{Family, in_each_family};
use crate::program::Dial;
use crate::scene::Scene;

in_each_family!(
    Restarts: calls_go_on_without_one_and_the_next_is_heard,
    Replicas: another_one_at_the_same_address_is_heard,
    SecondServer: second_one_is_asked_while_the_first_is_away else second_one_is_not_asked,
);

async fn calls_go_on_without_one_and_the_next_is_heard(family: Family) {
    let mut scene = Scene::of_cart(1, &[]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1"]).await;
    client.begin(50).await;
    scene.crash().await;
    let seen = scene.pod("cart-1").seen();
    scene.pod("cart-1").until_seen(seen + 10).await;
    scene.start_again().await;
    scene.scale("cart", 2).await;
    scene.pod("cart-2").until_seen(10).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    scene.is_accepted(&client).await;
}

/// As a Kubernetes Service does it: new connections go to a replica that is there.
async fn another_one_at_the_same_address_is_heard(family: Family) {
    let mut scene = Scene::of_cart(1, &[]).await;
    let first = scene.server.take().unwrap();
    let forwarder = Forwarder::start(first.xds).await;
    let mut client = Client::start(family, Dial { servers: vec![forwarder.address], ..scene.dial() }).await;
    client.reach(&["cart-1"]).await;
    client.begin(50).await;

    let mut second = scene.replica(free_address()).await;
    forwarder.forward_to(second.xds);
    // As in a rollout: it is asked to end.
    first.terminate().await;
    scene.scale("cart", 2).await;
    scene.pod("cart-2").until_seen(10).await;

    let third = scene.replica(free_address()).await;
    forwarder.forward_to(third.xds);
    // As with a node that is gone.
    second.kill().await;
    scene.scale("cart", 3).await;
    scene.pod("cart-3").until_seen(10).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    scene.server = Some(third);
    scene.is_accepted(&client).await;
}

async fn second_one_is_asked_while_the_first_is_away(family: Family) {
    let (second, mut client) = first_one_is_away(family).await;
    client.reach(&["cart-1"]).await;
    second.is_accepted(&client).await;
}

async fn second_one_is_not_asked(family: Family) {
    let (second, mut client) = first_one_is_away(family).await;
    let outcome = client.call_with(1, Ask { deadline: Duration::from_secs(3), ..Ask::default() }).await;
    assert!(outcome.pods.is_empty(), "{family:?} asks the second one now");
    assert_eq!(second.streams().await, 0);
}

async fn first_one_is_away(family: Family) -> (Scene, Client) {
    let mut first = Scene::start().await;
    first.crash().await;
    let second = Scene::of_cart(1, &[]).await;
    let servers = vec![first.address(), second.address()];
    let client = Client::start(family, Dial { servers, ..second.dial() }).await;
    (second, client)
}
