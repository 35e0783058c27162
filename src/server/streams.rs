//! The streams that are open.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::interval;

use super::peer::Peer;
use crate::channels::{ClientNack, ClientSummary, Clients};

/// Numbers the streams of this process.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// The streams that are open. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    /// Those whose clients have introduced themselves, by number.
    peers: Arc<Mutex<BTreeMap<u64, Arc<Peer>>>>,
    /// How many there are, with those whose clients haven't yet.
    open: Arc<AtomicUsize>,
    /// Says when [`Clients::nacks`] may have changed.
    nacks: watch::Sender<()>,
}

/// The slot of one stream in the list, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    number: u64,
    streams: Streams,
}

impl Streams {
    /// A slot for one more stream, unless there are `max` already.
    pub(super) fn admit(&self, max: usize) -> Option<Slot> {
        // Counted before the check, and given back by the drop, so that two that come together can't both have the last.
        let open = self.open.fetch_add(1, Ordering::Relaxed);
        let slot = Slot { number: NUMBERS.fetch_add(1, Ordering::Relaxed), streams: self.clone() };
        (open < max).then_some(slot)
    }

    /// The streams whose clients have introduced themselves, in the order in which they were opened.
    pub(super) fn peers(&self) -> Vec<Arc<Peer>> {
        self.lock().values().cloned().collect()
    }

    /// The highest number of a stream whose client has introduced itself; less than any if there is none.
    pub(super) fn last_number(&self) -> u64 {
        self.lock().keys().next_back().copied().unwrap_or_default()
    }

    /// The first stream after the one of this number whose client has introduced itself, and its number, up to the number
    /// `end`.
    pub(super) fn next_peer(&self, after: u64, end: u64) -> Option<(u64, Arc<Peer>)> {
        // Not a range, which would panic if it ended before it began.
        let peers = self.lock();
        let (number, peer) = peers.range((Bound::Excluded(after), Bound::Unbounded)).next()?;
        (*number <= end).then(|| (*number, Arc::clone(peer)))
    }

    /// Hears when what clients refuse may have changed: they refused something, took something after that, or are gone.
    pub fn watch_nacks(&self) -> watch::Receiver<()> {
        self.nacks.subscribe()
    }

    pub(super) fn nacks_changed(&self) {
        self.nacks.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Peer>>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clients for Streams {
    fn clients(&self) -> Vec<ClientSummary> {
        self.peers().iter().map(|peer| peer.summary()).collect()
    }

    fn nacks(&self) -> Vec<ClientNack> {
        self.peers().iter().flat_map(|peer| peer.nacks()).collect()
    }
}

impl Slot {
    /// Unique among the streams of this process.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The client of this stream is known.
    pub(super) fn introduce(&self, peer: Arc<Peer>) {
        self.streams.lock().insert(self.number, peer);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.streams.open.fetch_sub(1, Ordering::Relaxed);
        let peer = self.streams.lock().remove(&self.number);
        if peer.is_some_and(|peer| !peer.nacks().is_empty()) {
            self.streams.nacks_changed();
        }
    }
}

/// Cuts the connections of clients that leave unread for `deadline` what they were sent.
///
/// The first time it is seen it may be young; so it takes up to two deadlines.
pub(super) async fn cut_who_does_not_read(streams: &Streams, deadline: Duration) {
    let mut ticks = interval(deadline);
    loop {
        ticks.tick().await;
        for peer in streams.peers() {
            peer.check_reading();
        }
    }
}
