//! The body of a gRPC response: messages in pieces, and the status as trailers.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body as HttpBody;
use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response};
use hyper::body::{Body, Frame};
use tonic::Status;
use tonic::metadata::GRPC_CONTENT_TYPE;

/// A body whose messages are iterators of pieces.
///
/// A piece is made when HTTP/2 asks for it, and the next message is taken from the stream when all pieces of the one before
/// were. So a client that doesn't read costs no more than one message.
pub(super) struct ResponseBody<M> {
    /// `None` when it has ended.
    messages: Option<BoxStream<'static, Result<M, Status>>>,
    /// The message that is being sent.
    pieces: Option<M>,
}

/// A response that begins with success, and then consists of these messages.
pub(super) fn response<M>(messages: impl Stream<Item = Result<M, Status>> + Send + 'static) -> Response<HttpBody>
where
    M: Iterator<Item = Bytes> + Send + Unpin + 'static,
{
    let mut response = Response::new(HttpBody::new(ResponseBody::new(messages)));
    response.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
    response
}

impl<M> ResponseBody<M> {
    pub(super) fn new(messages: impl Stream<Item = Result<M, Status>> + Send + 'static) -> Self {
        Self { messages: Some(Box::pin(messages)), pieces: None }
    }

    fn end(&mut self, status: &Status) -> Frame<Bytes> {
        self.messages = None;
        let mut trailers = HeaderMap::new();
        // It fails for text that no header can carry, and then has written the code, which is what matters.
        let _ = status.add_header(&mut trailers);
        Frame::trailers(trailers)
    }
}

impl<M: Iterator<Item = Bytes> + Unpin> Body for ResponseBody<M> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let body = &mut *self;
        loop {
            if let Some(piece) = body.pieces.as_mut().and_then(Iterator::next) {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            body.pieces = None;
            let Some(messages) = &mut body.messages else { return Poll::Ready(None) };
            match ready!(messages.as_mut().poll_next(cx)) {
                Some(Ok(message)) => body.pieces = Some(message),
                Some(Err(status)) => return Poll::Ready(Some(Ok(body.end(&status)))),
                None => return Poll::Ready(Some(Ok(body.end(&Status::ok(""))))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::vec;

    use futures::stream;

    use super::*;

    fn message(pieces: &[&'static str]) -> vec::IntoIter<Bytes> {
        pieces.iter().map(|piece| Bytes::from(*piece)).collect::<Vec<_>>().into_iter()
    }

    /// The frames of a body with these messages: pieces, or the code and message of the status.
    async fn frames(messages: Vec<Result<vec::IntoIter<Bytes>, Status>>) -> Vec<String> {
        let mut body = ResponseBody::new(stream::iter(messages));
        let mut frames = Vec::new();
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let frame = frame.unwrap();
            let trailer = |name| frame.trailers_ref().and_then(|trailers| trailers.get(name)?.to_str().ok());
            frames.push(match frame.data_ref() {
                Some(piece) => String::from_utf8(piece.to_vec()).unwrap(),
                None => ["grpc-status", "grpc-message"].into_iter().filter_map(trailer).collect::<Vec<_>>().join(" "),
            });
        }
        frames
    }

    #[tokio::test]
    async fn a_piece_is_a_frame_and_the_end_is_the_status() {
        let messages = vec![Ok(message(&["a1", "a2"])), Ok(message(&[])), Ok(message(&["c"]))];
        assert_eq!(frames(messages).await, ["a1", "a2", "c", "0"]);
    }

    #[tokio::test]
    async fn a_stream_that_fails_ends_with_its_status_and_is_not_polled_again() {
        let messages = vec![Ok(message(&["a"])), Err(Status::unavailable("gone")), Ok(message(&["b"]))];
        assert_eq!(frames(messages).await, ["a", "14 gone"]);
    }
}
