//! Kubernetes Events, which show the owner of a Service or a Namespace what is rejected of it.
//!
//! ```text
//! everything that is rejected ──▶ EventSender ── what is new ──▶ queue ──▶ EventWriter ──▶ API server
//!                                                         (drops the oldest)  limited rate, retries
//! ```
//!
//! Writing an Event takes the rights to create and to patch, and no others. Its name is a hash of its content
//! ([`Warning::name`]), so all replicas write the same object; and a replica that finds it there [counts it
//! again](Warning::repeat_patch) only if the object was changed since. Server-side apply would need no second request, but it
//! can't count, and `kubectl describe` shows of an Event that wasn't counted again the first time only.

mod sender;
mod warning;
mod writer;

use std::sync::Arc;

use kube::Client;
use tokio::sync::broadcast;

pub use sender::EventSender;
pub use writer::{EventOutcome, EventWriter};

use self::warning::Warning;

/// How many Events may wait to be written: seven minutes' worth.
const QUEUE: usize = 4096;

/// An Event that waits to be written.
#[derive(Debug)]
struct QueuedEvent {
    warning: Warning,
    /// What is in force meanwhile.
    meanwhile: String,
}

/// The two halves.
pub fn event_channel(client: Client) -> (EventSender, EventWriter) {
    // Of the Events that wait, a broadcast channel drops the oldest when it is full; and nobody ever waits to send.
    let (sender, receiver) = broadcast::channel::<Arc<QueuedEvent>>(QUEUE);
    (EventSender::new(sender), EventWriter::new(client, receiver))
}
