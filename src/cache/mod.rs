//! The meeting point of the one writer and the many readers.
//!
//! The pipeline owns the [`SnapshotWriter`]; every stream holds a clone of the [`SnapshotCache`]. A publication is one
//! swap of a pointer in a `watch` channel: readers see all of it or nothing, a slow reader skips what is outdated, and
//! none can hold up the writer or another reader. The [`Status`] of the source travels beside it in the same way. What
//! nobody needs all the time isn't published: the pipeline is asked for it ([`Asker`]). And what gRPC clients get by name is
//! put in only while one of them wants it ([`Wants`]).

mod clients;
mod questions;
mod refused;
mod status;
mod wanted;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use crate::xds::World;

pub use clients::{ClientSummary, Clients, Refusal, Rejection, TypeSummary};
pub use questions::{
    Asker, DomainLost, DomainWanted, Explained, KnownService, Question, Questions, RenderedFor, Reply, ServedPort,
    Unanswered, question_channel,
};
pub use refused::refused;
pub use status::{OutOfTouch, Status, StatusReader, StatusWriter, status_channel};
pub use wanted::{TooManyNames, Wanted, Wants, Wish, Wishes, wanted_channel};

/// One published state of everything.
#[derive(Debug, Clone)]
pub struct Publication {
    /// What clients should hold.
    pub world: World,
    /// When the oldest event that led to it was delivered by the source's watch; if none did, but what a client wants, when
    /// that was found out.
    pub observed_at: Instant,
}

/// The read half: what clients should hold now, and a notification when that changes.
#[derive(Debug, Clone)]
pub struct SnapshotCache {
    published: watch::Receiver<Option<Arc<Publication>>>,
}

/// The write half; there is only one.
#[derive(Debug)]
pub struct SnapshotWriter {
    published: watch::Sender<Option<Arc<Publication>>>,
}

/// The two halves of an empty cache.
pub fn channel() -> (SnapshotWriter, SnapshotCache) {
    let (sender, receiver) = watch::channel(None);
    (SnapshotWriter { published: sender }, SnapshotCache { published: receiver })
}

impl SnapshotWriter {
    /// Publishes a new state of everything.
    pub fn publish(&self, publication: Publication) {
        self.published.send_replace(Some(Arc::new(publication)));
    }
}

impl SnapshotCache {
    /// The newest publication, marked as seen; `None` before the first, when nothing may be served.
    pub fn latest(&mut self) -> Option<Arc<Publication>> {
        self.published.borrow_and_update().clone()
    }

    /// The newest publication, marked as seen, if it wasn't seen before.
    pub fn newer(&mut self) -> Option<Arc<Publication>> {
        // An error says that the writer is gone, and then it doesn't matter.
        let is_new = self.published.has_changed().unwrap_or_default();
        if is_new { self.latest() } else { None }
    }

    /// Returns when something is published that [`Self::latest`] hasn't seen; `false` when the writer is gone for good.
    /// Cancel-safe.
    pub async fn changed(&mut self) -> bool {
        self.published.changed().await.is_ok()
    }
}
