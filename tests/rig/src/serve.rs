//! `chancery serve`, as a user runs it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Command;

use crate::addresses::free_address;
use crate::process::{Kept, Log, Process};
use crate::{PATIENCE, http, soon};

/// `chancery serve`, running. Killed when dropped.
///
/// A process of its own, so that what is tested and measured is what a user runs, and its memory is its own.
#[derive(Debug)]
pub struct Serve {
    /// Its xDS port.
    pub xds: SocketAddr,
    /// Its admin port.
    pub admin: SocketAddr,
    command: Command,
    process: Process,
}

impl Serve {
    /// Starts `chancery serve`, of which `command` names the program, at these two addresses, xDS and admin, with these
    /// further arguments, and returns at once.
    pub fn launch(
        mut command: Command,
        [xds, admin]: [SocketAddr; 2],
        arguments: &[&str],
        log: Log,
    ) -> anyhow::Result<Self> {
        command.args(["serve", "--xds-listen", &xds.to_string(), "--admin-listen", &admin.to_string()]).args(arguments);
        // Settings of the user's own control plane aren't meant for this one.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("CHANCERY_") {
                command.env_remove(variable);
            }
        }
        let process = Process::start("Chancery", &mut command, log)?;
        Ok(Self { xds, admin, command, process })
    }

    /// Returns when it is ready to serve; an error, with the end of its log, when it ends or takes longer than `patience`.
    pub async fn until_ready(&mut self, patience: Duration) -> anyhow::Result<()> {
        let admin = self.admin;
        self.process.until("become ready", patience, async || http::get(admin, "/readyz").await.is_ok()).await
    }

    /// Kills it, as a crash would, and starts it again as it was started.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        let log = self.process.log().clone();
        self.process = Process::start("Chancery", &mut self.command, log)?;
        Ok(())
    }

    /// How many updates clients of this kind refused, `envoy` or `grpc`. 0 unless somebody has made a mistake.
    pub async fn refused_by(&self, client: &str) -> anyhow::Result<u64> {
        let page = http::get(self.admin, "/metrics").await?;
        Ok(refused_by(client, &String::from_utf8_lossy(&page)))
    }

    /// Its process: its log, its memory.
    pub const fn process(&self) -> &Process {
        &self.process
    }
}

/// What follows fails the test that uses it.
impl Serve {
    /// Starts `binary serve`, on free ports, with these further arguments.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start(binary: &str, arguments: &[&str]) -> Self {
        Self::start_at(binary, free_address(), free_address(), arguments)
    }

    /// Starts it on these ports.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start_at(binary: &str, xds: SocketAddr, admin: SocketAddr, arguments: &[&str]) -> Self {
        let log = Log::Kept(Kept::default());
        Self::launch(Command::new(binary), [xds, admin], arguments, log).expect("the program starts")
    }

    /// Starts it for a cluster, with the rights of its service account.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn for_cluster(binary: &str, kubeconfig: &Path) -> Self {
        let kubeconfig = kubeconfig.to_str().expect("a path in UTF-8");
        Self::start(binary, &["--kubeconfig", kubeconfig])
    }

    /// Returns when `text` stands in its log.
    ///
    /// # Panics
    /// When it doesn't come.
    pub async fn logged(&self, text: &str) {
        let Log::Kept(kept) = self.process.log() else { panic!("its log isn't kept") };
        soon(&format!("\"{text}\" in the log"), kept.says(text)).await;
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        self.process.log().text()
    }

    /// Returns when it is ready to serve.
    ///
    /// # Panics
    /// When it doesn't become so.
    pub async fn ready(&self) {
        soon(&format!("/readyz; log:\n{}", self.log()), async {
            while !matches!(self.get("/readyz").await, Some((200, _))) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// A page of the admin port: its status and body; `None` when the port doesn't answer.
    pub async fn get(&self, path: &str) -> Option<(u16, String)> {
        http::ask(self.admin, path).await
    }

    /// The value of one of its counters or gauges, written as it is in the metrics: `name{label="value"}`; 0 if it isn't there.
    ///
    /// # Panics
    /// When the metrics can't be read, or it isn't a whole number.
    pub async fn count(&self, sample: &str) -> u64 {
        let Some((200, metrics)) = self.get("/metrics").await else { panic!("no metrics; log:\n{}", self.log()) };
        let value = metrics.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        value.unwrap_or("0").parse().expect("a whole number")
    }

    /// Asks it to end, as Kubernetes does.
    ///
    /// # Panics
    /// When it has ended already.
    pub async fn terminate(&self) {
        self.process.terminate().await.expect("it runs");
    }

    /// Kills it, as a crash would, and returns when it is gone.
    ///
    /// # Panics
    /// When it doesn't die.
    pub async fn kill(&mut self) {
        self.process.kill().await.expect("it can be killed");
    }

    /// How it ended.
    ///
    /// # Panics
    /// When it doesn't end.
    pub async fn ended(&mut self) -> ExitStatus {
        self.process.ended(PATIENCE).await.expect("it ends")
    }

    /// Its resident memory, in bytes.
    ///
    /// # Panics
    /// When it has ended.
    pub fn resident_bytes(&self) -> usize {
        self.process.usage().expect("it runs").resident.try_into().expect("memory can be addressed")
    }

    /// The most resident memory that it ever had, in bytes.
    ///
    /// # Panics
    /// When it has ended.
    pub fn peak_bytes(&self) -> usize {
        self.process.usage().expect("it runs").peak.try_into().expect("memory can be addressed")
    }
}

fn refused_by(client: &str, metrics: &str) -> u64 {
    let client = format!("client=\"{client}\"");
    let samples = metrics.lines().filter_map(|line| line.strip_prefix("chancery_xds_nacks_total{")?.split_once("} "));
    let ours = samples.filter(|(labels, _)| labels.split(',').any(|label| label == client));
    ours.filter_map(|(_, value)| value.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests;
