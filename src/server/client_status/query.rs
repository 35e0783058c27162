//! A request, and the progress of its response.

use std::sync::Arc;

use data_plane_api::client_status::ClientStatusRequest;
use tonic::Status;

use super::client_config::ClientConfigWriter;
use super::matchers::Matchers;
use super::message::MessageBuffer;
use crate::protocol::MAX_RESPONSE_BYTES;
use crate::server::Streams;
use crate::server::client_stream::ClientStream;

/// A request that is answered stream by stream: those that are open when it comes, in the order in which they were opened.
/// None of them is kept for that; one that has ended by its turn is left out.
pub(super) struct StatusQuery {
    streams: Streams,
    matchers: Matchers,
    with_contents: bool,
    /// The number of the last stream that was written, and of the last that will be.
    at: u64,
    end: u64,
    /// The rest of the stream that is being written.
    writer: Option<ClientConfigWriter>,
    /// Whether there was a message.
    is_answered: bool,
}

impl StatusQuery {
    pub(super) fn new(request: ClientStatusRequest, streams: Streams) -> Result<Self, Status> {
        let ClientStatusRequest { node_matchers, node: _, exclude_resource_contents } = request;
        Ok(Self {
            matchers: Matchers::new(node_matchers)?,
            with_contents: !exclude_resource_contents,
            at: 0,
            end: streams.last_number(),
            streams,
            writer: None,
            is_answered: false,
        })
    }

    /// The next message of a response in many: one stream, or as much of it as fits. `None` after the last; there is at least
    /// one. Takes a while.
    pub(super) fn next(&mut self) -> Option<MessageBuffer> {
        let mut response = MessageBuffer::default();
        if let Some(mut writer) = self.writer.take().or_else(|| self.next_writer()) {
            let is_all = writer.write(&mut response, MAX_RESPONSE_BYTES);
            self.writer = (!is_all).then_some(writer);
        } else if self.is_answered {
            return None;
        }
        self.is_answered = true;
        Some(response)
    }

    /// The response in one message, unless it is too large. Takes a while.
    pub(super) fn whole(&mut self) -> Result<MessageBuffer, Status> {
        let mut response = MessageBuffer::default();
        while let Some(mut writer) = self.next_writer() {
            if !writer.write(&mut response, MAX_RESPONSE_BYTES) || response.len() > MAX_RESPONSE_BYTES {
                return Err(Status::resource_exhausted(format!(
                    "the answer is larger than {MAX_RESPONSE_BYTES} bytes, which is what gRPC clients accept by default; \
                     name a node in node_matchers.node_id, leave out what was sent with exclude_resource_contents, or \
                     call StreamClientStatus, which sends each client by itself"
                )));
            }
        }
        Ok(response)
    }

    fn next_writer(&mut self) -> Option<ClientConfigWriter> {
        self.next_stream().map(|stream| ClientConfigWriter::of(&stream, self.with_contents))
    }

    /// The next stream whose client matches.
    fn next_stream(&mut self) -> Option<Arc<ClientStream>> {
        loop {
            let (number, stream) = self.streams.next_after(self.at, self.end)?;
            self.at = number;
            if self.matchers.match_id(&stream.client.node_id) {
                return Some(stream);
            }
        }
    }
}
