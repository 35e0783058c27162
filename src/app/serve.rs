//! Starts the parts of `serve`, waits for a signal, and stops them.

use std::fmt::Display;
use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io};

use anyhow::{Context, anyhow};
use prometheus_client::registry::Registry;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::config::Config;
use super::signals::Signals;
use super::thread::on_own_thread;
use super::{events, render_options, source};
use crate::admin::{self, Admin};
use crate::channels;
use crate::pipeline;
use crate::server;
use crate::telemetry::Metrics;

/// The parts that run side by side, each with its name and how it ended.
type Parts = JoinSet<(&'static str, anyhow::Result<()>)>;

/// Serves until SIGTERM or SIGINT. Fails if it can't begin, or if a part ends that never should.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("can't listen for signals")?;
    let xds = bind("--xds-listen", config.xds_listen)?;
    let admin = bind("--admin-listen", config.admin_listen)?;
    let (source, event_channel) = source::open(&config).await?;
    info!(
        version = env!("CARGO_PKG_VERSION"),
        source = source.name(),
        xds = %xds.local_addr()?,
        admin = %admin.local_addr()?,
        "Serving"
    );

    let mut registry = Registry::default();
    let metrics = Arc::new(Metrics::new(&mut registry));
    let (writer, snapshots) = channels::snapshot_channel();
    let (status_writer, status) = channels::status_channel();
    let stop = CancellationToken::new();

    let mut parts = Parts::new();
    let options = render_options(&config.cluster_domain, config.envoy_listener, config.fleets);
    let (query_sender, queries) = channels::query_channel();
    let (demand, demand_reader) = channels::demand_channel();
    let run = pipeline::run(source, options, writer, status_writer, Arc::clone(&metrics), queries, demand_reader);
    let stopped = stop.clone();
    let run = async move {
        tokio::select! {
            biased;
            () = stopped.cancelled() => {}
            () = run => {}
        }
    };
    start(&mut parts, "the pipeline", on_own_thread("pipeline", run));
    let streams = server::Streams::default();
    let context = server::Context {
        snapshots: snapshots.clone(),
        demand,
        metrics: Arc::clone(&metrics),
        identifier: identifier(),
        load_reporting_interval: server::LOAD_REPORTING_INTERVAL,
        limits: server::ServerLimits {
            max_connection_age: config.max_connection_age,
            max_connections: config.max_connections,
            ..server::ServerLimits::default()
        },
        streams: streams.clone(),
        shutdown: stop.clone(),
    };
    start(&mut parts, "the xDS server", async move {
        server::serve(xds, context).await;
        Ok::<_, anyhow::Error>(())
    });
    if let Some(event_channel) = event_channel {
        let write_events = events::write_events(event_channel, status.clone(), streams.clone(), Arc::clone(&metrics));
        let stopped = stop.clone();
        start(&mut parts, "what tells owners", async move {
            stopped.run_until_cancelled_owned(write_events).await;
            Ok::<_, anyhow::Error>(())
        });
    }
    let clients = Arc::new(streams);
    let answers = Admin { snapshots, status, clients, queries: query_sender, metrics, registry: Arc::new(registry) };
    start(&mut parts, "the admin server", admin::serve(admin, answers, stop.clone().cancelled_owned()));

    let outcome = tokio::select! {
        signal = signals.next() => {
            info!(signal, "Stopping");
            Ok(())
        }
        Some(ended) = parts.join_next() => Err(unexpected(ended)),
    };
    stop.cancel();
    end(parts, config.shutdown_grace, &mut signals).await;
    outcome
}

/// How many connections may wait to be accepted, if the kernel allows as many (`net.core.somaxconn`). Whoever comes when it
/// is full tries again a second later, and after a restart a thousand clients come at once.
const BACKLOG: u32 = 65_535;

/// Binds before anything else is started, so that a port that is taken is the first thing that is reported.
fn bind(flag: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    listen(address).with_context(|| format!("can't listen at {address}; choose another address with {flag}"))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let (socket, address) = socket(address, TcpSocket::new_v6)?;
    // A replica that starts again may have connections of its predecessor in TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The socket for an address, and what to bind it to. `[::]` takes both families, whatever `net.ipv6.bindv6only` says, and
/// where the kernel has no IPv6, it takes the one that is there: so manifests may say `[::]` and work everywhere.
fn socket(address: SocketAddr, ipv6: fn() -> io::Result<TcpSocket>) -> io::Result<(TcpSocket, SocketAddr)> {
    if address.is_ipv4() {
        return Ok((TcpSocket::new_v4()?, address));
    }
    let everywhere = address.ip() == Ipv6Addr::UNSPECIFIED;
    match ipv6() {
        Ok(socket) => {
            if everywhere {
                SockRef::from(&socket).set_only_v6(false)?;
            }
            Ok((socket, address))
        }
        // Whatever else may be wrong is wrong with this socket as well.
        Err(_) if everywhere => Ok((TcpSocket::new_v4()?, (Ipv4Addr::UNSPECIFIED, address.port()).into())),
        Err(error) => Err(error),
    }
}

fn start<E>(parts: &mut Parts, name: &'static str, part: impl Future<Output = Result<(), E>> + Send + 'static)
where
    E: Display + Send,
{
    parts.spawn(async move { (name, part.await.map_err(|error| anyhow!("{error}"))) });
}

fn unexpected(ended: Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>) -> anyhow::Error {
    match ended {
        Ok((name, Ok(()))) => anyhow!("{name} ended by itself; this is a bug"),
        Ok((name, Err(error))) => error.context(format!("{name} failed")),
        Err(error) => anyhow!("a part of the server failed: {error}; this is a bug"),
    }
}

/// Waits for the parts to end: as long as the grace period and the user's patience last.
async fn end(mut parts: Parts, grace: Duration, signals: &mut Signals) {
    let all = async {
        while let Some(ended) = parts.join_next().await {
            if let Ok((name, Err(error))) = ended {
                error!(%error, part = name, "Failed during shutdown");
            }
        }
    };
    tokio::select! {
        () = all => info!("Stopped"),
        () = sleep(grace) => warn!(?grace, "Stopped with open streams: the grace period is over"),
        signal = signals.next() => warn!(signal, "Stopped at once on a second signal"),
    }
}

/// What identifies this replica: the name of its pod, or of the machine.
fn identifier() -> Arc<str> {
    let named = env::var("HOSTNAME").or_else(|_| fs::read_to_string("/proc/sys/kernel/hostname")).unwrap_or_default();
    let name = named.trim();
    if name.is_empty() { "chancery".into() } else { name.into() }
}

#[cfg(test)]
mod tests;
