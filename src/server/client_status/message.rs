//! A gRPC message in pieces, and the body of an HTTP response of such messages.
//!
//! In pieces, because a message has megabytes: in one buffer it would be in memory until the last of it is sent, beside the
//! one to which that buffer grew and the one that is put together meanwhile.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{mem, vec};

use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use http::HeaderMap;
use hyper::body::{Body, Frame};
use tonic::Status;

/// How large a piece gets.
const PIECE_BYTES: usize = 32 << 10;

/// A message that isn't compressed begins with a 0 and its length (gRPC over HTTP/2, "Length-Prefixed-Message").
const UNCOMPRESSED: u8 = 0;

/// What is written of a message.
#[derive(Debug, Default)]
pub(super) struct Message {
    pieces: Vec<Bytes>,
    /// The last piece, as long as it isn't full.
    last: Vec<u8>,
    len: usize,
}

impl Message {
    /// How many bytes it has.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Adds bytes at the end.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        self.len += bytes.len();
        while !bytes.is_empty() {
            let (now, then) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.last.len()));
            self.last.extend_from_slice(now);
            bytes = then;
            if self.last.len() == PIECE_BYTES {
                self.end_piece();
            }
        }
    }

    /// Adds another message at the end.
    pub(super) fn append(&mut self, mut other: Self) {
        if other.pieces.is_empty() {
            self.push(&other.last);
            return;
        }
        self.end_piece();
        self.pieces.append(&mut other.pieces);
        self.last = other.last;
        self.len += other.len;
    }

    fn end_piece(&mut self) {
        if !self.last.is_empty() {
            self.pieces.push(mem::take(&mut self.last).into_boxed_slice().into());
        }
    }

    /// The pieces, with what a message begins with.
    fn framed(mut self) -> vec::IntoIter<Bytes> {
        self.end_piece();
        let mut head = vec![UNCOMPRESSED];
        // It is far below four gibibytes.
        head.extend_from_slice(&u32::try_from(self.len).unwrap_or(u32::MAX).to_be_bytes());
        self.pieces.insert(0, head.into());
        self.pieces.into_iter()
    }

    #[cfg(test)]
    pub(super) fn bytes(mut self) -> Vec<u8> {
        self.end_piece();
        self.pieces.concat()
    }
}

/// The body of an HTTP response: messages, and the status at the end. The next message is asked for when all of the one before
/// was taken.
pub(super) struct Messages {
    /// None when it has ended.
    stream: Option<BoxStream<'static, Result<Message, Status>>>,
    pieces: vec::IntoIter<Bytes>,
}

impl Messages {
    pub(super) fn new(stream: impl Stream<Item = Result<Message, Status>> + Send + 'static) -> Self {
        Self { stream: Some(Box::pin(stream)), pieces: Vec::new().into_iter() }
    }

    /// What comes at the end.
    fn end(&mut self, status: &Status) -> Frame<Bytes> {
        self.stream = None;
        let mut trailers = HeaderMap::new();
        // It fails for text that no header can carry, and then has written the code, which is what matters.
        let _ = status.add_header(&mut trailers);
        Frame::trailers(trailers)
    }
}

impl Body for Messages {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let body = &mut *self;
        loop {
            if let Some(piece) = body.pieces.next() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            let Some(stream) = &mut body.stream else { return Poll::Ready(None) };
            match ready!(stream.as_mut().poll_next(cx)) {
                Some(Ok(message)) => body.pieces = message.framed(),
                Some(Err(status)) => return Poll::Ready(Some(Ok(body.end(&status)))),
                None => return Poll::Ready(Some(Ok(body.end(&Status::ok(""))))),
            }
        }
    }
}
