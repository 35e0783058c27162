//! Which pod a call goes to.

use std::collections::{BTreeMap, BTreeSet};

use crate::client::Ask;
use crate::family::{Family, in_each_family};
use crate::scene::Scene;

in_each_family!(RoundRobin: is_even, RingHash: is_by_header);

async fn is_even(family: Family) {
    let scene = Scene::of_cart(3, &[]).await;
    let mut client = scene.client(family).await;
    // Until a client is connected to all of them, it spreads over the others.
    client.reach(&["cart-1", "cart-2", "cart-3"]).await;
    let outcome = client.call(30).await;
    assert_eq!(outcome.errors, []);
    let even = ["cart-1", "cart-2", "cart-3"].map(|pod| (pod.to_owned(), 10));
    assert_eq!(outcome.pods, BTreeMap::from(even));
    scene.is_accepted(&client).await;
}

async fn is_by_header(family: Family) {
    let scene = Scene::of_cart(4, &[("lb-policy", "ring-hash"), ("hash-on", "header:x-user")]).await;
    let mut client = scene.client(family).await;
    let mut used = BTreeSet::new();
    for user in ["ada", "bob", "cid", "dot", "eva", "fay", "gus", "hal"] {
        let outcome = client.call_with(5, Ask { headers: &[("x-user", user)], ..Ask::default() }).await;
        assert_eq!(outcome.errors, []);
        assert_eq!(outcome.pods.len(), 1, "{user} was sent to {:?}", outcome.pods);
        used.extend(outcome.pods.into_keys());
    }
    // By chance all eight of them come to one pod once in 16384 runs, and the ring is the same in each run.
    assert!(used.len() > 1, "everyone was sent to {used:?}");
    scene.is_accepted(&client).await;
}
