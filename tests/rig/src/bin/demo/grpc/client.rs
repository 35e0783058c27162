//! A real client of grpc-js, which needs no proxy: the program of `tests/clients/node`, in a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rig::bootstrap;
use rig::load::{Journal, Outcome};
use rig::process::{Log, Process, apart};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::Code;

/// How long it may take to start, and to end the calls that it has begun: each has a deadline of 5 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long its first call may take, with all that has to be learned and connected before.
const FIRST_CALL: Duration = Duration::from_secs(15);

/// A running client that calls all the time. Killed when dropped.
#[derive(Debug)]
pub struct Client {
    process: Process,
    stdin: ChildStdin,
    answers: mpsc::Receiver<Value>,
    journals: Journals,
    rate: u32,
    version: String,
}

/// What became of its calls. One that failed is in both.
#[derive(Debug, Clone, Default)]
pub struct Journals {
    /// By the gateway that they went through.
    pub gateways: Journal,
    /// By the pod that answered.
    pub pods: Journal,
}

/// How a call ended, in the words of the client.
#[derive(Debug, Deserialize)]
struct Ended {
    ms: f64,
    pod: Option<String>,
    server: Option<String>,
    error: Option<Failure>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    code: i32,
    message: String,
}

impl Client {
    /// Starts `program`, which dials `xds:///<name>` and learns from the control plane at `xds` what that is. Its log is
    /// `<logs>/client.log`.
    pub async fn start(
        program: &Path,
        chancery: &Path,
        name: &str,
        xds: SocketAddr,
        rate: u32,
        logs: &Path,
    ) -> anyhow::Result<Self> {
        let bootstrap = bootstrap::grpc(chancery, &["--node-id=client", &format!("--server={xds}")])?;
        let mut command = apart(program);
        command.arg(format!("xds:///{name}"));
        // A file that it names would beat ours.
        command.env_remove("GRPC_XDS_BOOTSTRAP").env("GRPC_XDS_BOOTSTRAP_CONFIG", bootstrap.to_string());
        let (mut process, stdout) =
            Process::start_read("the gRPC client", &mut command, Log::File(logs.join("client.log")))?;
        let stdin = process.stdin().context("its standard input isn't a pipe")?;
        let (sender, answers) = mpsc::channel(1);
        let journals = Journals::default();
        tokio::spawn(read(stdout, journals.clone(), sender));
        let mut client = Self { process, stdin, answers, journals, rate, version: String::new() };
        let greeting = client.answer("start").await?;
        greeting.get("version").and_then(Value::as_str).unwrap_or_default().clone_into(&mut client.version);
        Ok(client)
    }

    /// Makes one call, which may wait until there are connections.
    pub async fn call(&mut self) -> anyhow::Result<()> {
        let command = json!({ "call": 1, "deadline_ms": FIRST_CALL.as_millis() });
        let outcome = self.tell("make its first call", &command).await?;
        if let Some(error) = outcome.pointer("/errors/0") {
            bail!("the first call failed: {error}. {}", self.process.tail());
        }
        Ok(())
    }

    /// Begins to call, all the time.
    pub async fn begin(&mut self) -> anyhow::Result<()> {
        self.tell("begin", &json!({ "start": self.rate, "report": true })).await?;
        Ok(())
    }

    /// Begins no further call, and returns when the last one has ended and is in the journals.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        self.tell("stop", &json!({ "stop": true })).await?;
        Ok(())
    }

    /// What becomes of its calls.
    pub fn journals(&self) -> &Journals {
        &self.journals
    }

    /// The version of grpc-js.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its process: its log, its memory.
    pub fn process(&self) -> &Process {
        &self.process
    }

    async fn tell(&mut self, what: &str, command: &Value) -> anyhow::Result<Value> {
        // That it has ended is told with its log below.
        let _ = self.stdin.write_all(format!("{command}\n").as_bytes()).await;
        self.answer(what).await
    }

    async fn answer(&mut self, what: &str) -> anyhow::Result<Value> {
        match timeout(PATIENCE, self.answers.recv()).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => bail!("the gRPC client didn't {what}: it ended. {}", self.process.tail()),
            Err(_) => bail!("the gRPC client didn't {what} within {} s. {}", PATIENCE.as_secs(), self.process.tail()),
        }
    }
}

/// Reads what it says until it ends: the ends of calls go into the journals, all else is an answer.
async fn read(mut stdout: Lines<BufReader<ChildStdout>>, journals: Journals, answers: mpsc::Sender<Value>) {
    while let Ok(Some(line)) = stdout.next_line().await {
        let mut said = serde_json::from_str::<Value>(&line).unwrap_or_default();
        match said.get_mut("ended").map(Value::take) {
            Some(ended) => journals.add(ended),
            None if answers.send(said).await.is_err() => return,
            None => {}
        }
    }
}

impl Journals {
    fn add(&self, said: Value) {
        let now = Instant::now();
        let Self { gateways, pods } = self;
        let (took, gateway, pod) = match serde_json::from_value(said) {
            Ok(ended) => Ended::outcomes(ended),
            Err(error) => (Duration::ZERO, Err(error.to_string().into()), Err(error.to_string().into())),
        };
        let started = now.checked_sub(took).unwrap_or(now);
        gateways.add(started, gateway);
        pods.add(started, pod);
    }
}

impl Ended {
    /// How long it took, and what it says of the gateway and of the pod.
    fn outcomes(self) -> (Duration, Outcome, Outcome) {
        let Self { ms, pod, server, error } = self;
        let took = Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default();
        match (error, server, pod) {
            (None, Some(server), Some(pod)) => (took, Ok(server.into()), Ok(pod.into())),
            (None, ..) => {
                let outcome: Outcome = Err("an answer that doesn't say who gave it".into());
                (took, outcome.clone(), outcome)
            }
            (Some(Failure { code, message }), ..) => {
                let outcome: Outcome = Err(format!("{:?}: {message}", Code::from(code)).into());
                (took, outcome.clone(), outcome)
            }
        }
    }
}

#[cfg(test)]
mod tests;
