//! How much of a stream's responses is written to the socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::codec::{OutgoingResponse, ResponseEncoder};

/// Counts the pieces of one stream's responses. A client that reads less than a piece between two checks counts as not
/// reading.
#[derive(Debug, Default)]
pub(super) struct WriteProgress {
    /// The pieces that HTTP/2 was given.
    given: AtomicU64,
    /// Of these, those that were written to the socket, or dropped with the stream.
    written: AtomicU64,
}

/// The pieces of one response, counted.
pub(super) struct CountedPieces {
    encoder: ResponseEncoder,
    progress: Arc<WriteProgress>,
}

/// A piece on its way. HTTP/2 drops it when it has written all of it.
struct Piece {
    bytes: Vec<u8>,
    progress: Arc<WriteProgress>,
}

impl WriteProgress {
    /// How many pieces are written, if any isn't.
    pub(super) fn stuck_at(&self) -> Option<u64> {
        let written = self.written.load(Ordering::Relaxed);
        (self.given.load(Ordering::Relaxed) > written).then_some(written)
    }
}

impl CountedPieces {
    pub(super) fn new(response: OutgoingResponse, progress: Arc<WriteProgress>) -> Self {
        Self { encoder: ResponseEncoder::new(response), progress }
    }
}

impl Iterator for CountedPieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let bytes = self.encoder.next_piece()?;
        self.progress.given.fetch_add(1, Ordering::Relaxed);
        Some(Bytes::from_owner(Piece { bytes, progress: Arc::clone(&self.progress) }))
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.progress.written.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Variant;
    use crate::server::fixtures::{outgoing, resource};

    #[test]
    fn it_is_stuck_while_a_piece_is_not_written() {
        let progress = Arc::<WriteProgress>::default();
        let response = outgoing(Variant::Delta, [resource("a", 100_000)]);
        let mut pieces = CountedPieces::new(response, Arc::clone(&progress));
        assert_eq!(progress.stuck_at(), None);
        let first = pieces.next();
        let second = pieces.next();
        assert_eq!(progress.stuck_at(), Some(0));
        drop(first);
        assert_eq!(progress.stuck_at(), Some(1));
        drop(second);
        assert_eq!(progress.stuck_at(), None, "what HTTP/2 doesn't ask for isn't stuck");
    }
}
