//! Policies that look at how busy pods are: `least-request`, `weighted-round-robin`.

use std::time::Duration;

use prost::Message as _;
use tokio::time::timeout;
use tonic::metadata::MetadataValue;

use crate::caller::Caller;
use crate::scene::Scene;
use rig::pod::Answer;

/// Envoy heeds no report before it has heard from a pod for 10 s, and then reckons once a second.
const PATIENCE: Duration = Duration::from_mins(1);

/// The part of `xds.data.orca.v3.OrcaLoadReport` that Envoy looks at.
#[derive(Clone, Copy, PartialEq, prost::Message)]
struct LoadReport {
    #[prost(double, tag = "6")]
    rps_fractional: f64,
    #[prost(double, tag = "9")]
    application_utilization: f64,
}

/// With so many picked, the one that is busy is never the least busy of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn least_request_avoids_a_busy_pod() {
    let mut scene = Scene::of_cart(3, &[("lb-policy", "least-request"), ("least-request-choice-count", "50")]).await;
    let caller = scene.caller().await;
    assert!(kept_waiting(&scene, &caller, 60).await <= 1);

    // Of two picked at random both are the busy one once in nine times: of 90 requests it gets 10 ± 3, not 30.
    scene.annotate(&[("lb-policy", "least-request")]).await;
    assert!(kept_waiting(&scene, &caller, 90).await <= 25);
    scene.annotate(&[("lb-policy", "round-robin")]).await;
    assert!(kept_waiting(&scene, &caller, 90).await.abs_diff(30) <= 1);
}

/// Of 60 requests a pod with a third of the weight should get 15, unless it is busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bias_says_how_much_it_counts_that_a_pod_is_busy() {
    let mut scene = Scene::of_cart(2, &[]).await;
    scene.weigh("cart-2", 3);
    scene.annotate(&[("lb-policy", "least-request"), ("least-request-active-request-bias", "0")]).await;
    let caller = scene.caller().await;
    let waiting = kept_waiting(&scene, &caller, 60).await;
    assert!(waiting.abs_diff(15) <= 2, "{waiting}");
    scene.annotate(&[("lb-policy", "least-request"), ("least-request-active-request-bias", "10")]).await;
    let waiting = kept_waiting(&scene, &caller, 60).await;
    assert!(waiting <= 3, "{waiting}");
}

/// Weights are requests per second by utilisation: 100, 200 and 900. The pod that says nothing gets their median.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weighted_round_robin_believes_what_pods_report() {
    let scene = Scene::of_cart(4, &[("lb-policy", "weighted-round-robin")]).await;
    let text = |utilisation: f64| format!("TEXT application_utilization={utilisation},rps_fractional=90");
    scene.pod("cart-1").reports("endpoint-load-metrics", &text(0.9));
    scene.pod("cart-2").reports("endpoint-load-metrics", &text(0.45));
    let report = LoadReport { rps_fractional: 90.0, application_utilization: 0.1 };
    let report = MetadataValue::from_bytes(&report.encode_to_vec());
    scene.pod("cart-3").reports("endpoint-load-metrics-bin", str::from_utf8(report.as_encoded_bytes()).unwrap());
    let caller = scene.caller().await;
    let spread = caller.spread(140).await;
    assert!(spread.values().all(|count| count.abs_diff(35) <= 2), "nothing is known yet: {spread:?}");
    let mut spread = spread;
    let believed = timeout(PATIENCE, async {
        while spread["cart-3"].abs_diff(90) > 4 {
            spread = caller.spread(140).await;
        }
    });
    assert!(believed.await.is_ok(), "{spread:?}");
    for (pod, share) in [("cart-1", 10), ("cart-2", 20), ("cart-4", 20)] {
        assert!(spread[pod].abs_diff(share) <= 3, "{spread:?}");
    }
}

/// Sends requests one after the other while `cart-1` answers none of those that reach it. How many did, of `count`.
async fn kept_waiting(scene: &Scene, caller: &Caller, count: u64) -> u64 {
    let busy = scene.pod("cart-1");
    busy.answers(Answer::Held);
    let before = busy.seen();
    let mut waiting = Vec::new();
    for _ in 0..count {
        let seen = busy.seen();
        let caller = caller.clone();
        let mut call = tokio::spawn(async move { caller.pod().await.unwrap() });
        tokio::select! {
            pod = &mut call => assert_ne!(pod.unwrap(), "cart-1"),
            () = busy.until_seen(seen + 1) => waiting.push(call),
        }
    }
    busy.answers(Answer::Echo);
    for call in waiting {
        assert_eq!(call.await.unwrap(), "cart-1");
    }
    busy.seen() - before
}
