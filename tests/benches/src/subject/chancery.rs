//! Chancery itself, and files to feed it with.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rig::addresses::{POD_PORT, free_address};
use rig::manifests::{Listed, Service, file};
use rig::process::Log;
use rig::serve::Serve;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{clock, stamp};

/// Starts `chancery serve`; the arguments say where its Services come from.
pub fn begin(program: &Path, source: &[String]) -> anyhow::Result<Serve> {
    let source: Vec<&str> = source.iter().map(String::as_str).collect();
    Serve::launch(Command::new(program), [free_address(), free_address()], &source, Log::Nowhere)
}

/// Starts it and returns when it is ready.
pub async fn start(program: &Path, source: &[String]) -> anyhow::Result<Serve> {
    let mut serve = begin(program, source)?;
    serve.until_ready(Duration::from_mins(1)).await?;
    Ok(serve)
}

/// Where the Services are, which the load generator knows, too.
pub const NAMESPACE: &str = "bench";

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

/// A Service with its EndpointSlices, in a file.
fn manifest(service: usize, endpoints: usize, change: u32) -> String {
    let (service, pods) = objects(service, endpoints, change);
    file(std::iter::once(service.manifest()).chain(service.slices(&pods)))
}

/// A Service and its pods; the address of the first one has the number of the last change.
pub fn objects(number: usize, endpoints: usize, change: u32) -> (Service, Vec<Listed>) {
    let name = format!("s{number}");
    let service = Service { namespace: NAMESPACE.to_owned(), ..Service::shop(&name, &[]) };
    // No number here is beyond 250, if there are at most 60 000 Services and endpoints.
    let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let address = |endpoint| match endpoint {
        0 => stamp::address(change),
        _ => [11 + endpoint / 250, number / 250, number % 250, endpoint % 250].map(byte).into(),
    };
    (service, (0..endpoints).map(|endpoint| Listed::ready("", (address(endpoint), POD_PORT).into())).collect())
}
