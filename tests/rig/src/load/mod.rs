//! Load: clients that call the echo service through Envoy and write down what became of each request.

mod journal;
mod record;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use data_plane_api::echo::EchoRequest;
use data_plane_api::echo::client::EchoClient;
use http::Uri;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

pub use journal::Journal;
pub use record::{Outcome, Record, Request};

/// A request without an answer by then has failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who calls whom, how often.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where Envoy listens.
    pub envoy: SocketAddr,
    /// What is dialled: `cart.shop:50051`.
    pub authority: String,
    /// HTTP/2 connections to Envoy.
    pub connections: usize,
    /// Workers, spread over the connections. Each has one request in flight at a time.
    pub workers: u32,
    /// Requests per second of all workers together; fewer, when answers take too long.
    pub rate: u32,
}

/// Running load. Ends when dropped.
#[derive(Debug)]
pub struct Load {
    journal: Journal,
    stop: CancellationToken,
    workers: JoinSet<()>,
}

/// A channel to a service behind an Envoy.
pub async fn dial(envoy: SocketAddr, authority: &str) -> anyhow::Result<Channel> {
    let origin: Uri =
        format!("http://{authority}").parse().with_context(|| format!("{authority:?} is no authority"))?;
    let endpoint = Endpoint::from_shared(format!("http://{envoy}"))?.origin(origin).connect_timeout(PATIENCE);
    endpoint.connect().await.with_context(|| format!("can't connect to {envoy}"))
}

/// One call, its time written down. A call that takes longer than 5 s has failed.
pub async fn call(client: &mut EchoClient<Channel>, message: &str) -> Outcome {
    let request = EchoRequest { message: message.to_owned(), delay: None };
    match timeout(PATIENCE, client.echo(request)).await {
        Ok(Ok(response)) => Ok(response.into_inner().pod.into()),
        Ok(Err(status)) => Err(format!("{:?}: {}", status.code(), status.message()).into()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs()).into()),
    }
}

impl Load {
    /// Opens the connections and begins.
    pub async fn start(plan: &Plan) -> anyhow::Result<Self> {
        let mut channels = Vec::new();
        for _ in 0..plan.connections.max(1) {
            channels.push(dial(plan.envoy, &plan.authority).await?);
        }
        let journal = Journal::default();
        let stop = CancellationToken::new();
        let mut workers = JoinSet::new();
        let tick = Duration::from_secs(1) / plan.rate.max(1);
        let now = tokio::time::Instant::now();
        for (number, channel) in (0..plan.workers).zip(channels.iter().cycle()) {
            let mut ticks = interval_at(now + tick * number, tick * plan.workers);
            // After a slow answer, a worker goes on at its pace, rather than make up for what it missed.
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let (mut client, journal, stop) = (EchoClient::new(channel.clone()), journal.clone(), stop.clone());
            workers.spawn(async move {
                while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                    let started = Instant::now();
                    let outcome = call(&mut client, "hello").await;
                    journal.add(started, outcome);
                }
            });
        }
        Ok(Self { journal, stop, workers })
    }

    /// What becomes of the requests.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Starts no further request, and returns everything when those under way are done.
    pub async fn stop(mut self) -> Record {
        self.stop.cancel();
        while self.workers.join_next().await.is_some() {}
        self.journal.record().clone()
    }
}

#[cfg(test)]
mod tests;
