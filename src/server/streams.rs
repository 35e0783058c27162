//! The streams that are open.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::interval;

use super::client_stream::ClientStream;
use super::name_sets::SharedNameSets;
use crate::channels::{ClientNack, ClientSummary, Clients};

/// The streams of a server, and what they share. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    /// Those whose client is known, by number.
    clients: Arc<Mutex<BTreeMap<u64, Arc<ClientStream>>>>,
    /// How many are open, with those whose client isn't known yet.
    open: Arc<AtomicUsize>,
    /// The number of the last stream.
    last: Arc<AtomicU64>,
    name_sets: Arc<SharedNameSets>,
    /// Says when [`Clients::nacks`] may have changed.
    nacks: watch::Sender<()>,
}

/// The place of one stream in the list, free again when this is dropped.
#[derive(Debug)]
pub(super) struct StreamSlot {
    number: u64,
    streams: Streams,
}

impl Streams {
    /// A slot for one more stream, unless there are `max` already.
    pub(super) fn admit(&self, max: usize) -> Option<StreamSlot> {
        // Counted before the check, and given back by the drop, so that two that come together can't both have the last.
        let open = self.open.fetch_add(1, Ordering::Relaxed);
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let slot = StreamSlot { number, streams: self.clone() };
        (open < max).then_some(slot)
    }

    /// The streams whose client is known, in the order in which they were opened.
    fn client_streams(&self) -> Vec<Arc<ClientStream>> {
        self.lock().values().cloned().collect()
    }

    /// The highest number of a stream whose client is known; less than any if there is none.
    pub(super) fn last_number(&self) -> u64 {
        self.lock().keys().next_back().copied().unwrap_or_default()
    }

    /// The first stream after this number, up to the number `end`, whose client is known; and its number.
    pub(super) fn next_after(&self, number: u64, end: u64) -> Option<(u64, Arc<ClientStream>)> {
        // Not a range, which would panic if it ended before it began.
        let clients = self.lock();
        let (number, stream) = clients.range((Bound::Excluded(number), Bound::Unbounded)).next()?;
        (*number <= end).then(|| (*number, Arc::clone(stream)))
    }

    /// Changes when [`Clients::nacks`] may have changed: a client sent a NACK, sent an ACK after one, or is gone.
    pub fn watch_nacks(&self) -> watch::Receiver<()> {
        self.nacks.subscribe()
    }

    pub(super) fn nacks_changed(&self) {
        self.nacks.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<ClientStream>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clients for Streams {
    fn clients(&self) -> Vec<ClientSummary> {
        self.client_streams().iter().map(|stream| stream.summary()).collect()
    }

    fn nacks(&self) -> Vec<ClientNack> {
        self.client_streams().iter().flat_map(|stream| stream.nacks()).collect()
    }
}

impl StreamSlot {
    /// Unique among the streams of the server.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The sets of names that the streams of the server share.
    pub(super) fn name_sets(&self) -> Arc<SharedNameSets> {
        Arc::clone(&self.streams.name_sets)
    }

    /// The client of this stream is known.
    pub(super) fn identified(&self, stream: Arc<ClientStream>) {
        self.streams.lock().insert(self.number, stream);
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        self.streams.open.fetch_sub(1, Ordering::Relaxed);
        let stream = self.streams.lock().remove(&self.number);
        if stream.is_some_and(|stream| !stream.nacks().is_empty()) {
            self.streams.nacks_changed();
        }
    }
}

/// Cuts the connections of slow readers: of clients that leave unread for `deadline` what they were sent.
///
/// A check may come just after a piece was sent; so it takes up to two deadlines.
pub(super) async fn cut_slow_readers(streams: &Streams, deadline: Duration) {
    let mut ticks = interval(deadline);
    loop {
        ticks.tick().await;
        for stream in streams.client_streams() {
            stream.check_reading();
        }
    }
}
