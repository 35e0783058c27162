//! From a file's rename to the wire: 1000 Services of 10 endpoints, each in a file of its own.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use test_support::ads;
use test_support::process::Serve;

use crate::figures::Figures;
use crate::holder;

const SERVICES: usize = 1000;
const ENDPOINTS: usize = 10;
const CHANGES: usize = 300;
const STARTS: usize = 5;

/// Measures and prints.
pub async fn run() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    for service in 0..SERVICES {
        fs::write(file(directory.path(), service), manifest(service, 1))?;
    }
    let path = directory.path().to_str().context("a path in UTF-8")?;
    println!("manifests: {SERVICES} Services x {ENDPOINTS} endpoints, one delta client that holds all of them");

    let mut starts = Figures::default();
    for _ in 1..STARTS {
        let (begun, mut serve) = (Instant::now(), Serve::start(env!("CARGO_BIN_EXE_chancery"), &["--manifests", path]));
        holder::connect(&serve, SERVICES).await?;
        starts.push(begun.elapsed());
        serve.kill().await;
    }
    let (begun, serve) = (Instant::now(), Serve::start(env!("CARGO_BIN_EXE_chancery"), &["--manifests", path]));
    let mut client = holder::connect(&serve, SERVICES).await?;
    starts.push(begun.elapsed());
    starts.print("  process start to all clusters and assignments held");

    let mut changes = Figures::default();
    for change in 0..CHANGES {
        let service = change * 37 % SERVICES;
        let fresh = directory.path().join(".fresh");
        fs::write(&fresh, manifest(service, change % 200 + 2))?;
        let begun = Instant::now();
        fs::rename(&fresh, file(directory.path(), service))?;
        let response = client.next().await;
        changes.push(begun.elapsed());
        anyhow::ensure!(ads::names(&response) == [format!("bench/s{service}/50051")], "{response:?}");
        client.ack(&response).await;
        // Changes come one at a time: the next only when this one is over for everybody.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    changes.print("  rename of a file to the assignment at the client");
    println!("  resident memory with that one client: {} MB", serve.resident_bytes() / 1_000_000);
    Ok(())
}

fn file(directory: &Path, service: usize) -> std::path::PathBuf {
    directory.join(format!("s{service}.yaml"))
}

/// A Service with its EndpointSlice; `last` is the last byte of its first address.
fn manifest(service: usize, last: usize) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: s{service}\n  namespace: bench\n  annotations:\n    \
         chancery.dev/enabled: \"true\"\nspec:\n  ports:\n  - {{name: grpc, port: 50051}}\n---\n\
         apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: s{service}-1\n  namespace: bench\n  \
         labels: {{kubernetes.io/service-name: s{service}}}\naddressType: IPv4\nports:\n- {{name: grpc, port: 50051}}\n\
         endpoints:\n"
    );
    let (high, low) = (service / 250, service % 250);
    let _ = writeln!(text, "- {{addresses: [\"10.{high}.{low}.{last}\"], conditions: {{ready: true}}}}");
    for endpoint in 1..ENDPOINTS {
        let _ = writeln!(text, "- {{addresses: [\"11.{high}.{low}.{endpoint}\"], conditions: {{ready: true}}}}");
    }
    text
}
