//! A client is sent what it can't take.

use crate::family::{Family, in_each_family};
use crate::scene::Scene;

in_each_family!(is_seen_and_harms_no_calls);

async fn is_seen_and_harms_no_calls(family: Family) {
    let mut scene = Scene::of_cart(1).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1"]).await;
    client.begin(50).await;
    scene.cart.priority = 1;
    scene.scale(2).await;
    scene.until("rejections", |scene| scene.rejected("eds"), 1).await;
    scene.is_rejected(&client).await;
    scene.cart.priority = 0;
    scene.publish();
    scene.pod("cart-2").until_seen(10).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    assert_eq!(scene.rejected("eds"), 1);
}
