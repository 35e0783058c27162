//! Policies by which pods take turns.

use std::collections::BTreeSet;

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn round_robin_is_the_default_and_exactly_even() {
    let scene = Scene::of_cart(3, &[]).await;
    let caller = scene.caller().await;
    let pods = caller.pods(30).await;
    for round in pods.chunks(3) {
        let different: BTreeSet<&String> = round.iter().collect();
        assert_eq!(different.len(), 3, "{pods:?}");
    }
}
