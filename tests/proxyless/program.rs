//! The program of a family, in a process of its own, which speaks by lines: see tests/clients/README.md.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use data_plane_api::client_status::client::ClientStatusDiscoveryServiceClient;
use data_plane_api::client_status::{ClientStatusRequest, GenericXdsConfig};
use rig::process::{Kept, Log, Process};
use rig::{PATIENCE, soon};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tonic::Status;

use crate::family::Family;

/// How often the test looks at what can only be asked.
pub const PAUSE: Duration = Duration::from_millis(50);

/// An authority of the bootstrap, of the same servers: `xds://elsewhere/…` is under its name there. Nothing is.
pub const AUTHORITY: &str = "elsewhere";

/// A program that runs. Killed when dropped.
#[derive(Debug)]
pub struct Program {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    csds: SocketAddr,
    process: Process,
}

/// How a client or a server is started.
#[derive(Debug, Clone)]
pub struct Dial<'a> {
    /// What it dials, after `xds:///`, if it is a client.
    pub name: &'a str,
    /// From whom it learns, in the order in which it should ask.
    pub servers: Vec<SocketAddr>,
    /// The zone that it is in, if it knows.
    pub zone: Option<&'a str>,
    /// After how long without calls its channel gives up its connections, if not when its family thinks right.
    pub idle_after: Option<Duration>,
    /// Whether its calls fail when the Service is deleted.
    pub fails_on_deletion: bool,
}

impl Program {
    /// Starts that of a family with these arguments.
    pub async fn start(family: Family, arguments: &[&str], dial: &Dial<'_>) -> Self {
        let mut command = Command::new(family.program());
        command.args(arguments).env_remove("GRPC_XDS_BOOTSTRAP").env("GRPC_XDS_BOOTSTRAP_CONFIG", bootstrap(dial));
        let log = Log::Kept(Kept::default());
        let (mut process, stdout) = Process::start_read("the program", &mut command, log).unwrap();
        let stdin = process.stdin().unwrap();
        let mut program = Self { stdin, stdout, csds: SocketAddr::from(([0, 0, 0, 0], 0)), process };
        let first = soon("the program's first line", program.says()).await;
        let first = first.unwrap_or_else(|| panic!("the program ended; log:\n{}", program.log()));
        assert_eq!(first["version"], family.version(), "run `make clients`");
        program.csds = first["csds"].as_str().unwrap().parse().unwrap();
        program
    }

    /// Tells it something.
    pub async fn tell(&mut self, command: &Value) {
        self.stdin.write_all(format!("{command}\n").as_bytes()).await.unwrap();
    }

    /// What it says next; nothing when it has ended.
    pub async fn says(&mut self) -> Option<Value> {
        let line = self.stdout.next_line().await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// What it itself says of the resources that it watches.
    pub async fn resources(&self) -> Vec<GenericXdsConfig> {
        let resources = resources(self.csds).await;
        resources.unwrap_or_else(|status| panic!("no answer of CSDS: {status:?}; log:\n{}", self.log()))
    }

    /// Asks it to end, and returns when it has, with what it said meanwhile. Fails the test if it had to fail for that.
    pub async fn end(self) -> Vec<Value> {
        let Self { stdin, mut stdout, csds: _, mut process } = self;
        drop(stdin);
        let mut said = Vec::new();
        while let Some(line) = soon("the program's last line", stdout.next_line()).await.unwrap() {
            said.push(serde_json::from_str(&line).unwrap());
        }
        let status = process.ended(PATIENCE).await.unwrap();
        assert!(status.success(), "{status}; log:\n{}", process.log().text());
        said
    }

    /// What it wrote to its standard error so far.
    pub fn log(&self) -> String {
        self.process.log().text()
    }
}

/// All that CSDS says there of resources, of whichever client.
pub async fn resources(csds: SocketAddr) -> Result<Vec<GenericXdsConfig>, Status> {
    let request = async {
        let csds = ClientStatusDiscoveryServiceClient::connect(format!("http://{csds}")).await;
        let mut csds = csds.map_err(|error| Status::unavailable(format!("{error:?}")))?;
        csds.fetch_client_status(ClientStatusRequest::default()).await
    };
    let configurations = soon("an answer of CSDS", request).await?.into_inner().config;
    Ok(configurations.into_iter().flat_map(|client| client.generic_xds_configs).collect())
}

/// What `chancery bootstrap grpc` prints for this, and in addition [`AUTHORITY`], of which Chancery knows nothing.
fn bootstrap(dial: &Dial<'_>) -> String {
    let servers = dial.servers.iter().map(|server| format!("--server={server}"));
    let zone = dial.zone.map(|zone| format!("--zone={zone}"));
    let fails = dial.fails_on_deletion.then(|| "--fail-on-deletion".to_owned());
    let arguments: Vec<String> = servers.chain(zone).chain(fails).chain(["--node-id=test".to_owned()]).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut bootstrap = rig::bootstrap::grpc(Path::new(env!("CARGO_BIN_EXE_chancery")), &arguments).unwrap();
    bootstrap["authorities"] = json!({ AUTHORITY: {} });
    bootstrap.to_string()
}
