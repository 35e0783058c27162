//! What nobody can be faster than: the same bytes to as many connections, with nothing round them, or nothing but tonic.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::Context as _;
use bytes::{Buf, BufMut, Bytes};
use data_plane_api::core::SocketAddress;
use futures::StreamExt;
use futures::stream::Map;
use prost::Message;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_stream::wrappers::{TcpListenerStream, WatchStream};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::Service;
use tonic::server::{Grpc, StreamingService};
use tonic::{Request, Response, Status, Streaming};

use crate::{clock, commands, stamp};

/// The size of a message: about that of a response with one assignment of ten endpoints.
pub const MESSAGE_BYTES: usize = 600;

/// Which floor.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Floor {
    /// Writes to connections
    Tcp,
    /// A tonic server whose codec writes ready bytes
    Tonic,
}

/// Serves until its input ends.
pub async fn run(floor: Floor) -> anyhow::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    // As many as the kernel allows, or some of a thousand clients would have to come again a second later.
    let listener = socket.listen(65_535)?;
    println!("listening {}", listener.local_addr()?.port());
    let (sender, receiver) = watch::channel(message(0));
    match floor {
        Floor::Tcp => drop(tokio::spawn(accept(listener, receiver))),
        Floor::Tonic => {
            let incoming = TcpListenerStream::new(listener).map(|stream| {
                let stream = stream?;
                stream.set_nodelay(true)?;
                Ok::<_, std::io::Error>(stream)
            });
            let ads = Ads(receiver);
            tokio::spawn(tonic::transport::Server::builder().add_service(ads).serve_with_incoming(incoming));
        }
    }
    let mut lines = commands::lines();
    while let Some(line) = lines.recv().await {
        let number = line.rsplit(' ').next().and_then(|number| number.parse().ok());
        let number = number.with_context(|| format!("{line:?}: expected \"change SERVICE NUMBER\""))?;
        let at = clock::now();
        sender.send_replace(message(number));
        println!("changed {number} {at}");
    }
    Ok(())
}

/// A response of [`MESSAGE_BYTES`] that carries this number.
fn message(change: u32) -> Bytes {
    let address = SocketAddress { address: stamp::address(change).to_string(), ..SocketAddress::default() };
    let mut message = address.encode_to_vec();
    message.resize(MESSAGE_BYTES, 0);
    message.into()
}

async fn accept(listener: TcpListener, messages: watch::Receiver<Bytes>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(write(stream, messages.clone()));
    }
}

async fn write(mut stream: TcpStream, mut messages: watch::Receiver<Bytes>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    messages.mark_changed();
    while messages.changed().await.is_ok() {
        let message = messages.borrow_and_update().clone();
        stream.write_all(&message).await?;
    }
    Ok(())
}

/// The service of ADS, whatever the method.
#[derive(Debug, Clone)]
struct Ads(watch::Receiver<Bytes>);

/// Writes ready bytes, and skips what it reads.
#[derive(Debug, Default)]
struct RawBytes;

impl tonic::server::NamedService for Ads {
    const NAME: &'static str = "envoy.service.discovery.v3.AggregatedDiscoveryService";
}

impl Service<http::Request<tonic::body::Body>> for Ads {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let ads = self.clone();
        Box::pin(async move { Ok(Grpc::new(RawBytes).streaming(ads, request).await) })
    }
}

impl StreamingService<()> for Ads {
    type Response = Bytes;
    type ResponseStream = Map<WatchStream<Bytes>, fn(Bytes) -> Result<Bytes, Status>>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<()>>) -> Self::Future {
        let mut requests = request.into_inner();
        tokio::spawn(async move { while let Ok(Some(())) = requests.message().await {} });
        ready(Ok(Response::new(WatchStream::new(self.0.clone()).map(Ok))))
    }
}

impl Codec for RawBytes {
    type Encode = Bytes;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for RawBytes {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for RawBytes {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        buffer.advance(buffer.remaining());
        Ok(Some(()))
    }
}
