//! A gateway: an Envoy of the fleet, with an IP address of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use data_plane_api::json;
use prost::Message as _;
use prost_types::Any;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::cli::bootstrap::{self, HostPort};
use crate::cli::demo::deployment::Workload;
use crate::cli::demo::envoy::{Envoy, Program};
use crate::translate::envoy::{ListenerOptions, listener};

/// The fleet of all gateways.
pub const FLEET: &str = "gateway";

/// Where the admin interface of an Envoy is, beside its listener.
const ADMIN_PORT: u16 = 9901;

/// How often a draining Envoy is asked whether it has answered all that it had begun.
const POLL: Duration = Duration::from_millis(20);

/// A running gateway. Killed when dropped.
#[derive(Debug)]
pub struct Gateway {
    name: String,
    address: SocketAddr,
    envoy: Envoy,
}

/// What gateways have in common.
#[derive(Debug)]
pub struct Template {
    /// Their program.
    pub program: Program,
    /// Where they learn of routes, clusters and endpoints.
    pub xds: SocketAddr,
}

impl Gateway {
    /// The Envoy.
    pub fn envoy(&self) -> &Envoy {
        &self.envoy
    }
}

impl Workload for Gateway {
    type Template = Template;

    /// Its bootstrap and its log are in the directory `<logs>/<name>`.
    async fn start(template: &Template, name: &str, address: SocketAddr, logs: &Path) -> anyhow::Result<Self> {
        let directory = logs.join(name);
        fs::create_dir(&directory).with_context(|| format!("can't create {}", directory.display()))?;
        let admin = SocketAddr::new(address.ip(), ADMIN_PORT);
        let bootstrap = bootstrap(template, name, address, admin)?;
        let mut envoy = Envoy::start(&template.program, &bootstrap, admin, &directory)?;
        let options = ListenerOptions::default();
        envoy.ready(&options.name).await.with_context(|| name.to_owned())?;
        Ok(Self { name: name.to_owned(), address, envoy })
    }

    /// It is in the header `server` of each of its answers.
    fn name(&self) -> &str {
        &self.name
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    /// As a `preStop` hook does it, for an Envoy ends at once when it gets SIGTERM: from now on it tells everybody who
    /// still sends a request to go elsewhere (`GOAWAY` after the answer); it ends when it has answered all.
    async fn drain(self, patience: Duration) -> anyhow::Result<()> {
        let Self { name, address: _, envoy } = self;
        let drained = async {
            envoy.post("/healthcheck/fail").await?;
            let deadline = Instant::now() + patience;
            while envoy.stats().await?.get("http.http.downstream_rq_active") > 0 {
                anyhow::ensure!(Instant::now() < deadline, "still has requests after {} s", patience.as_secs());
                sleep(POLL).await;
            }
            envoy.end(patience).await
        };
        drained.await.with_context(|| name)
    }

    async fn kill(self) -> anyhow::Result<()> {
        self.envoy.kill().await
    }
}

/// An Envoy as people have them already: its listener is its own, in its bootstrap; routes, clusters and endpoints are the
/// fleet's. So several of them can be on one machine, each on its own address, where all of a fleet that takes its listener
/// from Chancery would open the same port.
fn bootstrap(template: &Template, name: &str, address: SocketAddr, admin: SocketAddr) -> anyhow::Result<Value> {
    let Template { program: _, xds } = template;
    let envoy = bootstrap::envoy::Envoy {
        node_id: name.to_owned(),
        fleet: FLEET.to_owned(),
        zone: None,
        node_name: None,
        server: HostPort { host: xds.ip().to_string(), port: xds.port() },
        delta: true,
        sotw: false,
        admin_address: admin,
    };
    let mut message = envoy.message();
    if let Some(dynamic) = &mut message.dynamic_resources {
        dynamic.lds_config = None;
    }
    let mut bootstrap = json::of(&message).context("the bootstrap is no JSON")?;

    let options = ListenerOptions { address, ..ListenerOptions::default() };
    let Any { type_url, value } = Any::decode(listener(&options).any().clone())?;
    let mut listener = json::to_json(&type_url, &value).context("the listener is no JSON")?;
    let manager = listener.pointer_mut("/filter_chains/0/filters/0/typed_config").and_then(Value::as_object_mut);
    // It is put into the header `server` of each answer.
    manager.context("the listener has no connection manager")?.insert("server_name".to_owned(), json!(name));
    let fixed = bootstrap.pointer_mut("/static_resources").and_then(Value::as_object_mut);
    fixed.context("the bootstrap has no clusters")?.insert("listeners".to_owned(), json!([listener]));
    Ok(bootstrap)
}

#[cfg(test)]
mod tests;
