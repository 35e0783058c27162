//! A real Envoy, steered by a control plane.

use std::net::SocketAddr;

use tempfile::TempDir;

use super::{Envoy, Program, Stats};
use crate::addresses::free_address;
use crate::{bootstrap, programs, soon};

/// An Envoy with its files. Killed when dropped.
#[derive(Debug)]
pub struct Proxy {
    /// The Envoy.
    pub envoy: Envoy,
    _directory: TempDir,
}

impl Proxy {
    /// Starts an Envoy of this fleet that gets its configuration from `xds`, in delta or in the state of the world.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start(xds: SocketAddr, fleet: &str, delta: bool) -> Self {
        Self::start_in(None, xds, fleet, delta)
    }

    /// The same in this zone.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start_in(zone: Option<&str>, xds: SocketAddr, fleet: &str, delta: bool) -> Self {
        Self::start_on(None, zone, xds, fleet, delta)
    }

    /// The same on this Kubernetes node.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start_on(node: Option<&str>, zone: Option<&str>, xds: SocketAddr, fleet: &str, delta: bool) -> Self {
        let admin = free_address();
        let node_id = format!("--node-id=test-{}", admin.port());
        let (server, admin_address) = (format!("--server={xds}"), format!("--admin-address={admin}"));
        let form = if delta { "--delta" } else { "--sotw" };
        let mut arguments = vec![node_id.as_str(), "--fleet", fleet, &server, &admin_address, form];
        arguments.extend(zone.into_iter().flat_map(|zone| ["--zone", zone]));
        arguments.extend(node.into_iter().flat_map(|node| ["--node-name", node]));
        let chancery = programs::chancery().expect("it was built with the test");
        Self::start_with(&bootstrap::envoy(&chancery, &arguments).expect("a bootstrap"), admin)
    }

    /// Starts an Envoy with this bootstrap, whose admin interface is at `admin`.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start_with(bootstrap: &serde_json::Value, admin: SocketAddr) -> Self {
        Self::start_program(&programs::envoy(), bootstrap, admin)
    }

    /// The same with this Envoy.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start_program(program: &Program, bootstrap: &serde_json::Value, admin: SocketAddr) -> Self {
        let directory = tempfile::Builder::new().prefix("chancery-envoy-").tempdir().expect("a temporary directory");
        let envoy = Envoy::start(program, bootstrap, admin, directory.path()).expect("Envoy starts");
        Self { envoy, _directory: directory }
    }

    /// Returns when the listener is there.
    ///
    /// # Panics
    /// When it doesn't come.
    pub async fn ready(&mut self, listener: &str) {
        self.envoy.ready(listener).await.expect("Envoy becomes ready");
    }

    /// Returns when `holds` is true of Envoy's counters and gauges.
    ///
    /// # Panics
    /// When it doesn't become true.
    pub async fn until_stats(&self, what: &str, mut holds: impl FnMut(&Stats) -> bool) {
        soon(what, async {
            while !self.envoy.stats().await.is_ok_and(|stats| holds(&stats)) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// Returns when the cluster has this many hosts of this health, and no other hosts.
    ///
    /// # Panics
    /// When it doesn't come to that.
    pub async fn until_hosts(&self, cluster: &str, health: &str, count: usize) {
        soon(&format!("{count} {health} hosts in {cluster}"), async {
            loop {
                let hosts = self.envoy.hosts(cluster).await.unwrap_or_default();
                if hosts.len() == count && hosts.iter().all(|(_, is)| is == health) {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// Fails the test if Envoy ever rejected anything.
    ///
    /// # Panics
    /// When it did.
    pub async fn rejected_nothing(&self) {
        let stats = self.envoy.stats().await.expect("Envoy answers");
        assert_eq!(stats.rejected_updates(), 0, "Envoy rejected something");
    }
}
