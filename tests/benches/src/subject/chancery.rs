//! Chancery itself, fed by files.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use tempfile::TempDir;
use test_support::process::{free_address, get};
use tokio::time::{sleep, timeout};

use super::process::Process;
use crate::{clock, stamp};

/// `chancery serve --manifests` of a world.
#[derive(Debug)]
pub struct Chancery {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub process: Process,
    admin: SocketAddr,
    pub(super) world: World,
}

/// Services in a directory, each with its EndpointSlices in a file of its own.
#[derive(Debug)]
pub struct World {
    directory: TempDir,
    endpoints: usize,
}

impl World {
    /// Writes the files.
    pub fn new(services: usize, endpoints: usize) -> anyhow::Result<Self> {
        let world = Self { directory: tempfile::tempdir()?, endpoints };
        for service in 0..services {
            fs::write(world.file(service), manifest(service, endpoints, 0))?;
        }
        Ok(world)
    }

    /// Where the files are.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Changes a Service; returns when that began.
    pub fn change(&self, service: usize, change: u32) -> anyhow::Result<u64> {
        let text = manifest(service, self.endpoints, change);
        let begun = clock::now();
        let fresh = self.directory.path().join(".fresh");
        fs::write(&fresh, text)?;
        fs::rename(&fresh, self.file(service))?;
        Ok(begun)
    }

    fn file(&self, service: usize) -> std::path::PathBuf {
        self.directory.path().join(format!("s{service}.yaml"))
    }
}

impl Chancery {
    /// Starts it.
    pub fn begin(program: &Path, world: World) -> anyhow::Result<Self> {
        let (address, admin) = (free_address(), free_address());
        let process = process(program, &world, address, admin)?;
        Ok(Self { address, process, admin, world })
    }

    /// Starts it and returns when it is ready.
    pub(super) async fn start(program: &Path, world: World) -> anyhow::Result<Self> {
        let chancery = Self::begin(program, world)?;
        let ready = async {
            while !matches!(get(chancery.admin, "/readyz").await, Some((200, _))) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        ensure!(timeout(Duration::from_secs(60), ready).await.is_ok(), "chancery isn't ready after a minute");
        Ok(chancery)
    }

    /// Kills it, and starts it again at the same address. Returns when it was killed.
    pub(super) async fn restart(&mut self, program: &Path) -> anyhow::Result<u64> {
        let killed = clock::now();
        self.process.kill().await?;
        self.process = process(program, &self.world, self.address, self.admin)?;
        Ok(killed)
    }
}

fn process(program: &Path, world: &World, xds: SocketAddr, admin: SocketAddr) -> anyhow::Result<Process> {
    let directory = world.path().to_str().context("a path in UTF-8")?;
    let (xds, admin) = (xds.to_string(), admin.to_string());
    Process::start(program, &["serve", "--manifests", directory, "--xds-listen", &xds, "--admin-listen", &admin])
}

/// How many endpoints the EndpointSlice controller puts into a slice.
const SLICE: usize = 100;

/// A Service with its EndpointSlices; the first endpoint's address has the number of the last change.
fn manifest(service: usize, endpoints: usize, change: u32) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: s{service}\n  namespace: bench\n  annotations:\n    \
         chancery.dev/enabled: \"true\"\nspec:\n  ports:\n  - {{name: grpc, port: 50051}}\n"
    );
    for begin in (0..endpoints).step_by(SLICE) {
        let _ = write!(
            text,
            "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: s{service}-{begin}\n  \
             namespace: bench\n  labels: {{kubernetes.io/service-name: s{service}}}\naddressType: IPv4\nports:\n\
             - {{name: grpc, port: 50051}}\nendpoints:\n"
        );
        for endpoint in begin..endpoints.min(begin + SLICE) {
            let address = match endpoint {
                0 => stamp::address(change).to_string(),
                _ => format!("{}.{}.{}.{}", 11 + endpoint / 250, service / 250, service % 250, endpoint % 250),
            };
            let _ = writeln!(text, "- {{addresses: [\"{address}\"], conditions: {{ready: true}}}}");
        }
    }
    text
}
