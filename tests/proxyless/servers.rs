//! The control plane goes and comes back, or there are two.
//!
//! What comes back knows nothing of what was before, so it may as well be another replica at the same address, as behind a
//! Service. A second address in the bootstrap is something else (A71): a client asks there for what it has nowhere else, and so
//! as a rule only when it starts. One that has all that it watches waits for its first server; that was seen in all families.

use std::time::Duration;

use crate::client::{Ask, Client, Dial};
use crate::family::{Family, in_each_family};
use crate::scene::Scene;

in_each_family!(calls_go_on_without_one_and_the_next_is_heard, second_one_is_asked_while_the_first_is_away);

async fn calls_go_on_without_one_and_the_next_is_heard(family: Family) {
    let mut scene = Scene::of_cart(1, &[]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1"]).await;
    client.begin(50).await;
    scene.crash().await;
    let seen = scene.pod("cart-1").seen();
    scene.pod("cart-1").until_seen(seen + 10).await;
    scene.start_again().await;
    scene.scale("cart", 2).await;
    scene.pod("cart-2").until_seen(10).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    scene.is_accepted(&client).await;
}

async fn second_one_is_asked_while_the_first_is_away(family: Family) {
    let mut first = Scene::start().await;
    first.crash().await;
    let second = Scene::of_cart(1, &[]).await;
    let mut client =
        Client::start(family, Dial { servers: vec![first.address(), second.address()], ..second.dial() }).await;
    if family == Family::Node {
        // It asks the first one of its list and no other.
        let outcome = client.call_with(1, Ask { deadline: Duration::from_secs(3), ..Ask::default() }).await;
        assert!(outcome.pods.is_empty(), "{family:?} asks the second one now: let it be tested as the others are");
        assert_eq!(second.streams().await, 0);
        return;
    }
    client.reach(&["cart-1"]).await;
    second.is_accepted(&client).await;
}
