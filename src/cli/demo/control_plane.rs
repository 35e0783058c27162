//! `chancery serve`, as a child process.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::process::Command;

use super::process::Process;
use crate::cli::http;

/// How long it may take to read the manifests and listen.
const START: Duration = Duration::from_secs(10);

/// A running `chancery serve` over a directory of manifests. Killed when dropped.
///
/// A process of its own, so that what is measured is what a user runs, and its memory is its own.
#[derive(Debug)]
pub struct ControlPlane {
    process: Process,
    addresses: Addresses,
}

/// Where a control plane listens.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// xDS.
    pub xds: SocketAddr,
    /// The admin port.
    pub admin: SocketAddr,
}

impl ControlPlane {
    /// Starts `program serve`, and returns when it is ready. Envoys that take their listener from it open
    /// `listener`, if there is any. Its log is `<logs>/chancery.log`.
    pub async fn start(
        program: &Path,
        manifests: &Path,
        addresses: Addresses,
        listener: Option<SocketAddr>,
        logs: &Path,
    ) -> anyhow::Result<Self> {
        let Addresses { xds, admin } = addresses;
        let mut command = Command::new(program);
        command.arg("serve").arg("--manifests").arg(manifests).arg("--allow-loopback-endpoints");
        command.args(["--xds-listen", &xds.to_string(), "--admin-listen", &admin.to_string()]);
        if let Some(listener) = listener {
            command.args(["--envoy-listener", &listener.to_string()]);
        }
        // Settings of the user's own control plane aren't meant for this one.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("CHANCERY_") {
                command.env_remove(variable);
            }
        }
        let mut process = Process::start("Chancery", command, &logs.join("chancery.log"))?;
        process.until("become ready", START, async || http::get(admin, "/readyz").await.is_ok()).await?;
        Ok(Self { process, addresses })
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// How many updates clients of this kind refused, `envoy` or `grpc`. 0 unless somebody has made a mistake.
    pub async fn refused_by(&self, client: &str) -> anyhow::Result<u64> {
        let page = http::get(self.addresses.admin, "/metrics").await?;
        Ok(refused_by(client, &String::from_utf8_lossy(&page)))
    }

    /// Its process: its log, its memory.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

fn refused_by(client: &str, metrics: &str) -> u64 {
    let client = format!("client=\"{client}\"");
    let samples = metrics.lines().filter_map(|line| line.strip_prefix("chancery_xds_nacks_total{")?.split_once("} "));
    let ours = samples.filter(|(labels, _)| labels.split(',').any(|label| label == client));
    ours.filter_map(|(_, value)| value.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests;
