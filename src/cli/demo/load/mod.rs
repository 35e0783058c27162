//! Load: clients that call the echo service through Envoy and write down what became of each request.

mod record;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use data_plane_api::echo::EchoRequest;
use data_plane_api::echo::client::EchoClient;
use http::Uri;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

pub use record::{Outcome, Record, Request};

/// A request without an answer by then has failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// How [`Load::until_quiet`] defines quiet.
const QUIET: Duration = Duration::from_millis(500);

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
    record: watch::Sender<Record>,
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
        let record = watch::Sender::new(Record::default());
        let stop = CancellationToken::new();
        let mut workers = JoinSet::new();
        let tick = Duration::from_secs(1) / plan.rate.max(1);
        let now = tokio::time::Instant::now();
        for (number, channel) in (0..plan.workers).zip(channels.iter().cycle()) {
            let mut ticks = interval_at(now + tick * number, tick * plan.workers);
            // After a slow answer, a worker goes on at its pace, rather than make up for what it missed.
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let (mut client, record, stop) = (EchoClient::new(channel.clone()), record.clone(), stop.clone());
            workers.spawn(async move {
                while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                    let started = Instant::now();
                    let outcome = call(&mut client, "hello").await;
                    record.send_modify(|record| record.add(started, outcome));
                }
            });
        }
        Ok(Self { record, stop, workers })
    }

    /// What became of the requests so far. Writers wait while it is held: read, and let go.
    pub fn record(&self) -> watch::Ref<'_, Record> {
        self.record.borrow()
    }

    /// Forgets the requests that ended before a moment, so that load may run for days.
    pub fn forget(&self, before: Instant) {
        self.record.send_modify(|record| record.forget(before));
    }

    /// When a request that started after `since` was first answered by `pod`; an error after `patience`.
    pub async fn until_answered(&self, pod: &str, since: Instant, patience: Duration) -> anyhow::Result<Instant> {
        let mut record = self.record.subscribe();
        let mut answered = None;
        let found = record.wait_for(|record| {
            answered = record.first_answer(pod, since);
            answered.is_some()
        });
        // Either way, what counts is whether it was found.
        let _ = timeout(patience, found).await;
        answered.with_context(|| format!("pod {pod} answered no request within {} s", patience.as_secs()))
    }

    /// When the last request started that `pod` answered, once there was none for half a second; `since` if there was
    /// none after it. An error after `patience`.
    pub async fn until_quiet(&self, pod: &str, since: Instant, patience: Duration) -> anyhow::Result<Instant> {
        let quiet = async {
            loop {
                let last = self.record().last_started(pod, since).unwrap_or(since);
                let quiet_at = last + QUIET;
                if quiet_at <= Instant::now() {
                    return last;
                }
                tokio::time::sleep_until(quiet_at.into()).await;
            }
        };
        timeout(patience, quiet)
            .await
            .with_context(|| format!("pod {pod} still gets new requests after {} s", patience.as_secs()))
    }

    /// Starts no further request, and returns everything when those under way are done.
    pub async fn stop(mut self) -> Record {
        self.stop.cancel();
        while self.workers.join_next().await.is_some() {}
        self.record.borrow().clone()
    }
}

#[cfg(test)]
mod tests;
