//! When a request is tried again.

use std::time::Duration;

use tokio::net::TcpStream;
use tonic::Code;

use crate::caller::Ask;
use crate::scene::Scene;
use rig::pod::{Answer, Pod};
use rig::soon;

const UNAVAILABLE: Answer = Answer::Grpc(Code::Unavailable);

/// Requests that reached any pod.
fn seen(scene: &Scene) -> u64 {
    scene.pods().map(Pod::seen).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unavailable_is_tried_again_on_another_pod() {
    let scene = Scene::of_cart(2, &[("retry-on", "unavailable")]).await;
    scene.pod("cart-1").answers(UNAVAILABLE);
    let spread = scene.caller().await.spread(40).await;
    assert_eq!(spread, [("cart-2".to_owned(), 40)].into());
    assert!(scene.pod("cart-1").seen() >= 10, "it had its turn, in vain");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_pod_has_seen_is_tried_again_by_default() {
    let scene = Scene::of_cart(2, &[]).await;
    scene.pod("cart-1").answers(UNAVAILABLE);
    let caller = scene.caller().await;
    let mut refused = 0;
    for _ in 0..40 {
        refused += u64::from(caller.pod().await.is_err_and(|status| status.code() == Code::Unavailable));
    }
    assert_eq!(refused, scene.pod("cart-1").seen());
    assert_eq!(seen(&scene), 40, "each request reached one pod, once");
    assert!(refused > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_cannot_be_reached_is_avoided_by_default() {
    let mut scene = Scene::of_cart(2, &[]).await;
    kill(&mut scene, "cart-1").await;
    let spread = scene.caller().await.spread(20).await;
    assert_eq!(spread, [("cart-2".to_owned(), 20)].into());
    assert!(scene.count("upstream_rq_retry").await > 0);
}

/// Kills a pod of `cart`, and returns when nobody listens there any more: until then a request could reach it.
async fn kill(scene: &mut Scene, pod: &str) {
    let address = scene.address_of("cart", pod);
    scene.kill(pod);
    soon("nobody to listen there", async { while TcpStream::connect(address).await.is_ok() {} }).await;
}

/// A request that waits for its retry counts against the budget, and 300 at once are more than 20 % of anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_by_default_when_one_of_two_pods_is_gone() {
    for annotations in [&[][..], &[("lb-policy", "least-request")], &[("lb-policy", "random")]] {
        let mut scene = Scene::of_cart(2, annotations).await;
        kill(&mut scene, "cart-1").await;
        let answers = scene.caller().await.at_once(300, Ask::default()).await;
        let failed: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
        let first = failed.first();
        assert!(failed.is_empty(), "{annotations:?}: {} of 300 failed, the first with {first:?}", failed.len());
        assert!(scene.count("upstream_rq_retry").await > 30, "hardly any went to the pod that is gone");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_tried_as_often_as_it_says() {
    let mut scene = Scene::of_cart(1, &[("retry-on", "unavailable"), ("num-retries", "3")]).await;
    let caller = scene.caller().await;
    scene.pod("cart-1").answers_first(3, UNAVAILABLE);
    assert_eq!(caller.pod().await.unwrap(), "cart-1");
    assert_eq!(seen(&scene), 4);

    scene.annotate(&[("retry-on", "unavailable"), ("num-retries", "2")]).await;
    scene.pod("cart-1").answers_first(3, UNAVAILABLE);
    assert_eq!(caller.pod().await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(seen(&scene), 4 + 3);

    scene.annotate(&[("retry-on", "none")]).await;
    scene.pod("cart-1").answers_first(1, UNAVAILABLE);
    assert_eq!(caller.pod().await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(seen(&scene), 4 + 3 + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_statuses_can_be_tried_again() {
    let scene = Scene::of_cart(2, &[("retriable-status-codes", "429")]).await;
    scene.pod("cart-1").answers(Answer::Http(429));
    assert_eq!(scene.caller().await.spread(20).await, [("cart-2".to_owned(), 20)].into());
    assert!(scene.pod("cart-1").seen() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_takes_no_longer_than_it_may() {
    let scene = Scene::of_cart(2, &[("retry-on", "gateway-error"), ("per-try-timeout", "100ms")]).await;
    scene.pod("cart-1").answers(Answer::Held);
    assert_eq!(scene.caller().await.spread(4).await, [("cart-2".to_owned(), 4)].into());
    assert!(scene.count("upstream_rq_per_try_timeout").await > 0);
    scene.pod("cart-1").answers(Answer::Echo);
}

/// The pause is cut at random, but from an hour it is hardly ever cut to the second that the caller waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_a_pause_before_a_retry() {
    let retries = [("retry-on", "unavailable"), ("num-retries", "1")];
    let mut scene = Scene::of_cart(1, &retries).await;
    let caller = scene.caller().await;
    let patience = Ask { deadline: Some(Duration::from_secs(1)), ..Ask::default() };
    scene.pod("cart-1").answers_first(1, UNAVAILABLE);
    assert_eq!(caller.pod_for(patience).await.unwrap(), "cart-1");
    scene.annotate(&[retries[0], retries[1], ("retry-backoff", "1000h")]).await;
    scene.pod("cart-1").answers_first(1, UNAVAILABLE);
    caller.pod_for(patience).await.unwrap_err();
    assert_eq!(seen(&scene), 2 + 1, "the retry didn't come in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_have_a_budget() {
    let retries = [("retry-on", "unavailable")];
    let mut scene =
        Scene::of_cart(1, &[retries[0], ("retry-budget", "0"), ("retry-budget-min-concurrency", "0")]).await;
    let caller = scene.caller().await;
    scene.pod("cart-1").answers_first(1, UNAVAILABLE);
    caller.pod().await.unwrap_err();
    assert_eq!((seen(&scene), scene.count("upstream_rq_retry_overflow").await), (1, 1));

    scene.annotate(&[retries[0], ("max-retries", "0")]).await;
    scene.pod("cart-1").answers_first(1, UNAVAILABLE);
    caller.pod().await.unwrap_err();
    assert_eq!((seen(&scene), scene.count("upstream_rq_retry_overflow").await), (2, 2));

    scene.annotate(&[retries[0], ("retry-budget", "off")]).await;
    scene.pod("cart-1").answers_first(1, UNAVAILABLE);
    caller.pod().await.unwrap();
    assert_eq!((seen(&scene), scene.count("upstream_rq_retry_overflow").await), (4, 2));
}
