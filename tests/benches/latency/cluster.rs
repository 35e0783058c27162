//! From a write to the Kubernetes API to the wire, beside a bare watch of the same objects.

use std::time::{Duration, Instant};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Api, ListParams, Patch, PatchParams, WatchEvent, WatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;
use test_support::ads;
use test_support::cluster::Cluster;
use test_support::process::Serve;

use crate::figures::Figures;
use crate::holder;

const SERVICES: usize = 100;
const ENDPOINTS: usize = 10;
const CHANGES: usize = 300;

/// Measures and prints.
pub async fn run() -> anyhow::Result<()> {
    println!("kube-apiserver: {SERVICES} Services x {ENDPOINTS} endpoints, one delta client that holds all of them");
    let cluster = Cluster::start().await;
    cluster.kubectl(&["apply", "-k", concat!(env!("CARGO_MANIFEST_DIR"), "/manifests")]).await;
    cluster.kubectl(&["create", "namespace", "bench"]).await;
    cluster.apply(&(0..SERVICES).map(manifest).collect::<Vec<_>>().join("\n")).await;

    let serve = Serve::for_cluster(env!("CARGO_BIN_EXE_chancery"), &cluster.chancery_kubeconfig());
    let mut client = holder::connect(&serve, SERVICES).await?;
    let config = kube::Config::from_custom_kubeconfig(
        Kubeconfig::read_from(cluster.admin_kubeconfig())?,
        &KubeConfigOptions::default(),
    )
    .await?;
    let slices: Api<EndpointSlice> = Api::namespaced(kube::Client::try_from(config.clone())?, "bench");
    let watched: Api<EndpointSlice> = Api::namespaced(kube::Client::try_from(config)?, "bench");
    let version = watched.list_metadata(&ListParams::default()).await?.metadata.resource_version.unwrap_or_default();
    let mut watch = watched.watch(&WatchParams::default().timeout(290), &version).await?.boxed();

    let (mut to_watch, mut to_client, mut between) = (Figures::default(), Figures::default(), Figures::default());
    for change in 0..CHANGES {
        let service = change * 37 % SERVICES;
        let patch = json!({"endpoints": endpoints(service, change % 200 + 2)});
        let begun = Instant::now();
        let (name, params, patch) = (format!("s{service}-1"), PatchParams::default(), Patch::Merge(&patch));
        let write = slices.patch(&name, &params, &patch);
        let seen = async {
            while let Some(event) = watch.try_next().await? {
                if matches!(event, WatchEvent::Modified(_)) {
                    return Ok(begun.elapsed());
                }
            }
            Err(anyhow::anyhow!("the bare watch ended"))
        };
        let received = async {
            let response = client.next().await;
            (begun.elapsed(), response)
        };
        let (written, seen, (received, response)) = tokio::join!(write, seen, received);
        written.context("the write")?;
        let seen = seen?;
        anyhow::ensure!(ads::names(&response) == [format!("bench/s{service}/50051")], "{response:?}");
        to_watch.push(seen);
        to_client.push(received);
        between.push(received.saturating_sub(seen));
        client.ack(&response).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    to_watch.print("  write to a bare watch");
    to_client.print("  write to the assignment at the client");
    between.print("  the client after the bare watch, change by change");
    println!("  resident memory with that one client: {} MB", serve.resident_bytes() / 1_000_000);
    Ok(())
}

fn manifest(service: usize) -> String {
    let objects = [
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": format!("s{service}"), "namespace": "bench",
                         "annotations": {"chancery.dev/enabled": "true"}},
            "spec": {"clusterIP": "None", "ports": [{"name": "grpc", "port": 50051}]},
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": format!("s{service}-1"), "namespace": "bench",
                         "labels": {"kubernetes.io/service-name": format!("s{service}")}},
            "addressType": "IPv4", "ports": [{"name": "grpc", "port": 50051}],
            "endpoints": endpoints(service, 1),
        }),
    ];
    objects.map(|object| object.to_string()).join("\n")
}

/// Ten endpoints; `last` is the last byte of the first one's address.
fn endpoints(service: usize, last: usize) -> serde_json::Value {
    (0..ENDPOINTS)
        .map(|endpoint| {
            let address = match endpoint {
                0 => format!("10.0.{service}.{last}"),
                _ => format!("11.0.{service}.{endpoint}"),
            };
            json!({"addresses": [address], "conditions": {"ready": true}})
        })
        .collect()
}
