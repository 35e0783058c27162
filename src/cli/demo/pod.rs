//! A pod: one backend process with an IP address of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{ChildStdin, Command};

use super::deployment::Workload;
use super::process::Process;

/// How long a pod may take to listen.
const START: Duration = Duration::from_secs(10);

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
    /// `chancery`, which is also the pods' program.
    type Template = PathBuf;

    /// Starts `program demo backend`. Its log is `<logs>/<name>.log`.
    async fn start(program: &PathBuf, name: &str, address: SocketAddr, logs: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["demo", "backend", "--name", name, "--listen", &address.to_string()]);
        let mut process = Process::start(&format!("pod {name}"), command, &logs.join(format!("{name}.log")))?;
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
