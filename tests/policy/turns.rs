//! Policies by which pods take turns: `round-robin`, `random`, weights, `slow-start-window`.

use std::collections::BTreeSet;
use std::time::Duration;

use test_support::soon;

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

/// A new pod begins with a twentieth; the exponent 1/0.2 keeps it there for half of the window.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_pod_gets_its_share_little_by_little() {
    let window = format!("{}s", WINDOW.as_secs());
    let annotations =
        [("slow-start-window", &*window), ("slow-start-aggression", "0.2"), ("slow-start-min-weight", "5")];
    for policy in ["round-robin", "least-request", "weighted-round-robin"] {
        let mut scene = Scene::of_cart(2, &[&annotations[..], &[("lb-policy", policy)]].concat()).await;
        let caller = scene.caller().await;
        let spread = caller.spread(40).await;
        assert!(spread["cart-1"].abs_diff(20) <= 2, "{policy}: all are new, none is preferred: {spread:?}");
        // The subject is time: there is nothing else to wait for.
        tokio::time::sleep(WINDOW).await;
        scene.scale("cart", 3).await;
        scene.settled().await;
        let spread = caller.spread(60).await;
        let share = spread.get("cart-3").copied().unwrap_or_default();
        assert!(share <= 10, "{policy}: the new pod has its full share at once: {spread:?}");
        soon("the new pod's full share", async {
            while caller.spread(60).await.get("cart-3").is_none_or(|share| *share < 19) {}
        })
        .await;
    }
}
