//! A process, and what it costs.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};

/// A process that ends when this is dropped.
#[derive(Debug)]
pub struct Process {
    /// With its pipes.
    pub child: Child,
    id: u32,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time of all its threads.
    pub cpu: Duration,
    /// Resident memory, in bytes.
    pub resident: u64,
    /// The most that it ever was, in bytes.
    pub peak: u64,
}

impl Process {
    /// Starts one, with pipes for input and output. Its log goes nowhere.
    pub fn start(program: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("{} doesn't start", program.display()))?;
        let id = child.id().context("it ended at once")?;
        Ok(Self { child, id })
    }

    /// What it has used so far.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id)).context("it ended")?;
        let bytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or_default()
                * 1024
        };
        Ok(Usage { cpu: self.cpu()?, resident: bytes("VmRSS:"), peak: bytes("VmHWM:") })
    }

    /// The processor time of its threads, from the scheduler's count in nanoseconds (`/proc/…/schedstat`).
    fn cpu(&self) -> anyhow::Result<Duration> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.id)).context("it ended")? {
            // A thread may end meanwhile.
            let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
            nanoseconds += text.split(' ').next().and_then(|first| first.parse::<u64>().ok()).unwrap_or_default();
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Kills it, as a crash would.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("it can't be killed")
    }
}
