//! A pod of the demo: a process with an IP address of its own, and in it a [`rig::pod::Pod`].

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use rig::deployment::Workload;
use rig::pod;
use rig::process::{Log, Process, apart};
use tokio::net::TcpStream;
use tokio::process::ChildStdin;

use crate::block_on;

/// How long a pod may take to listen.
const START: Duration = Duration::from_secs(10);

/// How long it goes on with what it has begun when it drains: as long as whoever started it lets it.
const FOR_EVER: Duration = Duration::MAX;

/// Run one pod of the demo
///
/// A gRPC echo server that answers with its name. When its standard input ends, it drains as a pod does on SIGTERM: it
/// takes no new connections, tells clients to go away, finishes what it has begun, and exits.
#[derive(Debug, Args)]
pub struct Backend {
    /// Its name, in every answer
    #[arg(long)]
    name: String,

    /// Where it listens
    #[arg(long)]
    listen: SocketAddr,
}

impl Backend {
    pub fn run(self) -> anyhow::Result<()> {
        let Self { name, listen } = self;
        block_on(async {
            let pod = pod::Pod::launch(&name, listen).await?;
            // An error is an end, too.
            let _ = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin().lock(), &mut io::sink())).await;
            Workload::drain(pod, FOR_EVER).await
        })
    }
}

/// A running pod. Killed when dropped.
#[derive(Debug)]
pub struct Pod {
    name: String,
    address: SocketAddr,
    process: Process,
    /// Its end is what tells the pod to drain. A pod whose parent is killed drains, too.
    stdin: Option<ChildStdin>,
}

impl Workload for Pod {
    /// Where its log is, `<name>.log`.
    type Template = PathBuf;

    /// Starts this program as a pod.
    async fn start(logs: &PathBuf, name: &str, address: SocketAddr) -> anyhow::Result<Self> {
        let mut command = apart(std::env::current_exe().context("can't tell where the demo is")?);
        command.args(["backend", "--name", name, "--listen", &address.to_string()]);
        let log = Log::File(logs.join(format!("{name}.log")));
        let mut process = Process::start(&format!("pod {name}"), &mut command, log)?;
        let stdin = process.stdin();
        process.until("listen", START, async || TcpStream::connect(address).await.is_ok()).await?;
        Ok(Self { name: name.to_owned(), address, process, stdin })
    }

    /// It is in each of its answers.
    fn name(&self) -> &str {
        &self.name
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    /// It refuses new connections, and tells its clients to go away (`GOAWAY`).
    async fn drain(mut self, patience: Duration) -> anyhow::Result<()> {
        drop(self.stdin.take());
        self.process.ended(patience).await?;
        Ok(())
    }

    async fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill().await
    }
}
