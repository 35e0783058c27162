//! How much may be under way: the circuit breakers.

use tonic::Code;

use crate::caller::{Ask, Caller, Outcome, header};
use crate::scene::Scene;
use rig::pod::{Answer, Pod};

/// As many as two of Envoy's own limits of 1024.
const MANY: usize = 2048;

/// Envoy takes at most 1024 requests at a time on a connection.
const CALLERS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_default_there_is_no_limit() {
    let scene = Scene::of_cart(3, &[]).await;
    hold(&scene);
    let mut calls = Vec::new();
    for _ in 0..CALLERS {
        let caller = scene.caller().await;
        calls.push(tokio::spawn(async move { caller.at_once(MANY / CALLERS, Ask::default()).await }));
    }
    scene.until_count("upstream_rq_active", |count| count == MANY as u64).await;
    release(&scene);
    for call in calls {
        let outcomes = call.await.unwrap();
        assert!(outcomes.iter().all(Result::is_ok), "{:?}", outcomes.iter().find(|outcome| outcome.is_err()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_above_the_limit_are_refused_at_once() {
    let scene = Scene::of_cart(2, &[("max-requests", "3")]).await;
    hold(&scene);
    let calls = at_once(&scene.caller().await, 10);
    scene.until_count("upstream_rq_503", |count| count == 7).await;
    release(&scene);
    refused(&calls.await.unwrap(), 7);
    assert_eq!(scene.pods().map(Pod::seen).sum::<u64>(), 3);
    // It counts what is under way, not what was.
    assert_eq!(scene.caller().await.pods(10).await.len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_wait_for_a_connection_up_to_the_limit() {
    let one_by_one = [("max-connections", "1"), ("max-concurrent-streams", "1")];
    let scene = Scene::of_cart(1, &[&one_by_one[..], &[("max-pending-requests", "2")]].concat()).await;
    hold(&scene);
    let caller = scene.caller().await;
    let first = at_once(&caller, 1);
    scene.pod("cart-1").until_seen(1).await;
    let calls = at_once(&caller, 9);
    scene.until_count("upstream_rq_pending_overflow", |count| count == 7).await;
    assert_eq!(scene.pod("cart-1").seen(), 1);
    release(&scene);
    refused(&first.await.unwrap(), 0);
    refused(&calls.await.unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_connections_than_the_limit() {
    let mut scene = Scene::of_cart(1, &[]).await;
    for limit in ["max-connections", "per-host-max-connections"] {
        scene.annotate(&[(limit, "2"), ("max-concurrent-streams", "1")]).await;
        let (before, seen) = (scene.pod("cart-1").connections(), scene.pod("cart-1").seen());
        hold(&scene);
        let overflows = scene.count("upstream_cx_overflow").await;
        let calls = at_once(&scene.caller().await, 10);
        scene.until_count("upstream_rq_pending_active", |count| count == 8).await;
        scene.until_count("upstream_cx_overflow", |count| count > overflows).await;
        scene.pod("cart-1").until_seen(seen + 2).await;
        assert_eq!(scene.pod("cart-1").seen() - seen, 2, "{limit}");
        release(&scene);
        refused(&calls.await.unwrap(), 0);
        assert_eq!(scene.pod("cart-1").connections() - before, 2, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_pod_gets_one_connection_whatever_the_limit() {
    let scene = Scene::of_cart(3, &[("max-connections", "1")]).await;
    let spread = scene.caller().await.spread(9).await;
    assert!(spread.values().eq(&[3, 3, 3]), "{spread:?}");
    assert!(scene.pods().all(|pod| pod.connections() == 1));
}

fn hold(scene: &Scene) {
    scene.pods().for_each(|pod| pod.answers(Answer::Held));
}

fn release(scene: &Scene) {
    scene.pods().for_each(|pod| pod.answers(Answer::Echo));
}

fn at_once(caller: &Caller, count: usize) -> tokio::task::JoinHandle<Vec<Outcome>> {
    let caller = caller.clone();
    tokio::spawn(async move { caller.at_once(count, Ask::default()).await })
}

/// So many were refused, with what Envoy says then; all others were answered.
fn refused(outcomes: &[Outcome], count: usize) {
    let refused: Vec<_> = outcomes.iter().filter(|outcome| outcome.is_err()).collect();
    assert_eq!(refused.len(), count, "{refused:?}");
    for outcome in refused {
        assert_eq!(outcome.as_ref().unwrap_err().code(), Code::Unavailable, "{outcome:?}");
        assert_eq!(header(outcome, "x-envoy-overloaded"), "true", "{outcome:?}");
    }
}
