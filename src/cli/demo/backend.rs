//! What runs inside a pod of the demo: a gRPC echo server, in a process of its own.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use data_plane_api::echo::server::{Echo, EchoServer};
use data_plane_api::echo::{EchoRequest, EchoResponse};
use futures::Stream;
use tokio::net::TcpListener;
use tokio_stream::StreamExt as _;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use crate::cli::{Exit, Failure};

/// Run one pod of the demo
///
/// A gRPC echo server that answers with its name. When its standard input ends, it drains as a pod does on SIGTERM: it
/// takes no new connections, tells clients to go away, finishes what it has begun, and exits.
#[derive(Debug, Args)]
pub(super) struct Backend {
    /// Its name, in every answer
    #[arg(long)]
    name: String,

    /// Where it listens
    #[arg(long)]
    listen: SocketAddr,
}

impl Backend {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let Self { name, listen } = self;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("can't start the runtime")
            .map_err(Failure::input)?;
        runtime
            .block_on(async {
                let listener = TcpListener::bind(listen).await.with_context(|| format!("can't listen on {listen}"))?;
                serve(listener, &name, stdin_ended()).await
            })
            .map_err(Failure::input)?;
        Ok(Exit::Ok)
    }
}

/// Serves the echo service as the pod `name`, until `drain` is done and every request that had begun is answered.
pub async fn serve(listener: TcpListener, name: &str, drain: impl Future<Output = ()>) -> anyhow::Result<()> {
    let pod = Pod { name: name.into(), served: Arc::default() };
    Server::builder()
        .add_service(EchoServer::new(pod))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), drain)
        .await
        .context("the echo server failed")
}

async fn stdin_ended() {
    // An error is an end, too.
    let _ = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin().lock(), &mut io::sink())).await;
}

/// The echo service of one pod.
#[derive(Debug, Clone)]
struct Pod {
    name: Arc<str>,
    served: Arc<AtomicU64>,
}

impl Pod {
    async fn answer(&self, request: EchoRequest) -> EchoResponse {
        let EchoRequest { message, delay } = request;
        // Negative delays are none.
        if let Some(delay) = delay.and_then(|delay| Duration::try_from(delay).ok()) {
            tokio::time::sleep(delay).await;
        }
        let served = self.served.fetch_add(1, Ordering::Relaxed) + 1;
        EchoResponse { message, pod: self.name.to_string(), served }
    }
}

#[tonic::async_trait]
impl Echo for Pod {
    type StreamStream = Pin<Box<dyn Stream<Item = Result<EchoResponse, Status>> + Send>>;

    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoResponse>, Status> {
        Ok(Response::new(self.answer(request.into_inner()).await))
    }

    async fn stream(&self, requests: Request<Streaming<EchoRequest>>) -> Result<Response<Self::StreamStream>, Status> {
        let pod = self.clone();
        let responses = requests.into_inner().then(move |request| {
            let pod = pod.clone();
            async move { Ok(pod.answer(request?).await) }
        });
        Ok(Response::new(Box::pin(responses)))
    }
}

#[cfg(test)]
mod tests;
