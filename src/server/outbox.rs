//! What a client was sent, and what of it is still here because the client doesn't read.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use http::HeaderMap;
use hyper::body::{Body, Frame};
use tonic::Status;

use super::codec::{Outgoing, Writing};

#[cfg(test)]
mod tests;

/// Counts the pieces of one stream's responses. Whoever reads less than a piece between two looks counts as not reading.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Given to HTTP/2.
    given: AtomicU64,
    /// Of these, written to the socket, or dropped with the stream.
    gone: AtomicU64,
}

/// The body of an HTTP response: one stream's responses in pieces that are counted, and its status.
///
/// A piece is put together when HTTP/2 asks for it. So a client that doesn't read costs no more than a piece and what
/// HTTP/2 may hold, however large the response.
pub(super) struct Responses {
    /// None when it has ended.
    stream: Option<BoxStream<'static, Result<Outgoing, Status>>>,
    writing: Option<Writing>,
    outbox: Arc<Outbox>,
}

/// A piece on its way. HTTP/2 drops it when it has written all of it.
struct Piece {
    bytes: Vec<u8>,
    outbox: Arc<Outbox>,
}

impl Outbox {
    /// How many pieces are gone, if any is left.
    pub(super) fn stuck_at(&self) -> Option<u64> {
        let gone = self.gone.load(Ordering::Relaxed);
        (self.given.load(Ordering::Relaxed) > gone).then_some(gone)
    }
}

impl Responses {
    pub(super) fn new(
        stream: impl Stream<Item = Result<Outgoing, Status>> + Send + 'static,
        outbox: Arc<Outbox>,
    ) -> Self {
        Self { stream: Some(Box::pin(stream)), writing: None, outbox }
    }

    /// What comes at the end of the stream.
    fn end(&mut self, status: &Status) -> Frame<Bytes> {
        self.stream = None;
        let mut trailers = HeaderMap::new();
        // It fails for text that no header can carry, and then has written the code, which is what matters.
        let _ = status.add_header(&mut trailers);
        Frame::trailers(trailers)
    }
}

impl Body for Responses {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let body = &mut *self;
        loop {
            if let Some(bytes) = body.writing.as_mut().and_then(Writing::next_piece) {
                body.outbox.given.fetch_add(1, Ordering::Relaxed);
                let piece = Piece { bytes, outbox: Arc::clone(&body.outbox) };
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(piece)))));
            }
            body.writing = None;
            let Some(stream) = &mut body.stream else { return Poll::Ready(None) };
            match ready!(stream.as_mut().poll_next(cx)) {
                Some(Ok(response)) => body.writing = Some(Writing::new(response)),
                Some(Err(status)) => return Poll::Ready(Some(Ok(body.end(&status)))),
                None => return Poll::Ready(Some(Ok(body.end(&Status::ok(""))))),
            }
        }
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
