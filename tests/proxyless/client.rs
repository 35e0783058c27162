//! A gRPC client in a process of its own, which does what the test says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use data_plane_api::client_status::client::ClientStatusDiscoveryServiceClient;
use data_plane_api::client_status::{ClientStatusRequest, GenericXdsConfig};
use serde_json::{Value, json};
use test_support::{PATIENCE, soon};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tonic::Status;

use crate::family::Family;

/// How often the test looks at a client that can only be asked.
pub const PAUSE: Duration = Duration::from_millis(50);

/// An authority of the bootstrap, of the same servers: `xds://elsewhere/…` is under its name there. Nothing is.
pub const AUTHORITY: &str = "elsewhere";

/// A real client: one channel, and those that it is told to dial. Killed when dropped.
#[derive(Debug)]
pub struct Client {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    log: Arc<Mutex<String>>,
    csds: SocketAddr,
    _process: Child,
}

/// What became of calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many calls each pod answered.
    pub pods: BTreeMap<String, u64>,
    /// How the others failed.
    pub errors: Vec<Failure>,
}

/// A failed call: what the client made of it, with the number of the gRPC status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The status.
    pub code: i64,
    /// What the client says to it.
    pub message: String,
}

/// How to call.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The target that was [dialled](Client::dial) for it; `None` is the channel that the client was started with.
    pub on: Option<&'a str>,
    /// Headers to send.
    pub headers: &'a [(&'a str, &'a str)],
    /// How long each call may take.
    pub deadline: Duration,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self { on: None, headers: &[], deadline: PATIENCE }
    }
}

/// How a client is started.
#[derive(Debug, Clone)]
pub struct Dial<'a> {
    /// What it dials, after `xds:///`.
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

impl Client {
    /// Starts one.
    pub async fn start(family: Family, dial: Dial<'_>) -> Self {
        let idle_after = dial.idle_after.map(|after| after.as_millis().to_string());
        let mut process = Command::new(family.program())
            .arg(format!("xds:///{}", dial.name))
            .args(idle_after)
            .env_remove("GRPC_XDS_BOOTSTRAP")
            .env("GRPC_XDS_BOOTSTRAP_CONFIG", bootstrap(&dial))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = Arc::default();
        tokio::spawn(follow(process.stderr.take().unwrap(), Arc::clone(&log)));
        let mut client = Self {
            stdin: process.stdin.take().unwrap(),
            stdout: BufReader::new(process.stdout.take().unwrap()).lines(),
            log,
            csds: SocketAddr::from(([0, 0, 0, 0], 0)),
            _process: process,
        };
        let first = client.answer().await;
        assert_eq!(first["version"], family.version(), "run `make clients`");
        client.csds = first["csds"].as_str().unwrap().parse().unwrap();
        client
    }

    /// So many calls, one after the other.
    pub async fn call(&mut self, count: u64) -> Outcome {
        self.call_with(count, Ask::default()).await
    }

    /// So many calls like this, one after the other.
    pub async fn call_with(&mut self, count: u64, ask: Ask<'_>) -> Outcome {
        let answer = self.tell(&with("call", &count.into(), ask)).await;
        Outcome::read(&answer)
    }

    /// Calls until each of these pods has answered one, and nothing else has happened.
    pub async fn reach(&mut self, pods: &[&str]) {
        let mut reached = BTreeMap::new();
        soon(&format!("answers of {pods:?}"), async {
            while !pods.iter().all(|pod| reached.contains_key(*pod)) {
                let outcome = self.call(4).await;
                assert_eq!(outcome.errors, [], "after {reached:?}; log:\n{}", self.log());
                reached.extend(outcome.pods);
            }
        })
        .await;
    }

