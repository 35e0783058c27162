//! Histories that expire, break off in the middle, or go back.

use std::time::Instant;

use rig::api::Fault;
use serde_json::json;

use crate::scene::{FOUND, LOST, SOON, Scene, service};

/// One that has expired is nothing wrong.
#[tokio::test]
async fn an_expired_history_is_listed_again_and_nobody_is_told() {
    let mut scene = Scene::begin().await;
    let since = Instant::now();
    scene.api.compact();
    scene.api.until_asked("endpointslices", "list", 1, since).await;
    scene.write(2);
    scene.until_served(2).await;
    assert_eq!(scene.logged(LOST), 0, "{}", scene.serve.log());
}

/// An API server that keeps watches open for longer than was asked, as if they were dead. They miss nothing.
#[tokio::test]
async fn watches_that_outlast_their_time_and_miss_nothing_are_nothing_wrong() {
    let mut scene = Scene::begin().await;
    scene.api.misbehave(Fault::EndlessWatches);
    let since = Instant::now();
    scene.api.until_asked("pods", "list", 1, since).await;
    scene.few_requests(SOON * 2).await;
    scene.write(2);
    scene.until_served(2).await;
    assert_eq!(scene.logged(LOST), 0, "{}", scene.serve.log());
}

/// etcd is restored from a backup: what was written since is gone, and revisions are smaller than those that we know.
#[tokio::test]
async fn revisions_that_go_back_are_noticed() {
    let mut scene = Scene::begin().await;
    let backup = scene.api.backup();
    for n in 2..=9 {
        scene.write(n);
    }
    scene.until_served(9).await;
    scene.api.restore(backup);
    scene.until_served(1).await;
    scene.serve.logged(FOUND).await;
    // Follows the history that there is now.
    scene.write(2);
    scene.until_served(2).await;
    assert_eq!((scene.logged(LOST), scene.logged(FOUND)), (1, 1), "{}", scene.serve.log());
    assert!(scene.serve.log().contains("is back at revision "), "{}", scene.serve.log());
    assert!(scene.staleness().await < f64::EPSILON);
}

/// The same, while the API server was away, and by its return the revisions are beyond those that we know.
#[tokio::test]
async fn revisions_that_went_back_and_overtook_ours_are_not_resumed() {
    let mut scene = Scene::begin().await;
    let backup = scene.api.backup();
    scene.write(2);
    scene.until_served(2).await;
    scene.api.misbehave(Fault::Gone);
    scene.serve.logged(LOST).await;
    scene.api.restore(backup);
    for n in 0..10 {
        scene.api.put("services", service(&format!("new-{n}"), &json!({})));
    }
    scene.api.misbehave(Fault::None);
    scene.until_served(1).await;
}

/// A list of several pages that fails in the middle.
#[tokio::test]
async fn a_list_that_breaks_off_leaves_what_is_served() {
    let mut scene = Scene::begin().await;
    let mut other = service("other", &json!({}));
    other["metadata"]["name"] = json!("aaa");
    scene.api.put("services", other);
    scene.api.misbehave(Fault::ExpiredPages);
    scene.api.compact();
    scene.serve.logged(LOST).await;
    scene.few_requests(SOON * 2).await;
    let (_, services) = scene.serve.get("/api/v1/services").await.unwrap();
    assert!(services.contains("\"cart\""), "{services}");
    scene.api.misbehave(Fault::None);
    scene.write(2);
    scene.until_served(2).await;
    scene.serve.logged(FOUND).await;
    assert_eq!(scene.logged(LOST), 1, "{}", scene.serve.log());
}
