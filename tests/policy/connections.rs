//! How connections to pods are kept.

use std::time::Duration;

use rig::manifests::Condition;
use rig::soon;
use tokio::net::{TcpSocket, TcpStream};

use crate::caller::Ask;
use crate::scene::Scene;
use rig::pod::Answer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_requests_share_a_connection() {
    let scene = Scene::of_cart(1, &[]).await;
    let caller = scene.caller().await;
    caller.spread(50).await;
    assert_eq!(scene.pod("cart-1").connections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_replaced_after_so_many_requests() {
    let scene = Scene::of_cart(1, &[("max-requests-per-connection", "10")]).await;
    scene.caller().await.spread(50).await;
    assert_eq!(scene.pod("cart-1").connections(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_is_opened_when_one_is_full() {
    let scene = Scene::of_cart(1, &[("max-concurrent-streams", "2")]).await;
    let (caller, pod) = (scene.caller().await, scene.pod("cart-1"));
    pod.answers(Answer::Held);
    let six = tokio::spawn({
        let caller = caller.clone();
        async move { caller.at_once(6, Ask::default()).await }
    });
    pod.until_seen(6).await;
    assert_eq!(pod.connections(), 3);
    pod.answers(Answer::Echo);
    assert!(six.await.unwrap().iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_closed() {
    let scene = Scene::of_cart(1, &[("connection-idle-timeout", "200ms")]).await;
    let caller = scene.caller().await;
    caller.pod().await.unwrap();
    scene.until_count("upstream_cx_idle_timeout", |count| count == 1).await;
    caller.pod().await.unwrap();
    assert_eq!(scene.pod("cart-1").connections(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_connection_is_replaced_and_nothing_is_lost() {
    let scene = Scene::of_cart(1, &[("max-connection-duration", "200ms")]).await;
    let caller = scene.caller().await;
    soon("a connection of an age", async {
        while scene.pod("cart-1").connections() < 3 {
            caller.pod().await.unwrap();
        }
    })
    .await;
    assert!(scene.count("upstream_cx_max_duration_reached").await >= 2);
}

/// A machine that is gone answers nothing at all: here a queue that is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connecting_takes_no_longer_than_it_may() {
    let mut scene = Scene::of_cart(1, &[("connect-timeout", "100ms"), ("num-retries", "3")]).await;
    scene.kill("cart-1");
    scene.scale("cart", 2).await;
    scene.settled().await;
    let gone = scene.address_of("cart", "cart-1");
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(gone).unwrap();
    let _full = socket.listen(0).unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(gone)).await {
        waiting.push(stream);
    }
    assert_eq!(scene.caller().await.spread(10).await, [("cart-2".to_owned(), 10)].into());
    assert!(scene.count("upstream_cx_connect_timeout").await > 0);
    scene.list("cart", "cart-1", None::<Condition>);
}
