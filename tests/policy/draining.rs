//! What becomes of requests when pods leave.

use rig::manifests::Condition;

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_leaves_finishes_its_streams_and_gets_no_more_requests() {
    let mut scene = Scene::of_cart(2, &[]).await;
    let caller = scene.caller().await;
    let mut talks = vec![caller.talk().await.unwrap(), caller.talk().await.unwrap()];
    let mut pods = Vec::new();
    for talk in &mut talks {
        pods.push(talk.say("who are you?").await.unwrap());
    }
    assert_ne!(pods[0], pods[1], "each in its turn");
    let leaving = pods.iter().position(|pod| pod == "cart-1").unwrap();

    scene.list("cart", "cart-1", Some(Condition::Terminating));
    scene.settled().await;
    assert_eq!(caller.spread(20).await, [("cart-2".to_owned(), 20)].into());
    assert_eq!(talks[leaving].say("still there?").await.unwrap(), "cart-1");

    // As every gRPC server does when it is told to end.
    scene.pod("cart-1").drain();
    assert_eq!(talks[leaving].say("and now?").await.unwrap(), "cart-1");
    assert_eq!(caller.spread(20).await, [("cart-2".to_owned(), 20)].into());

    scene.list("cart", "cart-1", None);
    scene.settled().await;
    assert_eq!(talks[leaving].say("one last thing").await.unwrap(), "cart-1");
    drop(talks.remove(leaving));
    scene.pod("cart-1").drained().await;
    assert_eq!(talks[0].say("you?").await.unwrap(), "cart-2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_pods_serve_on_while_they_leave() {
    let mut scene = Scene::of_cart(2, &[]).await;
    let caller = scene.caller().await;
    for pod in ["cart-1", "cart-2"] {
        scene.list("cart", pod, Some(Condition::Terminating));
    }
    scene.settled().await;
    assert_eq!(caller.spread(20).await.len(), 2);
    scene.scale("cart", 3).await;
    scene.settled().await;
    assert_eq!(caller.spread(20).await, [("cart-3".to_owned(), 20)].into());
}
