//! A real Envoy, as a child process, and what it says of itself.

#[cfg(feature = "harness")]
pub mod configuration;
mod program;
#[cfg(feature = "harness")]
mod proxy;
mod stats;
#[cfg(feature = "harness")]
mod variant;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::http;
use crate::process::{Log, Process, apart};

pub use program::{OLDEST, Program, VERSIONS, Version};
#[cfg(feature = "harness")]
pub use proxy::Proxy;
pub use stats::Stats;
#[cfg(feature = "harness")]
pub use variant::{Variant, address, printed};

/// How long Envoy may take to start and to get its first clusters and listeners.
const START: Duration = Duration::from_secs(30);

/// A running Envoy. Killed when dropped.
#[derive(Debug)]
pub struct Envoy {
    process: Process,
    admin: SocketAddr,
}

impl Envoy {
    /// Starts an Envoy with a bootstrap, in which the admin interface must be at `admin`. Returns at once: see
    /// [`Self::ready`]. In `directory` are its bootstrap, `envoy.yaml`, and its log, `envoy.log`.
    pub fn start(program: &Program, bootstrap: &Value, admin: SocketAddr, directory: &Path) -> anyhow::Result<Self> {
        let file = directory.join("envoy.yaml");
        let yaml = serde_saphyr::to_string(bootstrap).context("the bootstrap is no YAML")?;
        fs::write(&file, yaml).with_context(|| format!("can't write {}", file.display()))?;
        let mut command = apart(&program.path);
        command.arg("-c").arg(&file);
        // Hot restart shares memory with every other Envoy of the same base id, as of a test that runs at the same time.
        command.args(["--disable-hot-restart", "--concurrency", "2", "--log-level", "info"]);
        let process = Process::start("Envoy", &mut command, Log::File(directory.join("envoy.log")))?;
        Ok(Self { process, admin })
    }

    /// Returns when it is live and has the listener `listener`. An error, with the end of its log, when it ends or takes
    /// longer than 30 s.
    pub async fn ready(&mut self, listener: &str) -> anyhow::Result<()> {
        let admin = self.admin;
        let is_live = async || http::get(admin, "/ready").await.is_ok();
        self.process.until("become ready", START, is_live).await?;
        let has_listener = async || listens(admin, listener).await.unwrap_or(false);
        self.process.until(&format!("get the listener {listener}"), START, has_listener).await
    }

    /// Posts to its admin interface: `/healthcheck/fail`.
    pub async fn post(&self, path: &str) -> anyhow::Result<()> {
        http::post(self.admin, path).await.map(drop)
    }

    /// Ends it, with all its connections, and returns when it is gone. An error when that takes longer than `patience`.
    pub async fn end(mut self, patience: Duration) -> anyhow::Result<()> {
        self.post("/quitquitquit").await?;
        self.process.ended(patience).await?;
        Ok(())
    }

    /// Kills it without warning.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill().await
    }

    /// Where its admin interface is.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Its process: its log, its memory.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Its counters and gauges.
    pub async fn stats(&self) -> anyhow::Result<Stats> {
        Ok(Stats::from_json(&self.json("/stats?format=json&type=Counters").await?)
            .merge(Stats::from_json(&self.json("/stats?format=json&type=Gauges").await?)))
    }

    /// Every cluster with its hosts, as `envoy.admin.v3.Clusters` in JSON.
    pub async fn clusters(&self) -> anyhow::Result<Value> {
        self.json("/clusters?format=json").await
    }

    /// The addresses of the hosts of one cluster, with their EDS health: `HEALTHY`, `DRAINING`, …; empty when there is no
    /// such cluster.
    pub async fn hosts(&self, cluster: &str) -> anyhow::Result<Vec<(String, String)>> {
        let clusters = self.clusters().await?;
        let array = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |value: &Value, pointer: &str| {
            value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Ok(array(&clusters, "cluster_statuses")
            .iter()
            .filter(|status| status.get("name").is_some_and(|name| name == cluster))
            .flat_map(|status| array(status, "host_statuses"))
            .map(|host| {
                (text(&host, "/address/socket_address/address"), text(&host, "/health_status/eds_health_status"))
            })
            .collect())
    }

    /// All it was configured with, endpoints included, as `envoy.admin.v3.ConfigDump` in JSON.
    pub async fn config_dump(&self) -> anyhow::Result<Value> {
        self.json("/config_dump?include_eds").await
    }

    async fn json(&self, path: &str) -> anyhow::Result<Value> {
        let body = http::get(self.admin, path).await?;
        serde_json::from_slice(&body).with_context(|| format!("http://{}{path} is no JSON", self.admin))
    }
}

async fn listens(admin: SocketAddr, listener: &str) -> anyhow::Result<bool> {
    let body = http::get(admin, "/listeners?format=json").await?;
    let listeners: Value = serde_json::from_slice(&body)?;
    let statuses = listeners.get("listener_statuses").and_then(Value::as_array);
    Ok(statuses.is_some_and(|all| all.iter().any(|one| one.get("name").is_some_and(|name| name == listener))))
}
