//! Chancery itself, and files to feed it with.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use tempfile::TempDir;
use test_support::process::{free_address, get};
use tokio::time::{sleep, timeout};

use super::process::Process;
use crate::{clock, stamp};

/// `chancery serve`.
#[derive(Debug)]
pub struct Chancery {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub process: Process,
    program: PathBuf,
    arguments: Vec<String>,
    admin: SocketAddr,
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

    /// The arguments of a Chancery that serves it.
    pub fn arguments(&self) -> [String; 2] {
        ["--manifests".to_owned(), self.directory.path().display().to_string()]
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

    fn file(&self, service: usize) -> PathBuf {
        self.directory.path().join(format!("s{service}.yaml"))
    }
}

impl Chancery {
    /// Starts it; the arguments say where its Services come from.
    pub fn begin(program: &Path, source: &[String]) -> anyhow::Result<Self> {
        let (address, admin) = (free_address(), free_address());
        let (xds_listen, admin_listen) = (address.to_string(), admin.to_string());
        let listen = ["serve", "--xds-listen", &xds_listen, "--admin-listen", &admin_listen];
        let arguments: Vec<String> = listen.iter().map(|&word| word.to_owned()).chain(source.iter().cloned()).collect();
        let process = process(program, &arguments)?;
        Ok(Self { address, process, program: program.to_owned(), arguments, admin })
    }

    /// Starts it and returns when it is ready.
    pub async fn start(program: &Path, source: &[String]) -> anyhow::Result<Self> {
        let chancery = Self::begin(program, source)?;
        let ready = async {
            while !matches!(get(chancery.admin, "/readyz").await, Some((200, _))) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        ensure!(timeout(Duration::from_mins(1), ready).await.is_ok(), "chancery isn't ready after a minute");
        Ok(chancery)
    }

    /// Kills it, and starts it again at the same address. Returns when it was killed.
    pub(super) async fn restart(&mut self) -> anyhow::Result<u64> {
        let killed = clock::now();
        self.process.kill().await?;
        self.process = process(&self.program, &self.arguments)?;
        Ok(killed)
    }
}

fn process(program: &Path, arguments: &[String]) -> anyhow::Result<Process> {
    Process::start(program, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
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
