//! What ends calls, or spares pods.

use std::collections::BTreeSet;
use std::time::Duration;

use rig::pod::Answer;
use rig::soon;
use tonic::Code;

use crate::client::{Ask, Client, Outcome};
use crate::family::{Family, in_each_family};
use crate::scene::Scene;

in_each_family!(
    Timeouts: late_answer_isnt_awaited else answer_comes_too_late_at_once,
    MaxRequests: what_is_too_much_is_refused_at_once,
    Outliers: failing_pod_is_left_alone,
);

async fn late_answer_isnt_awaited(family: Family) {
    let scene = Scene::of_cart(1, &[("timeout", "500ms")]).await;
    let mut client = scene.client(family).await;
    client.until_served().await;
    scene.pod("cart-1").answers(Answer::Held);
    // The caller would wait for longer than the test does.
    let outcome = soon("the end of a call", client.call(1)).await;
    assert_eq!(codes(&outcome), BTreeSet::from([Code::DeadlineExceeded.into()]), "{outcome:?}");
    scene.is_accepted(&client).await;
}

/// A family that takes a second or two off of what it is told has nothing left of less than one.
async fn answer_comes_too_late_at_once(family: Family) {
    let scene = Scene::of_cart(1, &[("timeout", "900ms")]).await;
    let mut client = scene.client(family).await;
    let outcome = client.call(5).await;
    let expected = (5, BTreeSet::from([Code::DeadlineExceeded.into()]));
    assert_eq!((outcome.errors.len(), codes(&outcome)), expected, "{family:?} takes no second off now: {outcome:?}");
    assert_eq!(scene.pod("cart-1").seen(), 0);
    scene.is_accepted(&client).await;
}

async fn what_is_too_much_is_refused_at_once(family: Family) {
    let (scene, mut client, before) = as_many_as_may_be(family).await;
    let refused = client.call_with(5, Ask { deadline: Duration::from_secs(2), ..Ask::default() }).await;
    assert_eq!((refused.errors.len(), codes(&refused)), (5, BTreeSet::from([Code::Unavailable.into()])), "{refused:?}");
    assert_eq!(scene.pod("cart-1").seen(), before + 3);
    scene.pod("cart-1").answers(Answer::Echo);
    let outcome = client.end().await;
    assert!(outcome.pods["cart-1"] >= 3, "{outcome:?}");
    assert_eq!(client.call(5).await.errors, []);
    scene.is_accepted(&client).await;
}

/// A client that has three calls under way, which are as many as may be, and goes on calling. The pod saw so many before those.
async fn as_many_as_may_be(family: Family) -> (Scene, Client, u64) {
    let scene = Scene::of_cart(1, &[("max-requests", "3")]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1"]).await;
    let before = scene.pod("cart-1").seen();
    scene.pod("cart-1").answers(Answer::Held);
    client.begin(50).await;
    scene.pod("cart-1").until_seen(before + 3).await;
    (scene, client, before)
}

async fn failing_pod_is_left_alone(family: Family) {
    let annotations = [("outlier-detection", "on"), ("outlier-interval", "500ms"), ("retry-on", "none")];
    let scene = Scene::of_cart(3, &annotations).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1", "cart-2", "cart-3"]).await;
    scene.pod("cart-1").answers(Answer::Grpc(Code::Unavailable));
    client.begin(100).await;
    soon("calls to the other pods only", async {
        loop {
            let [well, failing] = ["cart-2", "cart-1"].map(|pod| scene.pod(pod).seen());
            scene.pod("cart-2").until_seen(well + 20).await;
            if scene.pod("cart-1").seen() == failing {
                return;
            }
        }
    })
    .await;
    assert_eq!(client.call(20).await.errors, []);
    let outcome = client.end().await;
    assert_eq!(codes(&outcome), BTreeSet::from([Code::Unavailable.into()]), "{outcome:?}");
    scene.is_accepted(&client).await;
}

fn codes(outcome: &Outcome) -> BTreeSet<i32> {
    outcome.errors.iter().map(|failure| i32::try_from(failure.code).unwrap()).collect()
}
