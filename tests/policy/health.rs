//! Active health checks.

use rig::manifests::Condition;

use crate::caller::Caller;
use crate::scene::Scene;

const OFTEN: (&str, &str) = ("health-check-interval", "100ms");

/// What is not well as far as pods know counts at once: with this threshold it would take hours else.
const HOURS: (&str, &str) = ("health-check-unhealthy-threshold", "1000");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_says_it_is_not_well_goes_out_and_comes_back() {
    let mut scene = Scene::of_cart(2, &[]).await;
    for probe in ["grpc", "http:/healthz"] {
        scene.annotate(&[("health-check", probe), OFTEN, HOURS]).await;
        let caller = scene.caller().await;
        assert_eq!(caller.spread(10).await.len(), 2, "{probe}");
        scene.pod("cart-1").is_well(false).await;
        scene.until_count("membership_healthy", |count| count == 1).await;
        only(&caller, "cart-2").await;
        scene.pod("cart-1").is_well(true).await;
        scene.until_count("membership_healthy", |count| count == 2).await;
        assert_eq!(caller.spread(10).await.len(), 2, "{probe}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_pod_gets_nothing_before_it_says_that_it_is_well() {
    let mut scene = Scene::of_cart(1, &[("health-check", "grpc"), OFTEN]).await;
    let caller = scene.caller().await;
    let pod = scene.start_pod("cart").await;
    scene.pod(&pod).is_well(false).await;
    scene.list("cart", &pod, Some(Condition::Ready));
    scene.settled().await;
    only(&caller, "cart-1").await;
    scene.pod(&pod).is_well(true).await;
    scene.until_count("membership_healthy", |count| count == 2).await;
    assert_eq!(caller.spread(10).await.len(), 2);
}

/// Envoy would keep it for as long as it says that it is well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_pod_leaves_at_once_however_well_it_is() {
    let mut scene = Scene::of_cart(2, &[("health-check", "grpc"), OFTEN]).await;
    let caller = scene.caller().await;
    assert_eq!(caller.spread(10).await.len(), 2);
    scene.list("cart", "cart-1", None);
    scene.settled().await;
    only(&caller, "cart-2").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_of_the_pod_is_asked_for_by_name() {
    let scene = Scene::of_cart(2, &[("health-check", "grpc:shop.v1.Cart"), OFTEN]).await;
    // The servers are well, but don't know that service yet.
    scene.until_count("membership_healthy", |count| count == 0).await;
    scene.pod("cart-1").service_is_well("shop.v1.Cart", true).await;
    scene.until_count("membership_healthy", |count| count == 1).await;
    only(&scene.caller().await, "cart-1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_takes_no_connection_goes_out_and_comes_back() {
    let mut scene = Scene::of_cart(2, &[("health-check", "tcp"), OFTEN]).await;
    let caller = scene.caller().await;
    assert_eq!(caller.spread(10).await.len(), 2);
    scene.kill("cart-1");
    scene.until_count("membership_healthy", |count| count == 1).await;
    only(&caller, "cart-2").await;
    scene.revive("cart", "cart-1").await;
    scene.until_count("membership_healthy", |count| count == 2).await;
    assert_eq!(caller.spread(10).await.len(), 2);
}

/// Whoever can't be asked goes out after so many times, and comes back after so many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thresholds_say_how_often_in_a_row() {
    let thresholds = [("health-check-healthy-threshold", "5"), ("health-check-unhealthy-threshold", "4")];
    let mut scene = Scene::of_cart(1, &[&[("health-check", "grpc"), OFTEN][..], &thresholds].concat()).await;
    scene.until_count("membership_healthy", |count| count == 1).await;
    let (failures, healthy) = ("health_check.network_failure", "health_check.success");
    let before = scene.count(failures).await;
    scene.kill("cart-1");
    scene.until_count("membership_healthy", |count| count == 0).await;
    let out_after = scene.count(failures).await - before;
    assert!(out_after >= 4, "out after {out_after}");
    let before = scene.count(healthy).await;
    scene.revive("cart", "cart-1").await;
    scene.until_count("membership_healthy", |count| count == 1).await;
    let back_after = scene.count(healthy).await - before;
    assert!(back_after >= 5, "back after {back_after}");
}

async fn only(caller: &Caller, pod: &str) {
    let spread = caller.spread(10).await;
    assert_eq!(spread.get(pod), Some(&10), "{spread:?}");
}
