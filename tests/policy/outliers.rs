//! Which pods are left out for how they answer: the `outlier-` settings.

use rig::soon;
use tonic::Code;

use crate::caller::{Ask, Caller};
use crate::scene::Scene;
use rig::pod::Answer;

/// How many are out.
const OUT: &str = "outlier_detection.ejections_active";

/// Neither comes to pass in a test.
const NEVER: &[(&str, &str)] =
    &[("outlier-consecutive-5xx", "1000000"), ("outlier-consecutive-gateway-failure", "1000000")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_is_not_available_goes_out_and_comes_back() {
    let mut scene = Scene::of_cart(3, &[("outlier-consecutive-gateway-failure", "3")]).await;
    let caller = scene.caller().await;
    scene.pod("cart-1").answers(Answer::Grpc(Code::Unavailable));
    until_out(&scene, &caller, 1).await;
    assert!(scene.pod("cart-1").seen() >= 3);
    let spread = caller.spread(30).await;
    assert_eq!(spread.len(), 2, "{spread:?}");

    // Anew, as the cluster is another one. Not even a second out, and looked at ten times a second.
    scene
        .annotate(&[
            ("outlier-consecutive-gateway-failure", "3"),
            ("outlier-interval", "100ms"),
            ("outlier-base-ejection-time", "500ms"),
        ])
        .await;
    until_out(&scene, &caller, 1).await;
    scene.pod("cart-1").answers(Answer::Echo);
    soon("the pod to be back", async { while !caller.spread(6).await.contains_key("cart-1") {} }).await;
    assert_eq!(scene.count(OUT).await, 0);
}

/// INTERNAL is 500, which is no gateway failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_of_any_5xx_count() {
    let mut scene = Scene::of_cart(2, &[("outlier-consecutive-5xx", "3")]).await;
    let caller = scene.caller().await;
    for answer in [Answer::Grpc(Code::Internal), Answer::Http(500)] {
        scene.pod("cart-1").answers(answer);
        scene.annotate(&[("outlier-consecutive-5xx", "1000000"), ("outlier-consecutive-gateway-failure", "1")]).await;
        caller.at_once(20, Ask::default()).await;
        assert_eq!(scene.count(OUT).await, 0, "{answer:?} is no gateway failure");
        scene.annotate(&[("outlier-consecutive-5xx", "3")]).await;
        until_out(&scene, &caller, 1).await;
        assert_eq!(caller.spread(10).await.len(), 1, "{answer:?}");
    }
    // What says that the request was wrong says nothing about the pod.
    scene.pod("cart-1").answers(Answer::Grpc(Code::NotFound));
    scene.annotate(&[("outlier-consecutive-5xx", "1")]).await;
    caller.at_once(20, Ask::default()).await;
    assert_eq!(scene.count(OUT).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_off_by_default_and_when_it_says_off() {
    let mut scene = Scene::of_cart(2, &[]).await;
    let caller = scene.caller().await;
    scene.pod("cart-1").answers(Answer::Grpc(Code::Unavailable));
    for annotations in [&[][..], &[("outlier-detection", "off"), ("outlier-consecutive-5xx", "1")]] {
        scene.annotate(annotations).await;
        let outcomes = caller.at_once(40, Ask::default()).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 20, "{annotations:?}");
    }
    // Five in a row.
    scene.annotate(&[("outlier-detection", "on")]).await;
    let seen = scene.pod("cart-1").seen();
    until_out(&scene, &caller, 1).await;
    assert!(scene.pod("cart-1").seen() >= seen + 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_so_many_are_out_at_a_time() {
    let mut scene = Scene::of_cart(4, &[]).await;
    let caller = scene.caller().await;
    for pod in scene.pods() {
        pod.answers(Answer::Grpc(Code::Unavailable));
    }
    // How many percent, how many pods.
    for (percent, out) in [("50", 2), ("75", 3), ("100", 4), ("24", 0), ("0", 0)] {
        let overflows = scene.count("outlier_detection.ejections_overflow").await;
        scene.annotate(&[("outlier-consecutive-5xx", "1"), ("outlier-max-ejection-percent", percent)]).await;
        soon("all that may be out to be out", async {
            loop {
                caller.at_once(8, Ask::default()).await;
                let full = out == 4 || scene.count("outlier_detection.ejections_overflow").await > overflows;
                if full && scene.count(OUT).await >= out {
                    break;
                }
            }
        })
        .await;
        caller.at_once(8, Ask::default()).await;
        assert_eq!(scene.count(OUT).await, out, "{percent} % of 4 pods");
    }
}

/// A connection that fails is a gateway failure. The caller doesn't notice: such requests are tried again elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_is_gone_goes_out() {
    let settings = [("outlier-consecutive-5xx", "1000000"), ("outlier-consecutive-gateway-failure", "2")];
    let mut scene = Scene::of_cart(3, &settings).await;
    scene.kill("cart-1");
    until_out(&scene, &scene.caller().await, 1).await;
    let retries = scene.count("upstream_rq_retry").await;
    assert_eq!(scene.caller().await.spread(30).await.len(), 2);
    assert_eq!(scene.count("upstream_rq_retry").await, retries, "it is still tried");
}

/// Of five pods, with fifty requests each within an interval.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_fails_much_goes_out() {
    let mut scene = Scene::of_cart(5, &[]).await;
    let caller = scene.caller().await;
    scene.pod("cart-1").answers(Answer::Grpc(Code::Unavailable));
    for (key, value) in [("outlier-failure-percentage", "50"), ("outlier-success-rate", "1.9")] {
        scene.annotate(&[NEVER, &[(key, value), ("outlier-interval", "2s")]].concat()).await;
        soon("the pod to be out", async {
            while scene.count(OUT).await == 0 {
                caller.at_once(100, Ask::default()).await;
            }
        })
        .await;
        let spread = caller.spread(40).await;
        assert!(spread.len() == 4 && !spread.contains_key("cart-1"), "{key}: {spread:?}");
    }
}

/// Asks until so many pods are out.
async fn until_out(scene: &Scene, caller: &Caller, count: u64) {
    soon("pods to be out", async {
        while scene.count(OUT).await != count {
            // Some fail: that is the point.
            let _ = caller.pod().await;
        }
    })
    .await;
}
