//! All requests to one pod.

use rig::manifests::Condition;

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_pod_that_is_ready_gets_all_requests() {
    let mut scene = Scene::of_cart(3, &[("lb-policy", "pick-first")]).await;
    let caller = scene.caller().await;
    assert_eq!(caller.spread(30).await, [("cart-1".to_owned(), 30)].into());
    scene.list("cart", "cart-1", Some(Condition::Terminating));
    scene.settled().await;
    assert_eq!(caller.spread(30).await, [("cart-2".to_owned(), 30)].into());
    scene.list("cart", "cart-2", None);
    scene.settled().await;
    assert_eq!(caller.spread(30).await, [("cart-3".to_owned(), 30)].into());
    scene.list("cart", "cart-1", Some(Condition::Ready));
    scene.settled().await;
    assert_eq!(caller.spread(30).await, [("cart-1".to_owned(), 30)].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_fails_is_no_longer_the_first() {
    let mut scene = Scene::of_cart(2, &[("lb-policy", "pick-first"), ("num-retries", "3")]).await;
    scene.annotate(&[("lb-policy", "pick-first"), ("health-check", "tcp"), ("health-check-interval", "100ms")]).await;
    let caller = scene.caller().await;
    scene.until_count("membership_healthy", |count| count == 2).await;
    assert_eq!(caller.spread(10).await, [("cart-1".to_owned(), 10)].into());
    scene.kill("cart-1");
    scene.until_count("membership_healthy", |count| count == 1).await;
    assert_eq!(caller.spread(10).await, [("cart-2".to_owned(), 10)].into());
}
