use std::sync::mpsc;
use std::time::Duration;

use super::*;

/// The test's runtime has one thread: if the part worked there, nobody could send what it waits for.
#[tokio::test]
async fn whoever_works_on_a_thread_of_its_own_holds_up_nobody() {
    let (sender, receiver) = mpsc::channel();
    let (began, has_begun) = oneshot::channel();
    let part = tokio::spawn(on_own_thread("worker", async move {
        began.send(thread::current().name().map(str::to_owned)).unwrap();
        receiver.recv_timeout(Duration::from_secs(20)).expect("nothing came while it worked");
    }));
    assert_eq!(has_begun.await.unwrap().as_deref(), Some("worker"));
    sender.send(()).unwrap();
    part.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_runtime_waits_for_a_part_on_its_own_thread() {
    let (sender, receiver) = oneshot::channel();
    let part = on_own_thread("worker", async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let spawned = tokio::spawn(async { 7 });
        sender.send(spawned.await.unwrap()).unwrap();
    });
    rig::soon("the end of the part", part).await.unwrap();
    assert_eq!(receiver.await, Ok(7));
}
