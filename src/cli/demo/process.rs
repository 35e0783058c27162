//! A child process with a log of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, sleep};

/// How often [`Process::until`] asks again.
const POLL: Duration = Duration::from_millis(5);

/// A killed process is gone by then, unless the machine is in trouble.
const DEATH: Duration = Duration::from_secs(2);

/// How many lines of a log an error shows.
const TAIL_LINES: usize = 12;

/// A child process. What it prints goes to its log. Killed (SIGKILL) when dropped, and gone when that is done.
///
/// It is in a process group of its own, so that a Ctrl-C on the terminal reaches only the parent, who then ends its
/// children in order.
#[derive(Debug)]
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts it. `name` is what errors call it; the log is created, in a directory that exists.
    pub fn start(name: &str, mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let stderr = create(log)?;
        let stdout = stderr.try_clone().with_context(|| format!("can't share {}", log.display()))?;
        Self::spawn(name, command.stdout(stdout).stderr(stderr), log)
    }

    /// The same, but what it prints is the caller's to read; only its standard error goes to the log.
    pub fn start_read(name: &str, mut command: Command, log: &Path) -> anyhow::Result<(Self, ChildStdout)> {
        let mut process = Self::spawn(name, command.stdout(Stdio::piped()).stderr(create(log)?), log)?;
        let stdout = process.child.stdout.take().context("standard output isn't a pipe")?;
        Ok((process, stdout))
    }

    fn spawn(name: &str, command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let child = command
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("can't start {name}: {}", command.as_std().get_program().display()))?;
        Ok(Self { name: name.to_owned(), log: log.to_owned(), child })
    }

    /// What errors call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The other end of its standard input, once.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Returns when `is_so` says true. An error when it ends before that, or when `patience` does; `what` completes
    /// the sentence "… didn't …".
    pub async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        mut is_so: impl AsyncFnMut() -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + patience;
        while !is_so().await {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} didn't {what}: it ended ({status}). {}", self.name, self.tail());
            }
            if Instant::now() > deadline {
                bail!("{} didn't {what} within {} s. {}", self.name, patience.as_secs(), self.tail());
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    /// How it ended, once it has; an error when that takes longer than `patience`.
    pub async fn ended(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        match tokio::time::timeout(patience, self.child.wait()).await {
            Ok(status) => status.with_context(|| format!("can't wait for {}", self.name)),
            Err(_) => bail!("{} didn't end within {} s. {}", self.name, patience.as_secs(), self.tail()),
        }
    }

    /// Kills it, and returns when it is gone: the kernel has closed its sockets by then.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.with_context(|| format!("can't kill {}", self.name))
    }

    /// Its resident memory in bytes, as Linux says it; `None` when it has ended.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
    }

    /// The end of its log, with a headline; one line that says so when the log is empty.
    pub fn tail(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default();
        if tail.is_empty() {
            return format!("The log of {} is empty.", self.name);
        }
        format!("The log of {} ends with:\n  {}", self.name, tail.join("\n  "))
    }
}

fn create(log: &Path) -> anyhow::Result<File> {
    File::create(log).with_context(|| format!("can't create {}", log.display()))
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.start_kill();
        // Death takes milliseconds. Without this wait, its log's directory could be removed under it, and nobody would
        // collect it.
        for _ in 0..DEATH.as_millis() / POLL.as_millis() {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(POLL);
        }
    }
}

#[cfg(test)]
mod tests;
