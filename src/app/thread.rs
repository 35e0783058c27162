//! Runs a part on a thread of its own.

use std::convert::Infallible;
use std::io;
use std::panic::resume_unwind;
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Runs `part` on a thread of its own, so that while it works the threads of the runtime serve everybody else. What it waits
/// for, the runtime waits for on its behalf: sockets, timers, tasks that it spawns.
///
/// Returns when it has ended; if it panics, with that panic. Fails if there is no thread to be had. When this is dropped, the
/// thread goes on by itself.
pub(super) async fn on_own_thread(name: &str, part: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let runtime = Handle::current();
    let (ending, ended) = oneshot::channel::<Infallible>();
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Dropped when the part has ended, in whatever way.
        let _ending = ending;
        runtime.block_on(part);
    })?;
    let Err(_dropped) = ended.await;
    thread.join().unwrap_or_else(|panic| resume_unwind(panic));
    Ok(())
}

#[cfg(test)]
mod tests {
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
}
