//! The channel of snapshots, from the pipeline to every stream.
//!
//! A publication is one swap of a pointer in a `watch` channel: readers see all of it or nothing, a slow reader skips what
//! is outdated, and none can hold up the writer or another reader.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use crate::xds::World;

/// One published state of everything.
#[derive(Debug, Clone)]
pub struct Publication {
    /// What clients should hold.
    pub world: World,
    /// When the oldest event that led to it was delivered by the source's watch; if it was the demand of a client that led to
    /// it, when that was taken.
    pub observed_at: Instant,
}

/// The read half: what clients should hold now, and a notification when that changes.
#[derive(Debug, Clone)]
pub struct SnapshotReader {
    published: watch::Receiver<Option<Arc<Publication>>>,
}

/// The write half; there is only one.
#[derive(Debug)]
pub struct SnapshotWriter {
    published: watch::Sender<Option<Arc<Publication>>>,
}

/// The two halves, before anything is published.
pub fn snapshot_channel() -> (SnapshotWriter, SnapshotReader) {
    let (sender, receiver) = watch::channel(None);
    (SnapshotWriter { published: sender }, SnapshotReader { published: receiver })
}

impl SnapshotWriter {
    /// Publishes a new state of everything.
    pub fn publish(&self, publication: Publication) {
        self.published.send_replace(Some(Arc::new(publication)));
    }
}

impl SnapshotReader {
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
