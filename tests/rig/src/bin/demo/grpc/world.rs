//! Everything that this scenario runs.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::anyhow;
use rig::deployment::Deployment;
use rig::envoy::Program;
use rig::manifests::{Manifests, Service};
use rig::serve::Serve;
use tempfile::TempDir;

use super::Settings;
use super::client::Client;
use super::gateway::{FLEET, Gateway, Template};
use super::story;
use crate::pod::Pod;
use crate::scenario::Scenario;
use crate::screen::Screen;
use crate::stay::{Way, shown};
use crate::steps::Tier;
use crate::world::{directories, directory, scale, serve, serve_at, service};

/// The port of the Service `gateway`, and of its Envoys.
const GATEWAY_PORT: u16 = 10000;

/// What the client dials, and so the authority of its calls.
const DIALLED: &str = "gateway.shop:10000";

/// What the Service `gateway` says, which is for clients that dial it, and only for them: gRPC clients don't look at fleets,
/// and no Envoy is of this one. If it were served to its own Envoys, they would send what is for `gateway.shop:10000` to
/// each other, for ever: a Service's own names come before what others claim.
const FOR_CLIENTS: [(&str, &str); 2] = [("fleets", "none"), ("lb-policy", "round-robin")];

/// What the Service `cart` says: the gateways know by the path what is for it, whatever host was dialled.
const BEHIND_GATEWAYS: [(&str, &str); 3] =
    [("fleets", FLEET), ("routes", "chancery.echo.v1.Echo"), ("lb-policy", "round-robin")];

/// The world. What is above ends first when it is dropped; nothing writes into the directory when that goes.
#[derive(Debug)]
pub struct World {
    /// The caller.
    pub client: Client,
    /// What it calls.
    pub gateways: Deployment<Gateway>,
    /// What tells both where to go.
    pub chancery: Serve,
    /// What the gateways call.
    pub pods: Deployment<Pod>,
    program: PathBuf,
    _directory: TempDir,
}

impl World {
    /// The Envoys, and the calls that go through them.
    pub fn gateways(&mut self) -> Tier<'_, Gateway> {
        Tier { pods: &mut self.gateways, journal: &self.client.journals().gateways }
    }

    /// The pods behind them, and the calls that they answer.
    pub fn pods(&mut self) -> Tier<'_, Pod> {
        Tier { pods: &mut self.pods, journal: &self.client.journals().pods }
    }
}

impl Scenario for World {
    type Settings = Settings;

    const TITLE: &'static str =
        "A gRPC client without a proxy, a fleet of Envoys, and pods behind it: one control plane";

    async fn start(settings: &Settings, screen: &mut Screen<'_>) -> anyhow::Result<Self> {
        let envoy = Program::find(settings.common.envoy.as_deref())?;
        let client = settings.client()?;
        let program = settings.common.chancery()?;
        let directory = directory()?;
        let [logs, files] = directories(&directory)?;
        let cart = Manifests::create(&files, service("cart", &BEHIND_GATEWAYS))?;
        let gateway = Service { port: GATEWAY_PORT, ..service("gateway", &FOR_CLIENTS) };
        let gateway = Manifests::create(&files, gateway)?;

        let began = Instant::now();
        screen.doing("pods", &format!("{} gRPC echo servers, each a process with an IP address", settings.pods))?;
        let mut pods = Deployment::new("cart", logs.clone(), cart)?;
        scale(&mut pods, settings.pods).await?;
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let addresses = serve_at(&pods)?;
        let [xds, _] = addresses;
        screen.doing("chancery", &format!("reads shop/cart and shop/gateway from files, serves xDS on {xds}"))?;
        let chancery = serve(&program, addresses, &files, &[], &logs).await?;
        screen.done(began.elapsed())?;
        // Why somebody has nothing, Chancery may know.
        let with_log = |error: anyhow::Error| anyhow!("{error:#}\n{}", chancery.process().tail());

        let began = Instant::now();
        let version = envoy.version;
        screen.doing(
            "gateways",
            &format!("{} Envoys {version} of one fleet, the pods of shop/gateway", settings.gateways),
        )?;
        let template = Template::new(envoy, program.clone(), &chancery, logs.clone()).await?;
        let mut gateways = Deployment::new("gateway", template, gateway)?;
        scale(&mut gateways, settings.gateways).await.map_err(with_log)?;
        screen.done(began.elapsed())?;

        let began = Instant::now();
        let mut client = Client::start(client, &program, DIALLED, xds, settings.rate, &logs).await?;
        let version = client.version();
        screen.doing(
            "client",
            &format!("grpc-js {version} dials xds:///{DIALLED}, up to {} calls a second", settings.rate),
        )?;
        client.call().await.map_err(with_log)?;
        client.begin().await?;
        screen.done(began.elapsed())?;
        Ok(Self { client, gateways, chancery, pods, program, _directory: directory })
    }

    async fn tell(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        story::tell(self, screen).await
    }

    fn logs(&self) -> String {
        let mut tails = vec![self.chancery.process().tail(), self.client.process().tail()];
        for gateway in self.gateways.pods() {
            tails.push(gateway.envoy().process().tail());
        }
        tails.join("\n")
    }

    fn invite(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let Serve { xds, admin, .. } = self.chancery;
        screen.text("Edit the EndpointSlices, and see below what it does to calls:")?;
        screen.verbatim(&format!("  {}", self.gateways.manifests().endpoints_file().display()))?;
        screen.verbatim(&format!("  {}", self.pods.manifests().endpoints_file().display()))?;
        screen.text(&format!("Have a gRPC client of your own dial xds:///{DIALLED}, in a shell with:"))?;
        let bootstrap = format!("{} bootstrap grpc --server {xds}", shown(&self.program));
        screen.verbatim(&format!("  export GRPC_XDS_BOOTSTRAP_CONFIG=\"$({bootstrap})\""))?;
        screen.text("See who is connected, and what Chancery and the Envoys know:")?;
        screen.verbatim(&format!("  curl http://{admin}/api/v1/clients"))?;
        screen.verbatim(&format!("  curl 'http://{admin}/config_dump?fleet={FLEET}'"))?;
        for gateway in self.gateways.pods() {
            screen.verbatim(&format!("  curl http://{}/clusters", gateway.envoy().admin()))?;
        }
        Ok(())
    }

    fn ways(&self) -> Vec<Way<'_>> {
        let journals = self.client.journals();
        vec![("through", &journals.gateways), ("to", &journals.pods)]
    }
}
