//! Policies by which pods take turns: `round-robin`, `random`, weights, `slow-start-window`.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use futures::future::join_all;
use rig::soon;

use crate::scene::Scene;

/// How long the pods of [`a_new_pod_gets_its_share_little_by_little`] are new.
const WINDOW: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn round_robin_is_the_default_and_exactly_even() {
    let mut scene = Scene::of_cart(3, &[]).await;
    for annotations in [&[][..], &[("lb-policy", "round-robin")]] {
        scene.annotate(annotations).await;
        let pods = scene.caller().await.pods(30).await;
        for round in pods.chunks(3) {
            let different: BTreeSet<&String> = round.iter().collect();
            assert_eq!(different.len(), 3, "{pods:?}");
        }
    }
}

/// Each pod should get 100 of 300, with a standard deviation of 8.2; below 50 it is once in a billion.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_is_even_and_not_in_turn() {
    let scene = Scene::of_cart(3, &[("lb-policy", "random")]).await;
    let pods = scene.caller().await.pods(300).await;
    assert!(pods.windows(2).any(|pair| pair[0] == pair[1]), "in turn: {pods:?}");
    let spread = crate::caller::tally(pods);
    assert!(spread.len() == 3 && spread.values().all(|count| *count > 50), "{spread:?}");
}

/// Each policy with its share of 80 for the pod that should get a quarter, and how far it may be off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weight_is_a_share() {
    let mut scene = Scene::of_cart(2, &[]).await;
    scene.weigh("cart-2", 3);
    // The scheduler is exact but for where it begins.
    for policy in ["round-robin", "least-request", "weighted-round-robin"] {
        scene.annotate(&[("lb-policy", policy)]).await;
        let spread = scene.caller().await.spread(80).await;
        assert!(spread["cart-1"].abs_diff(20) <= 2, "{policy}: {spread:?}");
    }
    // Weights don't count; 40 ± 4.5.
    scene.annotate(&[("lb-policy", "random")]).await;
    let spread = scene.caller().await.spread(80).await;
    assert!(spread["cart-1"].abs_diff(40) <= 16 && spread.len() == 2, "random: {spread:?}");
}

/// How a new pod warms up.
struct WarmUp {
    policy: &'static str,
    aggression: &'static str,
    min_weight: &'static str,
    /// Of 60 requests, so many of the first reach the new one of three pods.
    first: RangeInclusive<usize>,
}

/// At first it gets a twentieth of its share; the exponent 1/0.2 keeps it there for half of the window.
const SLOWLY: WarmUp = WarmUp { policy: "round-robin", aggression: "0.2", min_weight: "5", first: 0..=10 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_pod_gets_its_share_little_by_little() {
    let warm_ups = [
        SLOWLY,
        WarmUp { policy: "least-request", ..SLOWLY },
        WarmUp { policy: "weighted-round-robin", ..SLOWLY },
        // The exponent 1/100 makes nine tenths of a thousandth of the window.
        WarmUp { aggression: "100", first: 15..=21, ..SLOWLY },
        WarmUp { min_weight: "100", first: 18..=22, ..SLOWLY },
    ];
    join_all(warm_ups.map(warms_up)).await;
}

async fn warms_up(WarmUp { policy, aggression, min_weight, first }: WarmUp) {
    let window = format!("{}s", WINDOW.as_secs());
    let annotations = [
        ("lb-policy", policy),
        ("slow-start-window", &window),
        ("slow-start-aggression", aggression),
        ("slow-start-min-weight", min_weight),
    ];
    let mut scene = Scene::of_cart(2, &annotations).await;
    let caller = scene.caller().await;
    let spread = caller.spread(40).await;
    assert!(spread["cart-1"].abs_diff(20) <= 2, "{annotations:?}: all are new, none is preferred: {spread:?}");
    // The subject is time: there is nothing else to wait for.
    tokio::time::sleep(WINDOW).await;
    scene.scale("cart", 3).await;
    scene.settled().await;
    let spread = caller.spread(60).await;
    let share = spread.get("cart-3").copied().unwrap_or_default();
    assert!(first.contains(&share), "{annotations:?}: {spread:?}");
    soon("the new pod's full share", async {
        while caller.spread(60).await.get("cart-3").is_none_or(|share| *share < 19) {}
    })
    .await;
}
