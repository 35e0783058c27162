//! Everything that the demo runs.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rig::bootstrap;
use rig::deployment::{Deployment, Workload};
use rig::envoy::{Envoy, Program};
use rig::load::{Load, Plan};
use rig::manifests::{Condition, Manifests, Service};
use rig::process::{Log, apart};
use rig::serve::Serve;
use tempfile::TempDir;

use crate::pod::Pod;
use crate::scenario::Scenario;
use crate::screen::Screen;
use crate::settings::Settings;
use crate::stay::{Way, shown};
use crate::steps::Tier;
use crate::story;

/// The cluster of the demo's Service in Envoy.
pub const CLUSTER: &str = "shop/cart/50051";

/// What callers dial.
pub const AUTHORITY: &str = "cart.shop:50051";

/// When Envoy repeats a request on another pod.
const RETRY_ON: &str = "connect-failure,refused-stream,unavailable,reset";

/// Where Chancery listens, when these ports are free: those that it takes by itself.
const XDS_PORT: u16 = 18000;
const ADMIN_PORT: u16 = 18001;

/// Where Envoy listens, and where its own admin interface is, when these ports are free.
const ENVOY_PORT: u16 = 10000;
const ENVOY_ADMIN_PORT: u16 = 9901;

/// How long Chancery may take to read the manifests and listen.
const START: Duration = Duration::from_secs(10);

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
    pub chancery: Serve,
    /// The pods.
    pub cart: Deployment<Pod>,
    listener: SocketAddr,
    _directory: TempDir,
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

    async fn start(settings: &Settings, screen: &mut Screen<'_>) -> anyhow::Result<Self> {
        let envoy_program = Program::find(settings.common.envoy.as_deref())?;
        let program = settings.common.chancery()?;
        let directory = directory()?;
        let [logs, files] = directories(&directory)?;
        let manifests = Manifests::create(&files, service("cart", &[]))?;

        let began = Instant::now();
        screen.doing("pods", &format!("{} gRPC echo servers, each a process with an IP address", settings.pods))?;
        let mut cart = Deployment::new("cart", logs.clone(), manifests)?;
        scale(&mut cart, settings.pods).await?;
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let (addresses, listener) = (serve_at(&cart)?, cart.on_this_machine(ENVOY_PORT)?);
        let [xds, _] = addresses;
        screen.doing("chancery", &format!("reads Service shop/cart from files, serves xDS on {xds}"))?;
        let chancery = serve(&program, addresses, &files, &["--envoy-listener", &listener.to_string()], &logs).await?;
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let variant = if settings.sotw { "state-of-the-world xDS" } else { "delta xDS" };
        let version = envoy_program.version;
        screen.doing("envoy", &format!("{version} gets {variant}, listens on {listener}"))?;
        let admin = cart.on_this_machine(ENVOY_ADMIN_PORT)?;
        let form = if settings.sotw { "--sotw" } else { "--delta" };
        let (server, admin_address) = (format!("--server={xds}"), format!("--admin-address={admin}"));
        let bootstrap = bootstrap::envoy(&program, &["--node-id=demo", "--fleet=demo", &server, &admin_address, form])?;
        let mut envoy = Envoy::start(&envoy_program, &bootstrap, admin, &logs)?;
        if let Err(error) = envoy.ready(LISTENER).await {
            // Why Envoy has nothing, Chancery may know.
            bail!("{error:#}\n{}", chancery.process().tail());
        }
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let plan =
            Plan { envoy: listener, authority: AUTHORITY.to_owned(), connections: 4, workers: 8, rate: settings.rate };
        let Plan { connections, workers, rate, .. } = plan;
        screen.doing("load", &format!("{workers} callers, {connections} connections, {rate} requests a second"))?;
        let load = Load::start(&plan).await?;
        screen.done(began.elapsed())?;
        Ok(Self { load, envoy, chancery, cart, listener, _directory: directory })
    }

    async fn tell(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        story::tell(self, screen).await
    }

    fn logs(&self) -> String {
        format!("{}\n{}", self.chancery.process().tail(), self.envoy.process().tail())
    }

    fn invite(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let admin = self.chancery.admin;
        screen.text("Edit the EndpointSlice, and see below what it does to requests:")?;
        screen.verbatim(&format!("  {}", self.cart.manifests().endpoints_file().display()))?;
        screen.text("Make some calls of your own:")?;
        screen.verbatim(&format!("  {} call --envoy-address {}", shown(&std::env::current_exe()?), self.listener))?;
        screen.text("See what Chancery and Envoy know:")?;
        screen.verbatim(&format!("  curl 'http://{admin}/config_dump?fleet=demo'"))?;
        screen.verbatim(&format!("  curl http://{admin}/metrics"))?;
        screen.verbatim(&format!("  curl http://{}/clusters", self.envoy.admin()))
    }

    fn ways(&self) -> Vec<Way<'_>> {
        vec![("to", self.load.journal())]
    }
}

/// The Service `shop/<name>`, with retries and these annotations.
pub fn service(name: &str, annotations: &[(&str, &str)]) -> Service {
    Service::shop(name, &[&[("retry-on", RETRY_ON), ("num-retries", "3")], annotations].concat())
}

/// A directory for all files.
pub fn directory() -> anyhow::Result<TempDir> {
    tempfile::Builder::new().prefix("chancery-demo-").tempdir().context("can't create a directory")
}

/// The directories in it, for logs and for manifests.
pub fn directories(directory: &TempDir) -> anyhow::Result<[PathBuf; 2]> {
    let paths = ["logs", "manifests"].map(|name| directory.path().join(name));
    for path in &paths {
        fs::create_dir(path).with_context(|| format!("can't create {}", path.display()))?;
    }
    Ok(paths)
}

/// Starts so many pods, and lists them.
pub async fn scale(pods: &mut Deployment<impl Workload>, count: u32) -> anyhow::Result<()> {
    for _ in 0..count {
        let pod = pods.start_pod().await?;
        pods.list(&pod, Condition::Ready)?;
    }
    Ok(())
}

/// Where Chancery serves xDS and its admin port, beside these pods.
pub fn serve_at(pods: &Deployment<impl Workload>) -> anyhow::Result<[SocketAddr; 2]> {
    Ok([pods.on_this_machine(XDS_PORT)?, pods.on_this_machine(ADMIN_PORT)?])
}

/// Chancery over a directory of manifests, when it is ready. Its log is `chancery.log`.
pub async fn serve(
    program: &Path,
    addresses: [SocketAddr; 2],
    files: &Path,
    arguments: &[&str],
    logs: &Path,
) -> anyhow::Result<Serve> {
    let files = files.to_str().context("the directory for temporary files isn't UTF-8")?;
    let arguments = [&["--manifests", files, "--allow-loopback-endpoints"], arguments].concat();
    let mut serve = Serve::launch(apart(program), addresses, &arguments, Log::File(logs.join("chancery.log")))?;
    serve.until_ready(START).await?;
    Ok(serve)
}
