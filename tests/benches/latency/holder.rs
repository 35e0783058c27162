//! A client that holds everything.

use anyhow::ensure;
use chancery::xds::ResourceType::{Cluster, Endpoint};
use test_support::ads::{self, Delta};
use test_support::process::Serve;

/// Connects once `serve` is ready, and returns when the client holds the clusters and assignments of this many Service
/// ports.
pub async fn connect(serve: &Serve, ports: usize) -> anyhow::Result<Delta> {
    serve.ready().await;
    let mut client = ads::delta(serve.xds).await?;
    client.ask(Some(ads::envoy("bench", "bench")), Cluster, &[]).await;
    let clusters = client.next().await;
    client.ack(&clusters).await;
    let names = ads::names(&clusters);
    ensure!(names.len() == ports, "{} clusters", names.len());
    client.ask(None, Endpoint, &names).await;
    let endpoints = client.next().await;
    client.ack(&endpoints).await;
    ensure!(endpoints.resources.len() == ports, "{} assignments", endpoints.resources.len());
    Ok(client)
}
