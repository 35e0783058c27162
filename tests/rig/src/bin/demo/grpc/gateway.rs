//! A gateway: an Envoy of the fleet, with an IP address of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use rig::deployment::Workload;
use rig::envoy::{Envoy, Program};
use rig::serve::Serve;
use rig::{bootstrap, http};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};

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
    program: Program,
    /// The name of their listener.
    listener: String,
    /// All of their bootstrap but who they are, and where.
    bootstrap: Value,
    logs: PathBuf,
}

impl Template {
    /// Gateways that run this Envoy and learn of routes, clusters and endpoints from this Chancery. Their logs and bootstraps
    /// go to `logs`.
    ///
    /// A gateway is an Envoy as people have them already: its listener is its own, in its bootstrap. So several of them can be
    /// on one machine, each on its own address, where all of a fleet that takes its listener from Chancery would open the same
    /// port. It is the one that Chancery would give them, all the same.
    pub async fn new(program: Program, chancery: PathBuf, serve: &Serve, logs: PathBuf) -> anyhow::Result<Self> {
        let dump = http::get(serve.admin, &format!("/config_dump?fleet={FLEET}")).await?;
        let dump: Value = serde_json::from_slice(&dump).context("the configuration dump is no JSON")?;
        let listener = dump.pointer("/listeners/0").context("Chancery serves no listener")?;
        let server = format!("--server={}", serve.xds);
        let bootstrap = bootstrap::envoy(&chancery, &["--fleet", FLEET, &server])?;
        Self::of(program, bootstrap, listener, logs)
    }

    fn of(program: Program, mut bootstrap: Value, listener: &Value, logs: PathBuf) -> anyhow::Result<Self> {
        let name = listener.get("name").and_then(Value::as_str).context("the listener has no name")?.to_owned();
        object(&mut bootstrap, "/dynamic_resources")?.remove("lds_config");
        object(&mut bootstrap, "/static_resources")?.insert("listeners".to_owned(), json!([listener]));
        Ok(Self { program, listener: name, bootstrap, logs })
    }

    /// The bootstrap of one of them.
    fn bootstrap(&self, name: &str, address: SocketAddr, admin: SocketAddr) -> anyhow::Result<Value> {
        let mut bootstrap = self.bootstrap.clone();
        object(&mut bootstrap, "/node")?.insert("id".to_owned(), json!(name));
        object(&mut bootstrap, "/admin/address")?.insert("socket_address".to_owned(), socket(admin));
        let listener = "/static_resources/listeners/0";
        object(&mut bootstrap, &format!("{listener}/address"))?.insert("socket_address".to_owned(), socket(address));
        // It is put into the header `server` of each answer.
        object(&mut bootstrap, &format!("{listener}/filter_chains/0/filters/0/typed_config"))?
            .insert("server_name".to_owned(), json!(name));
        Ok(bootstrap)
    }
}

fn object<'a>(value: &'a mut Value, pointer: &str) -> anyhow::Result<&'a mut Map<String, Value>> {
    let object = value.pointer_mut(pointer).and_then(Value::as_object_mut);
    object.with_context(|| format!("there is nothing at {pointer} in the bootstrap"))
}

fn socket(address: SocketAddr) -> Value {
    json!({ "address": address.ip(), "port_value": address.port() })
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
    async fn start(template: &Template, name: &str, address: SocketAddr) -> anyhow::Result<Self> {
        let directory = template.logs.join(name);
        fs::create_dir(&directory).with_context(|| format!("can't create {}", directory.display()))?;
        let admin = SocketAddr::new(address.ip(), ADMIN_PORT);
        let bootstrap = template.bootstrap(name, address, admin)?;
        let mut envoy = Envoy::start(&template.program, &bootstrap, admin, &directory)?;
        envoy.ready(&template.listener).await.with_context(|| name.to_owned())?;
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

#[cfg(test)]
mod tests;
