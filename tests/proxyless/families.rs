//! Pods with an address in each family.

use std::net::{Ipv6Addr, SocketAddr};

use rig::manifests::Listed;
use rig::pod::Pod;

use crate::client::Client;
use crate::family::{Family, in_each_family};
use crate::scene::Scene;

in_each_family!(
    SecondAddresses: a_pod_is_called_at_its_second_address else nobody_is_called_at_the_first,
);

/// A pod whose second address is the only one at which somebody listens, and a client.
async fn scene(family: Family) -> (Scene, Pod, Client) {
    let mut scene = Scene::start().await;
    let port = tokio::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    let (first, second) = (scene.free_address(port), SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
    let pod = Pod::start("cart-1", second).await;
    scene.services.annotate("cart", &[]);
    let listed = Listed::ready("cart-1", first);
    scene.services.list("cart", listed);
    scene.services.list("cart", Listed::ready("cart-1", second));
    scene.publish();
    let client = scene.client(family).await;
    (scene, pod, client)
}

async fn a_pod_is_called_at_its_second_address(family: Family) {
    let (scene, pod, mut client) = scene(family).await;
    client.reach(&["cart-1"]).await;
    assert!(pod.seen() > 0);
    scene.is_accepted(&client).await;
}

async fn nobody_is_called_at_the_first(family: Family) {
    let (scene, pod, mut client) = scene(family).await;
    let outcome = client.call(3).await;
    assert!(outcome.pods.is_empty() && !outcome.errors.is_empty(), "{:?}", outcome.pods);
    assert_eq!(pod.seen(), 0);
    scene.is_accepted(&client).await;
}
