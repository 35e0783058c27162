//! Everything that the demo runs.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, bail};
use data_plane_api::json;

use super::addresses::POD_PORT;
use super::control_plane::{Addresses, ControlPlane};
use super::deployment::Deployment;
use super::envoy::{Envoy, Program};
use super::load::{Load, Plan};
use super::manifests::{Condition, Manifests, ServiceFacts};
use super::pod::Pod;
use super::scenario::Scenario;
use super::scratch::Scratch;
use super::screen::Screen;
use super::settings::Settings;
use super::stay::{Way, shown};
use super::steps::Tier;
use super::story;
use crate::app::config;
use crate::cli::bootstrap::{HostPort, envoy as bootstrap};

/// The cluster of the demo's Service in Envoy.
pub const CLUSTER: &str = "shop/cart/50051";

/// What callers dial.
pub const AUTHORITY: &str = "cart.shop:50051";

/// When Envoy repeats a request on another pod.
const RETRY_ON: &str = "connect-failure,refused-stream,unavailable,reset";

/// Where Envoy's own admin interface is, when that port is free.
const ENVOY_ADMIN_PORT: u16 = 9901;

/// The name of the listener that every Envoy gets.
const LISTENER: &str = "http";

/// The world. What is above ends first when it is dropped; nothing writes into the directory when that goes.
#[derive(Debug)]
pub struct World {
    /// The callers.
    pub load: Load,
    /// What they call through.
    pub envoy: Envoy,
    /// What tells it where the pods are.
    pub control_plane: ControlPlane,
    /// The pods.
    pub cart: Deployment<Pod>,
    listener: SocketAddr,
    _directory: Scratch,
}

impl World {
    /// The pods, and the requests that they get.
    pub fn tier(&mut self) -> Tier<'_, Pod> {
        Tier { pods: &mut self.cart, journal: self.load.journal() }
    }
}

impl Scenario for World {
    type Settings = Settings;

    const TITLE: &'static str = "A Service with its pods, a control plane, an Envoy and its callers";

    async fn start(settings: &Settings, program: &Path, screen: &mut Screen<'_>) -> anyhow::Result<Self> {
        let envoy_program = Program::find(settings.common.envoy.as_deref())?;
        let directory = Scratch::create()?;
        let logs = directory.directory("logs")?;
        let files = directory.directory("manifests")?;
        let manifests = Manifests::create(&files, service("cart", POD_PORT, &[]))?;

        let began = Instant::now();
        screen.doing("pods", &format!("{} gRPC echo servers, each a process with an IP address", settings.pods))?;
        let mut cart = Deployment::new("cart", program.to_owned(), manifests, &logs)?;
        for _ in 0..settings.pods {
            let pod = cart.start_pod().await?;
            cart.list(&pod, Condition::Ready)?;
        }
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let addresses = Addresses {
            xds: cart.on_this_machine(config::DEFAULT_XDS_LISTEN.port())?,
            admin: cart.on_this_machine(config::DEFAULT_ADMIN_LISTEN.port())?,
        };
        let listener = cart.on_this_machine(config::DEFAULT_ENVOY_LISTENER.port())?;
        screen.doing("chancery", &format!("reads Service shop/cart from files, serves xDS on {}", addresses.xds))?;
        let control_plane = ControlPlane::start(program, &files, addresses, Some(listener), &logs).await?;
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let variant = if settings.sotw { "state-of-the-world xDS" } else { "delta xDS" };
        let version = envoy_program.version;
        screen.doing("envoy", &format!("{version} gets {variant}, listens on {listener}"))?;
        let admin = cart.on_this_machine(ENVOY_ADMIN_PORT)?;
        let bootstrap = bootstrap::Envoy {
            node_id: "demo".to_owned(),
            fleet: "demo".to_owned(),
            zone: None,
            node_name: None,
            server: HostPort { host: addresses.xds.ip().to_string(), port: addresses.xds.port() },
            delta: !settings.sotw,
            sotw: settings.sotw,
            admin_address: admin,
        };
        let bootstrap = json::of(&bootstrap.message()).context("the bootstrap is no JSON")?;
        let mut envoy = Envoy::start(&envoy_program, &bootstrap, admin, &logs)?;
        if let Err(error) = envoy.ready(LISTENER).await {
            // Why Envoy has nothing, Chancery may know.
            bail!("{error:#}\n{}", control_plane.process().tail());
        }
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let plan =
            Plan { envoy: listener, authority: AUTHORITY.to_owned(), connections: 4, workers: 8, rate: settings.rate };
        let Plan { connections, workers, rate, .. } = plan;
        screen.doing("load", &format!("{workers} callers, {connections} connections, {rate} requests a second"))?;
        let load = Load::start(&plan).await?;
        screen.done(began.elapsed())?;
        Ok(Self { load, envoy, control_plane, cart, listener, _directory: directory })
    }

    async fn tell(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        story::tell(self, screen).await
    }

    fn logs(&self) -> String {
        format!("{}\n{}", self.control_plane.process().tail(), self.envoy.process().tail())
    }

    fn invite(&self, program: &Path, screen: &mut Screen<'_>) -> io::Result<()> {
        let Addresses { xds: _, admin } = self.control_plane.addresses();
        screen.text("Edit the EndpointSlice, and see below what it does to requests:")?;
        screen.verbatim(&format!("  {}", self.cart.manifests().endpoints_file().display()))?;
        screen.text("Make some calls of your own:")?;
        screen.verbatim(&format!("  {} demo call --envoy-address {}", shown(program), self.listener))?;
        screen.text("See what Chancery and Envoy know:")?;
        screen.verbatim(&format!("  curl 'http://{admin}/config_dump?fleet=demo'"))?;
        screen.verbatim(&format!("  curl http://{admin}/metrics"))?;
        screen.verbatim(&format!("  curl http://{}/clusters", self.envoy.admin()))
    }

    fn ways(&self) -> Vec<Way<'_>> {
        vec![("to", self.load.journal())]
    }
}

/// The Service `shop/<name>`, enabled, with retries and these annotations.
pub fn service(name: &str, port: u16, annotations: &[(&str, &str)]) -> ServiceFacts {
    let retries = [("enabled", "true"), ("retry-on", RETRY_ON), ("num-retries", "3")];
    let annotations = retries.iter().chain(annotations);
    ServiceFacts {
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        port,
        annotations: annotations.map(|(key, value)| (format!("chancery.dev/{key}"), (*value).to_owned())).collect(),
    }
}
