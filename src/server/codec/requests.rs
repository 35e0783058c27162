//! The requests of a stream, decoded one by one.

use std::marker::PhantomData;
use std::pin::Pin;

use axum::body::Body;
use bytes::{Buf, Bytes};
use futures::future::poll_fn;
use hyper::body::Body as HttpBody;
use prost::Message;
use tonic::{Code, Status};

use super::HEADER_BYTES;

#[cfg(test)]
mod tests;

/// An Envoy that reconnects lists every version it holds in one request: with 100,000 clusters that is some 8 MB, and
/// gRPC's default limit is 4 MiB.
pub(in crate::server) const MAX_REQUEST_BYTES: usize = 16 << 20;

/// The requests of one stream.
///
/// Unlike tonic's it keeps no buffer between two messages, and reads a message where it lies if it came in one frame:
/// most requests are ACKs of a hundred bytes.
pub(in crate::server) struct RequestStream<R> {
    body: Body,
    /// The rest of the last frame.
    frame: Bytes,
    /// The beginning of a message whose end hasn't come yet.
    begun: Vec<u8>,
    request: PhantomData<fn() -> R>,
}

impl<R: Message + Default> RequestStream<R> {
    pub(in crate::server) fn new(body: Body) -> Self {
        Self { body, frame: Bytes::new(), begun: Vec::new(), request: PhantomData }
    }

    /// The next request; none when the client has ended the stream. Cancel-safe.
    ///
    /// Fails with `INVALID_ARGUMENT` or `OUT_OF_RANGE` if the request is invalid, with any other code if the connection is
    /// lost.
    pub(in crate::server) async fn next(&mut self) -> Result<Option<R>, Status> {
        loop {
            if let Some(message) = self.message()? {
                let read = R::decode(message);
                return read.map(Some).map_err(|error| Status::invalid_argument(error.to_string()));
            }
            match poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await {
                // Trailers say nothing that matters here.
                Some(Ok(frame)) => self.frame = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    let status = Status::from_error(error.into());
                    return if status.code() == Code::Cancelled { Ok(None) } else { Err(status) };
                }
                None if self.begun.is_empty() => return Ok(None),
                None => return Err(Status::internal("the stream ended within a request")),
            }
        }
    }

    /// The next message of which all is here.
    fn message(&mut self) -> Result<Option<Bytes>, Status> {
        if self.begun.is_empty()
            && let Some(size) = framed_size(&self.frame)?.filter(|size| *size <= self.frame.len())
        {
            let mut message = self.frame.split_to(size);
            message.advance(HEADER_BYTES);
            return Ok(Some(message));
        }
        while self.frame.has_remaining() {
            let size = framed_size(&self.begun)?.unwrap_or(HEADER_BYTES);
            let more = self.frame.split_to(self.frame.len().min(size - self.begun.len()));
            self.begun.extend_from_slice(&more);
            if framed_size(&self.begun)? == Some(self.begun.len()) {
                let mut message = Bytes::from(std::mem::take(&mut self.begun));
                message.advance(HEADER_BYTES);
                return Ok(Some(message));
            }
        }
        Ok(None)
    }
}

/// How long the message is that begins with these bytes, with its header; none while the header isn't all there.
fn framed_size(bytes: &[u8]) -> Result<Option<usize>, Status> {
    let Some([compressed, length @ ..]) = bytes.first_chunk::<HEADER_BYTES>() else { return Ok(None) };
    if *compressed != 0 {
        return Err(Status::internal("a compressed request, and no compression was agreed on"));
    }
    let length = u32::from_be_bytes(*length) as usize;
    if length > MAX_REQUEST_BYTES {
        return Err(Status::out_of_range(format!(
            "a request of {length} bytes; the limit is {MAX_REQUEST_BYTES} bytes"
        )));
    }
    Ok(Some(HEADER_BYTES + length))
}
