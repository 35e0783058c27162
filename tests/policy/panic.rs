//! What becomes of requests when few pods are well: `panic-threshold`, and why its default is 0.

use rig::manifests::Condition;
use tonic::Code;

use crate::scene::Scene;

const CHECKED: [(&str, &str); 2] = [("health-check", "grpc"), ("health-check-interval", "100ms")];

/// Draining pods don't bring panic about, but suffer from it: of the other two pods one is well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pods_that_leave_get_nothing_unless_envoy_may_panic() {
    let mut scene = Scene::of_cart(3, &CHECKED).await;
    let caller = scene.caller().await;
    scene.list("cart", "cart-1", Some(Condition::Terminating));
    scene.settled().await;
    scene.pod("cart-2").is_well(false).await;
    for (threshold, pods) in [(None, 1), (Some("50"), 1), (Some("51"), 3)] {
        let threshold = threshold.map(|percent| ("panic-threshold", percent));
        scene.annotate(&CHECKED.into_iter().chain(threshold).collect::<Vec<_>>()).await;
        scene.until_count("membership_healthy", |count| count == 1).await;
        let spread = caller.spread(30).await;
        assert!(spread.len() == pods && spread.contains_key("cart-3"), "{threshold:?}: {spread:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_pod_that_is_well_requests_fail_unless_envoy_may_panic() {
    let mut scene = Scene::of_cart(2, &CHECKED).await;
    let caller = scene.caller().await;
    for pod in scene.pods() {
        pod.is_well(false).await;
    }
    scene.until_count("membership_healthy", |count| count == 0).await;
    let refused = caller.pod().await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    assert!(refused.message().contains("no healthy upstream"), "{refused:?}");
    scene.annotate(&[&CHECKED[..], &[("panic-threshold", "1")]].concat()).await;
    scene.until_count("membership_healthy", |count| count == 0).await;
    assert_eq!(caller.spread(20).await.len(), 2);
}
