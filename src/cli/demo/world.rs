//! Everything that the demo runs.

use std::collections::BTreeMap;
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
use super::scratch::Scratch;
use super::screen::Screen;
use super::settings::Settings;
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
    pub cart: Deployment,
    _directory: Scratch,
}

impl World {
    /// Starts it all, in order, and says so. `program` is `chancery`.
    pub async fn start(settings: &Settings, program: &Path, screen: &mut Screen<'_>) -> anyhow::Result<Self> {
        let envoy_program = Program::find(settings.envoy.as_deref())?;
        let directory = Scratch::create()?;
        let logs = directory.directory("logs")?;
        let files = directory.directory("manifests")?;
        let manifests = Manifests::create(&files, cart())?;

        let began = Instant::now();
        screen.doing("pods", &format!("{} gRPC echo servers, each a process with an IP address", settings.pods))?;
        let mut cart = Deployment::new("cart", program, manifests, &logs)?;
        for _ in 0..settings.pods {
            let pod = cart.start_pod().await?;
            cart.list(&pod, Condition::Ready)?;
        }
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let addresses = Addresses {
            xds: cart.on_this_machine(config::DEFAULT_XDS_LISTEN.port())?,
            admin: cart.on_this_machine(config::DEFAULT_ADMIN_LISTEN.port())?,
            envoy: cart.on_this_machine(config::DEFAULT_ENVOY_LISTENER.port())?,
        };
        screen.doing("chancery", &format!("reads Service shop/cart from files, serves xDS on {}", addresses.xds))?;
        let mut control_plane = ControlPlane::start(program, &files, addresses, &logs).await?;
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let variant = if settings.sotw { "state-of-the-world xDS" } else { "delta xDS" };
        let version = envoy_program.version;
        screen.doing("envoy", &format!("{version} gets {variant}, listens on {}", addresses.envoy))?;
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
        let plan = Plan {
            envoy: addresses.envoy,
            authority: AUTHORITY.to_owned(),
            connections: 4,
            workers: 8,
            rate: settings.rate,
        };
        let Plan { connections, workers, rate, .. } = plan;
        screen.doing("load", &format!("{workers} callers, {connections} connections, {rate} requests a second"))?;
        let load = Load::start(&plan).await?;
        screen.done(began.elapsed())?;
        Ok(Self { load, envoy, control_plane, cart, _directory: directory })
    }

    /// The ends of the logs of Chancery and Envoy.
    pub fn logs(&mut self) -> String {
        format!("{}\n{}", self.control_plane.process().tail(), self.envoy.process().tail())
    }
}

/// The Service of the demo.
fn cart() -> ServiceFacts {
    let annotations = [
        ("enabled", "true"),
        ("retry-on", RETRY_ON),
        ("num-retries", "3"),
        // A retry counts while it waits for its turn, too, 12.5 ms on average: the default of 3 at a time would be spent
        // when one of four pods dies under this load.
        ("retry-budget-min-concurrency", "50"),
    ];
    ServiceFacts {
        namespace: "shop".to_owned(),
        name: "cart".to_owned(),
        port: POD_PORT,
        annotations: BTreeMap::from(annotations.map(|(key, value)| (format!("chancery.dev/{key}"), value.to_owned()))),
    }
}
