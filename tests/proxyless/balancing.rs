//! Policies other than the two that every family has.

use std::collections::BTreeMap;
use std::time::Duration;

use rig::pod::Answer;

use crate::client::{Ask, Client};
use crate::family::{Family, in_each_family};
use crate::scene::Scene;

in_each_family!(
    LeastRequest: busy_pod_is_left_alone else busy_pod_gets_its_turn,
    PickFirst: one_pod_gets_all else all_pods_get_some,
    WeightsInTurn: heavy_pod_gets_more_turns else heavy_pod_gets_its_turn,
    WeightsOnTheRing: heavy_pod_has_more_of_the_ring,
);

async fn busy_pod_is_left_alone(family: Family) {
    let (scene, mut client) = one_is_busy(family).await;
    let outcome = client.call(8).await;
    assert_eq!(outcome.errors, []);
    assert!(!outcome.pods.contains_key("cart-1"), "{:?}", outcome.pods);
    scene.pod("cart-1").answers(Answer::Echo);
    assert_eq!(client.end().await.errors, []);
    scene.is_accepted(&client).await;
}

async fn busy_pod_gets_its_turn(family: Family) {
    let (scene, mut client) = one_is_busy(family).await;
    let outcome = client.call_with(4, Ask { deadline: Duration::from_secs(1), ..Ask::default() }).await;
    assert!(!outcome.errors.is_empty(), "{family:?} leaves a busy pod alone now: {outcome:?}");
    scene.pod("cart-1").answers(Answer::Echo);
    assert_eq!(client.end().await.errors, []);
    scene.is_accepted(&client).await;
}

/// A client that has calls under way at the first of four pods, which doesn't answer. Of ten picks the least busy is taken: all
/// ten are that pod once in a million calls.
async fn one_is_busy(family: Family) -> (Scene, Client) {
    let annotations = [("lb-policy", "least-request"), ("least-request-choice-count", "10")];
    let scene = Scene::of_cart(4, &annotations).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1", "cart-2", "cart-3", "cart-4"]).await;
    let seen = scene.pod("cart-1").seen();
    scene.pod("cart-1").answers(Answer::Held);
    client.begin(10).await;
    scene.pod("cart-1").until_seen(seen + 1).await;
    (scene, client)
}

async fn one_pod_gets_all(family: Family) {
    let (scene, mut client) = pick_first(family).await;
    let first = client.call(12).await;
    assert_eq!((first.errors.len(), first.pods.len()), (0, 1), "{first:?}");
    scene.is_accepted(&client).await;
}

async fn all_pods_get_some(family: Family) {
    let (scene, mut client) = pick_first(family).await;
    client.reach(&["cart-1", "cart-2", "cart-3"]).await;
    scene.is_accepted(&client).await;
}

async fn pick_first(family: Family) -> (Scene, Client) {
    let scene = Scene::of_cart(3, &[("lb-policy", "pick-first")]).await;
    let client = scene.client(family).await;
    (scene, client)
}

async fn heavy_pod_gets_more_turns(family: Family) {
    let pods = of_weights_in_turn(family).await;
    assert_eq!(pods, BTreeMap::from([("cart-1".to_owned(), 30), ("cart-2".to_owned(), 10)]));
}

async fn heavy_pod_gets_its_turn(family: Family) {
    let pods = of_weights_in_turn(family).await;
    assert_eq!(
        pods,
        BTreeMap::from([("cart-1".to_owned(), 20), ("cart-2".to_owned(), 20)]),
        "{family:?} heeds weights now"
    );
}

async fn of_weights_in_turn(family: Family) -> BTreeMap<String, u64> {
    let (scene, mut client) = heavy_and_light(family, &[]).await;
    client.reach(&["cart-1", "cart-2"]).await;
    let outcome = client.call(40).await;
    assert_eq!(outcome.errors, []);
    scene.is_accepted(&client).await;
    outcome.pods
}

async fn heavy_pod_has_more_of_the_ring(family: Family) {
    let annotations = [("lb-policy", "ring-hash"), ("hash-on", "header:x-user"), ("ring-hash-min-size", "4096")];
    let (scene, mut client) = heavy_and_light(family, &annotations).await;
    let mut heavy = 0;
    for user in 0..200 {
        let user = format!("user {user}");
        let outcome = client.call_with(1, Ask { headers: &[("x-user", &user)], ..Ask::default() }).await;
        assert_eq!(outcome.errors, []);
        heavy += outcome.pods.get("cart-1").copied().unwrap_or_default();
    }
    // 150, give or take; and 100 without weights.
    assert!((122..=178).contains(&heavy), "{heavy} of 200");
    scene.is_accepted(&client).await;
}

async fn heavy_and_light(family: Family, annotations: &[(&str, &str)]) -> (Scene, Client) {
    let mut scene = Scene::start().await;
    scene.services.annotate("cart", annotations);
    scene.services.weigh("cart-1", 3);
    scene.scale("cart", 2).await;
    let client = scene.client(family).await;
    (scene, client)
}
