//! What a client was sent, and what of it is still here because the client doesn't read.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

/// Whoever reads less than this between two looks counts as not reading.
const PIECE_BYTES: usize = 256 << 10;

/// Counts the pieces of one stream's responses.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Given to HTTP/2.
    given: AtomicU64,
    /// Of these, written to the socket, or dropped with the stream.
    gone: AtomicU64,
}

/// A response body, cut into pieces that are counted.
pub(super) struct Counted {
    body: Body,
    /// What is to be cut next.
    rest: Bytes,
    outbox: Arc<Outbox>,
}

/// A piece on its way. HTTP/2 drops it when it has written all of it.
struct Piece {
    bytes: Bytes,
    outbox: Arc<Outbox>,
}

impl Outbox {
    /// How many pieces are gone, if any is left.
    pub(super) fn stuck_at(&self) -> Option<u64> {
        let gone = self.gone.load(Ordering::Relaxed);
        (self.given.load(Ordering::Relaxed) > gone).then_some(gone)
    }
}

impl Counted {
    pub(super) fn new(body: Body, outbox: Arc<Outbox>) -> Self {
        Self { body, rest: Bytes::new(), outbox }
    }

    fn next_piece(&mut self) -> Frame<Bytes> {
        let bytes = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
        self.outbox.given.fetch_add(1, Ordering::Relaxed);
        Frame::data(Bytes::from_owner(Piece { bytes, outbox: Arc::clone(&self.outbox) }))
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        Poll::Ready(Some(Ok(self.next_piece())))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.outbox.gone.fetch_add(1, Ordering::Relaxed);
    }
}
