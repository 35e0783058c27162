//! A pod: one backend process with an IP address of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{ChildStdin, Command};

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

impl Pod {
    /// Starts `program demo backend`, and returns when it listens. Its log is `<logs>/<name>.log`.
    pub async fn start(program: &Path, name: &str, address: SocketAddr, logs: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["demo", "backend", "--name", name, "--listen", &address.to_string()]);
        let mut process = Process::start(&format!("pod {name}"), command, &logs.join(format!("{name}.log")))?;
        let stdin = process.stdin();
        process.until("listen", START, async || TcpStream::connect(address).await.is_ok()).await?;
        Ok(Self { name: name.to_owned(), address, process, stdin })
    }

    /// Its name, which is in each of its answers.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What Kubernetes does to a pod that it deletes, and returns when it is gone: it is asked to end, refuses new
    /// connections, tells its clients to go away (`GOAWAY`), and finishes the requests it has. An error when that takes
    /// longer than `patience`.
    pub async fn drain(mut self, patience: Duration) -> anyhow::Result<()> {
        drop(self.stdin.take());
        self.process.ended(patience).await?;
        Ok(())
    }

    /// What the loss of a node, or the OOM killer, does to a pod: from one moment to the next it is gone, with whatever
    /// it was answering.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill().await
    }
}
