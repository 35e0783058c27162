//! A request, and how far its answer is.

use std::sync::Arc;

use data_plane_api::client_status::ClientStatusRequest;
use tonic::Status;

use super::matchers::Matchers;
use super::message::Message;
use super::telling::Telling;
use crate::protocol::MAX_RESPONSE_BYTES;
use crate::server::Streams;
use crate::server::peer::Peer;

/// A request that is being answered, client by client: those that are connected when it comes, in the order in which they
/// came. None of them is kept for that; whoever is gone by its turn isn't told of.
pub(super) struct Query {
    streams: Streams,
    matchers: Matchers,
    with_contents: bool,
    /// The last stream that was looked at, and the last that will be.
    at: u64,
    end: u64,
    /// What is left of the client that is being told of.
    telling: Option<Telling>,
    /// Whether anything was said.
    is_answered: bool,
}

impl Query {
    pub(super) fn new(request: ClientStatusRequest, streams: Streams) -> Result<Self, Status> {
        let ClientStatusRequest { node_matchers, node: _, exclude_resource_contents } = request;
        Ok(Self {
            matchers: Matchers::new(node_matchers)?,
            with_contents: !exclude_resource_contents,
            at: 0,
            end: streams.last_number(),
            streams,
            telling: None,
            is_answered: false,
        })
    }

    /// The next message of an answer in many: one client, or as much of it as fits. None when all is said, and something
    /// was. Takes a while.
    pub(super) fn next(&mut self) -> Option<Message> {
        let mut response = Message::default();
        if let Some(mut telling) = self.telling.take().or_else(|| self.next_telling()) {
            let is_all = telling.write(&mut response, MAX_RESPONSE_BYTES);
            self.telling = (!is_all).then_some(telling);
        } else if self.is_answered {
            return None;
        }
        self.is_answered = true;
        Some(response)
    }

    /// The answer in one message, unless it is too large. Takes a while.
    pub(super) fn whole(&mut self) -> Result<Message, Status> {
        let mut response = Message::default();
        while let Some(mut telling) = self.next_telling() {
            if !telling.write(&mut response, MAX_RESPONSE_BYTES) || response.len() > MAX_RESPONSE_BYTES {
                return Err(Status::resource_exhausted(format!(
                    "the answer is larger than {MAX_RESPONSE_BYTES} bytes, which is what gRPC clients accept by default; \
                     name a node in node_matchers.node_id, leave out what was sent with exclude_resource_contents, or \
                     call StreamClientStatus, which sends each client by itself"
                )));
            }
        }
        Ok(response)
    }

    fn next_telling(&mut self) -> Option<Telling> {
        self.next_peer().map(|peer| Telling::of(&peer, self.with_contents))
    }

    /// The next client that is meant.
    fn next_peer(&mut self) -> Option<Arc<Peer>> {
        loop {
            let (number, peer) = self.streams.next_peer(self.at, self.end)?;
            self.at = number;
            if self.matchers.mean(&peer.client.node_id) {
                return Some(peer);
            }
        }
    }
}