    /// Calls until a call succeeds.
    pub async fn until_served(&mut self) {
        let mut last = Outcome::default();
        let served = async {
            while last.pods.is_empty() {
                last = self.call_with(1, Ask { deadline: Duration::from_secs(1), ..Ask::default() }).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, served).await.is_ok();
        assert!(in_time, "no call succeeded in {PATIENCE:?}; the last one: {last:?}; log:\n{}", self.log());
    }

    /// Calls until a call fails.
    pub async fn until_failed(&mut self) {
        soon("a failed call", async { while self.call(1).await.errors.is_empty() {} }).await;
    }

    /// Opens a channel to each of these targets, and has it connect; closes those that were dialled before and aren't named now.
    /// Says what couldn't be opened, and why.
    pub async fn dial(&mut self, targets: impl IntoIterator<Item = &str>) -> BTreeMap<String, String> {
        let targets: Vec<&str> = targets.into_iter().collect();
        let mut answer = self.tell(&json!({ "dial": targets })).await;
        serde_json::from_value(answer["refused"].take()).unwrap()
    }

    /// Begins to call, so many times a second, one beside the other.
    pub async fn begin(&mut self, rate: u64) {
        self.tell(&with("start", &rate.into(), Ask::default())).await;
    }

    /// Ends what [`Self::begin`] began, and says what became of all of it.
    pub async fn end(&mut self) -> Outcome {
        let answer = self.tell(&json!({ "stop": true })).await;
        Outcome::read(&answer)
    }

    /// Returns when the channel that the client was started with is in this state.
    pub async fn until(&mut self, state: &str) {
        self.until_on("", state).await;
    }

    /// Returns when the channel to this dialled target is in this state.
    pub async fn until_on(&mut self, target: &str, state: &str) {
        soon(&format!("the state {state}"), async {
            while self.tell(&json!({ "state": true, "on": target })).await["state"] != state {
                tokio::time::sleep(PAUSE).await;
            }
        })
        .await;
    }

    /// What the client itself says of the resources that it watches.
    pub async fn resources(&self) -> Vec<GenericXdsConfig> {
        let resources = resources(self.csds).await;
        resources.unwrap_or_else(|status| panic!("no answer of CSDS: {status:?}; log:\n{}", self.log()))
    }

    /// What it wrote to its standard error so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn tell(&mut self, command: &Value) -> Value {
        self.stdin.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        self.answer().await
    }

    /// The next line. A call may take until its deadline, so whoever waits for one bounds it.
    async fn answer(&mut self) -> Value {
        let line = self.stdout.next_line().await.unwrap();
        let line = line.unwrap_or_else(|| panic!("the client ended; log:\n{}", self.log()));
        serde_json::from_str(&line).unwrap()
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

impl Outcome {
    fn read(answer: &Value) -> Self {
        let pods = answer["pods"].as_object().unwrap().iter();
        let failure = |error: &Value| Failure {
            code: error["code"].as_i64().unwrap(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
        };
        Self {
            pods: pods.map(|(pod, count)| (pod.clone(), count.as_u64().unwrap())).collect(),
            errors: answer["errors"].as_array().unwrap().iter().map(failure).collect(),
        }
    }
}

fn with(command: &str, value: &Value, ask: Ask<'_>) -> Value {
    let Ask { on, headers, deadline } = ask;
    let headers: BTreeMap<&str, &str> = headers.iter().copied().collect();
    json!({ command: value, "on": on.unwrap_or_default(), "headers": headers, "deadline_ms": deadline.as_millis() })
}

/// What `chancery bootstrap grpc` prints for this, and in addition [`AUTHORITY`], of which Chancery knows nothing.
pub fn bootstrap(dial: &Dial<'_>) -> String {
    let servers = dial.servers.iter().map(|server| format!("--server={server}"));
    let zone = dial.zone.map(|zone| format!("--zone={zone}"));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["bootstrap", "grpc", "--node-id=test"])
        .args(servers)
        .args(zone)
        .args(dial.fails_on_deletion.then_some("--fail-on-deletion"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut bootstrap: Value = serde_json::from_slice(&output.stdout).unwrap();
    bootstrap["authorities"] = json!({ AUTHORITY: {} });
    bootstrap.to_string()
}

/// Collects what it writes to its standard error.
pub async fn follow(mut stderr: ChildStderr, log: Arc<Mutex<String>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
        let text = String::from_utf8_lossy(&buffer[..length]);
        log.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
    }
}
