//! One client, over and over: it connects, asks, ACKs what it gets, and comes back when it was cut off.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::{Buf as _, Bytes};
use h2::client::SendRequest;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::hub::Hub;
use super::options::Variant;
use super::received::Received;
use super::wire::{Seen, read, versions};
use crate::subject::floor::MESSAGE_BYTES;
use crate::{clock, stamp};

/// How long a client that was cut off waits before it connects again. Short, and the same for all: the worst herd.
const RETRY: Duration = Duration::from_millis(5);

/// So large that the client never makes the server wait, but by not reading.
const WINDOW: u32 = 1 << 30;

/// What a client is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It reads, and ACKs each response once.
    Good,
    /// It asks, and reads nothing.
    Stuck,
    /// It ACKs the first response a thousand times a second.
    Flooding,
}

/// Runs a client for ever.
pub async fn run(hub: Arc<Hub>, number: usize, manner: Manner) {
    loop {
        let mut client = Client { hub: &hub, number, manner, resources: 0, is_complete: false };
        // Errors are what the test is about: a server that is killed, or cuts clients off.
        let _ = client.connect().await;
        if client.is_complete && manner == Manner::Good {
            hub.lost();
        }
        sleep(RETRY).await;
    }
}

struct Client<'a> {
    hub: &'a Hub,
    number: usize,
    manner: Manner,
    resources: usize,
    is_complete: bool,
}

impl Client<'_> {
    async fn connect(&mut self) -> anyhow::Result<()> {
        let stream = TcpStream::connect(self.hub.options.address).await?;
        stream.set_nodelay(true)?;
        if self.hub.options.variant == Variant::Raw {
            return self.listen(stream).await;
        }
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
        let (mut sender, connection) = builder.handshake::<_, Bytes>(stream).await?;
        let mut connection = std::pin::pin!(connection);
        // One task for both: a change wakes it once.
        tokio::select! {
            ended = &mut connection => return Ok(ended?),
            ended = self.converse(&mut sender) => ended?,
        }
        // It is stuck: it keeps the connection, and nobody reads from the socket.
        std::future::pending().await
    }

    /// Without a protocol: messages of a fixed size, the first of which is all there is.
    async fn listen(&mut self, mut stream: TcpStream) -> anyhow::Result<()> {
        let mut message = vec![0; MESSAGE_BYTES];
        loop {
            stream.read_exact(&mut message).await?;
            self.note(&message, MESSAGE_BYTES, self.hub.options.names);
        }
    }

    /// Asks and answers. Returns without an error only if it is to read nothing more.
    async fn converse(&mut self, sender: &mut SendRequest<Bytes>) -> anyhow::Result<()> {
        let hub = self.hub;
        let method = match hub.options.variant {
            Variant::Sotw | Variant::Grpc => "StreamAggregatedResources",
            Variant::Delta | Variant::Raw => "DeltaAggregatedResources",
        };
        let request = http::Request::post(format!(
            "http://{}/envoy.service.discovery.v3.AggregatedDiscoveryService/{method}",
            hub.options.address
        ))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())?;
        let (response, mut requests) = sender.send_request(request, false)?;
        let held = hub.held.get().filter(|_| hub.options.resume);
        requests.send_data(hub.wanted.first(self.number, held.map_or(&[], Vec::as_slice)), false)?;
        self.resources = held.map_or(0, Vec::len);
        let mut body = response.await?.into_body();
        if self.manner == Manner::Stuck {
            return Ok(());
        }
        let mut received = Received::default();
        let mut asked = 1;
        loop {
            let chunk = body.data().await.context("the server ended the stream")??;
            body.flow_control().release_capacity(chunk.len())?;
            received.push(chunk);
            while let Some(length) = received.next_message() {
                let seen = self.take(&mut received, length);
                requests.send_data(hub.wanted.ack(&seen), false)?;
                if let Some(request) = hub.wanted.next(asked, &seen) {
                    requests.send_data(request, false)?;
                    asked += 1;
                }
                if self.manner == Manner::Flooding {
                    let mut ticks = interval(Duration::from_millis(1));
                    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                    loop {
                        ticks.tick().await;
                        requests.send_data(hub.wanted.ack(&seen), false)?;
                    }
                }
            }
        }
    }

    /// Reads a message. Until the client is complete only its resources are counted, unless it is the one that remembers
    /// what it holds for all.
    fn take(&mut self, received: &mut Received, length: usize) -> Seen {
        let remembers = self.hub.options.resume && self.hub.held.get().is_none();
        if !(self.is_complete || remembers) {
            let seen = read(&mut received.take(length));
            self.note(&[], length, self.hub.wanted.counted(&seen));
            return seen;
        }
        let message = received.copy_to_bytes(length);
        let seen = read(&mut message.clone());
        self.note(&message, length, self.hub.wanted.counted(&seen));
        seen
    }

    /// Notes what a message brought.
    fn note(&mut self, message: &[u8], length: usize, resources: usize) {
        if self.manner != Manner::Good {
            return;
        }
        self.hub.count(length);
        if self.is_complete {
            self.hub.received(stamp::changes(message), clock::now());
            return;
        }
        self.resources += resources;
        if self.resources >= self.hub.options.names {
            self.is_complete = true;
            if self.hub.options.resume && !message.is_empty() {
                self.hub.held.get_or_init(|| versions(message));
            }
            self.hub.completed();
        }
    }
}
