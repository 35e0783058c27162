//! A name is dialled that nobody told of, or tells of no more.

use std::time::Duration;

use tonic::Code;

use crate::client::{Ask, Client};
use crate::family::{Family, in_each_family};
use crate::program::Dial;
use crate::scene::Scene;

in_each_family!(
    ReturningNames: vanished_one_is_called_until_it_comes_back,
    FailOnDeletion: vanished_one_fails_until_it_comes_back_if_that_was_asked_for
        else vanished_one_fails_for_good_if_that_was_asked_for,
    UnknownNamesFail: unknown_one_fails_until_it_appears else unknown_one_is_waited_for_until_it_appears,
    AwaitedNames: awaited_one_is_served_when_it_appears,
);

/// After 15 s a client takes a resource for one that doesn't exist.
const LONG: Duration = Duration::from_secs(18);

async fn unknown_one_fails_until_it_appears(family: Family) {
    unknown_one_until_it_appears(family, Code::Unavailable).await;
}

async fn unknown_one_is_waited_for_until_it_appears(family: Family) {
    unknown_one_until_it_appears(family, Code::DeadlineExceeded).await;
}

async fn unknown_one_until_it_appears(family: Family, code: Code) {
    let mut scene = Scene::start().await;
    let mut client = scene.client(family).await;
    let outcome = client.call_with(1, Ask { deadline: LONG, ..Ask::default() }).await;
    let codes: Vec<i64> = outcome.errors.iter().map(|failure| failure.code).collect();
    assert_eq!(codes, [i64::from(i32::from(code))], "{:?}", outcome.errors);
    scene.services.annotate("cart", &[]);
    scene.scale("cart", 1).await;
    client.until_served().await;
    scene.is_accepted(&client).await;
}

async fn awaited_one_is_served_when_it_appears(family: Family) {
    let mut scene = Scene::start().await;
    let mut client = scene.client(family).await;
    client.begin(10).await;
    scene.until("streams", Scene::streams, 1).await;
    scene.services.annotate("cart", &[]);
    scene.scale("cart", 1).await;
    scene.pod("cart-1").until_seen(5).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    scene.is_accepted(&client).await;
}

async fn vanished_one_is_called_until_it_comes_back(family: Family) {
    let mut scene = Scene::of_cart(1, &[]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1"]).await;
    client.begin(50).await;
    let accepted = scene.accepted("lds").await;
    let before = scene.services.clone();
    scene.services.remove("cart");
    scene.publish();
    // It has heard, and goes on.
    scene.until("accepted responses", async |scene| scene.accepted("lds").await, accepted + 1).await;
    let seen = scene.pod("cart-1").seen();
    scene.pod("cart-1").until_seen(seen + 10).await;
    // As it was, and with another pod.
    scene.services = before;
    scene.publish();
    scene.until("accepted responses", async |scene| scene.accepted("lds").await, accepted + 2).await;
    scene.scale("cart", 2).await;
    scene.pod("cart-2").until_seen(10).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    scene.is_accepted(&client).await;
}

async fn vanished_one_fails_until_it_comes_back_if_that_was_asked_for(family: Family) {
    let (scene, mut client) = vanished_and_back(family).await;
    client.until_served().await;
    scene.is_accepted(&client).await;
}

/// A family that compares what comes with what went doesn't tell the channel when that is the same.
async fn vanished_one_fails_for_good_if_that_was_asked_for(family: Family) {
    let (_scene, mut client) = vanished_and_back(family).await;
    let outcome = client.call(1).await;
    assert!(outcome.pods.is_empty(), "{family:?} takes a listener again now");
}

/// A client that calls failed for when the Service vanished, and that accepted it again.
async fn vanished_and_back(family: Family) -> (Scene, Client) {
    let mut scene = Scene::of_cart(1, &[]).await;
    let mut client = Client::start(family, Dial { fails_on_deletion: true, ..scene.dial() }).await;
    client.reach(&["cart-1"]).await;
    let accepted = scene.accepted("lds").await;
    let before = scene.services.clone();
    scene.services.remove("cart");
    scene.publish();
    client.until_failed().await;
    scene.services = before;
    scene.publish();
    scene.until("accepted responses", async |scene| scene.accepted("lds").await, accepted + 2).await;
    (scene, client)
}
