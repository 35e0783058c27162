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
mod tests;
