//! One fault after the other, each for ten seconds.

use std::time::Duration;

use futures::future::join_all;
use rig::api::Fault;

use crate::scene::{FOUND, LOST, SOON, Scene};

const WINDOW: Duration = Duration::from_secs(10);

/// The story of a fault, of which the log tells with these words.
async fn story(fault: Fault, words: &str) {
    let mut scene = Scene::begin().await;
    scene.few_requests(SOON).await;
    scene.api.misbehave(fault);
    scene.write(2);
    scene.serve.logged(LOST).await;
    assert!(scene.serve.log().contains(words), "{words}: {}", scene.serve.log());
    scene.few_requests(WINDOW).await;

    // It shows, and nothing else comes of it.
    let (code, text) = scene.readyz().await;
    assert!(code == 200 && text.contains("source: out of touch for ") && text.contains(words), "{code} {text}");
    assert!(scene.staleness().await >= WINDOW.as_secs_f64(), "{}", scene.staleness().await);

    scene.api.misbehave(Fault::None);
    scene.write(3);
    scene.until_served(3).await;
    scene.serve.logged(FOUND).await;
    assert!(scene.staleness().await < f64::EPSILON);
    // It follows again.
    scene.write(4);
    scene.until_served(4).await;
    scene.few_requests(SOON).await;
    assert_eq!((scene.logged(LOST), scene.logged(FOUND)), (1, 1), "{}", scene.serve.log());
}

/// These stories, all at once: most of each is waiting.
async fn stories(stories: &[(Fault, &str)]) {
    join_all(stories.iter().map(|(fault, words)| story(*fault, words))).await;
}

#[tokio::test]
async fn connections() {
    stories(&[
        (Fault::Gone, "can't be reached"),
        (Fault::Hung, "no answer within 3 s"),
        (Fault::SilentWatches, "says nothing of changes"),
    ])
    .await;
}

#[tokio::test]
async fn ends_of_watches() {
    stories(&[
        (Fault::EmptyWatches, "at once, without an event"),
        (Fault::CutWatches, "at once, without an event"),
        (Fault::WatchErrors(410), "(HTTP 410)"),
        (Fault::WatchErrors(500), "(HTTP 500)"),
        (Fault::WatchErrors(504), "Too large resource version"),
    ])
    .await;
}

#[tokio::test]
async fn answers_to_watches() {
    stories(&[
        (Fault::Watches(410), "(HTTP 410)"),
        (Fault::Watches(504), "Too large resource version"),
        (Fault::HtmlWatches, "isn't an API server"),
    ])
    .await;
}

#[tokio::test]
async fn answers_to_everything() {
    stories(&[
        (Fault::HtmlLists, "isn't an API server"),
        (Fault::All(401), "doesn't know us"),
        (Fault::All(429), "(HTTP 429)"),
        (Fault::All(503), "(HTTP 503)"),
    ])
    .await;
}
