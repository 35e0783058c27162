//! How long things may take.

use std::time::Duration;

use crate::caller::Ask;
use crate::scene::Scene;
use rig::pod::Answer;

/// What a caller says that has no patience: 100 ms, with more digits than the client library heeds, or it would end the
/// call itself, whatever Envoy does.
const HURRIED: Ask<'_> = Ask { headers: &[("grpc-timeout", "000000100m")], deadline: None, delay: None, path: None };

/// How many requests Envoy ended because they took too long.
async fn ended(scene: &Scene) -> u64 {
    scene.stats().await.get("http.http.downstream_rq_max_duration_reached")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_takes_no_longer_than_it_may() {
    let scene = Scene::of_cart(1, &[("timeout", "100ms")]).await;
    let caller = scene.caller().await;
    scene.pod("cart-1").answers(Answer::Held);
    caller.pod().await.unwrap_err();
    assert_eq!(ended(&scene).await, 1);
    scene.pod("cart-1").answers(Answer::Echo);
    caller.pod().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deadline_of_the_caller_is_honoured() {
    let scene = Scene::of_cart(1, &[]).await;
    scene.pod("cart-1").answers(Answer::Held);
    scene.caller().await.pod_for(HURRIED).await.unwrap_err();
    assert_eq!(ended(&scene).await, 1);
    assert_eq!(scene.pod("cart-1").last_headers()["grpc-timeout"], "100m", "the pod knows of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stream_lives_longer_than_it_may_whatever_the_caller_says() {
    let scene = Scene::of_cart(1, &[("max-stream-duration", "300ms")]).await;
    let caller = scene.caller().await;
    let mut talk = caller.talk().await.unwrap();
    // It is talked on all the time, and ended all the same.
    while talk.say("still there?").await.is_ok() {}
    scene.pod("cart-1").answers(Answer::Held);
    caller.pod_for(Ask { headers: &[("grpc-timeout", "1H")], ..Ask::default() }).await.unwrap_err();
    assert_eq!(ended(&scene).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_stream_ends_when_it_may_not_be_silent() {
    let scene = Scene::of_cart(1, &[("idle-timeout", "500ms")]).await;
    let mut talk = scene.caller().await.talk().await.unwrap();
    assert_eq!(talk.say("hello").await.unwrap(), "cart-1");
    talk.ended().await;
    let stats = scene.stats().await;
    assert_eq!(stats.get("http.http.downstream_rq_idle_timeout"), 1);
}

/// Envoy's defaults would end a request after 15 s, and its listener a silent stream after 5 minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_lives_for_a_minute_without_a_word() {
    let scene = Scene::of_cart(1, &[]).await;
    let mut talk = scene.caller().await.talk().await.unwrap();
    assert_eq!(talk.say("hello").await.unwrap(), "cart-1");
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(talk.say("still there?").await.unwrap(), "cart-1");
}
