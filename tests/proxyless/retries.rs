//! Which calls are made again.

use rig::pod::Answer;
use tonic::Code;

use crate::family::{Family, in_each_family};
use crate::scene::Scene;

in_each_family!(Retries: reach_another_pod, Retries: are_off);

async fn reach_another_pod(family: Family) {
    let scene = Scene::of_cart(2, &[("retry-on", "unavailable"), ("num-retries", "1")]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1", "cart-2"]).await;
    scene.pod("cart-1").answers(Answer::Grpc(Code::Unavailable));
    let before = scene.pod("cart-1").seen();
    let outcome = client.call(10).await;
    assert_eq!(outcome.errors, []);
    assert_eq!(outcome.pods.into_iter().collect::<Vec<_>>(), [("cart-2".to_owned(), 10)]);
    assert!(scene.pod("cart-1").seen() > before, "it wasn't tried at all");
    scene.is_accepted(&client).await;
}

/// What the test above would see without them.
async fn are_off(family: Family) {
    let scene = Scene::of_cart(2, &[("retry-on", "none")]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1", "cart-2"]).await;
    scene.pod("cart-1").answers(Answer::Grpc(Code::Unavailable));
    let outcome = client.call(10).await;
    let codes: Vec<i64> = outcome.errors.iter().map(|failure| failure.code).collect();
    assert_eq!(codes, [i64::from(i32::from(Code::Unavailable)); 5]);
}
