//! A process that the rig started: what it says, how it ends, what it costs.

mod log;
mod usage;

use std::ffi::OsStr;
use std::fs;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, sleep};

pub use log::{Kept, Log};
pub use usage::Usage;

/// How often [`Process::until`] asks again.
const POLL: Duration = Duration::from_millis(5);

/// A killed process is gone by then, unless the machine is in trouble.
const DEATH: Duration = Duration::from_secs(2);

/// A child process. Killed (SIGKILL) when dropped, and gone when that is done.
#[derive(Debug)]
pub struct Process {
    name: String,
    log: Log,
    child: Child,
}

/// A command whose process is in a group of its own: a Ctrl-C on the terminal reaches only the parent, who then ends its
/// children in order.
pub fn apart(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.process_group(0);
    command
}

impl Process {
    /// Starts it. `name` is what errors call it. What it prints goes to the log, and its standard input is a pipe.
    pub fn start(name: &str, command: &mut Command, log: Log) -> anyhow::Result<Self> {
        let (stdout, stderr) = log.outputs()?;
        Self::spawn(name, command.stdout(stdout).stderr(stderr), log)
    }

    /// The same, but its standard output is the caller's to read; only its standard error goes to the log.
    pub fn start_read(
        name: &str,
        command: &mut Command,
        log: Log,
    ) -> anyhow::Result<(Self, Lines<BufReader<ChildStdout>>)> {
        let (_, stderr) = log.outputs()?;
        let mut process = Self::spawn(name, command.stdout(Stdio::piped()).stderr(stderr), log)?;
        let stdout = process.child.stdout.take().context("standard output isn't a pipe")?;
        Ok((process, BufReader::new(stdout).lines()))
    }

    fn spawn(name: &str, command: &mut Command, log: Log) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start {name}: {}", command.as_std().get_program().display()))?;
        if let (Log::Kept(kept), Some(stderr)) = (&log, child.stderr.take()) {
            tokio::spawn(kept.clone().follow(stderr));
        }
        Ok(Self { name: name.to_owned(), log, child })
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

    /// Asks it to end (SIGTERM), as Kubernetes does.
    pub async fn terminate(&self) -> anyhow::Result<()> {
        let sent = Command::new("kill").args(["-TERM", &self.id()?.to_string()]).status().await?;
        anyhow::ensure!(sent.success(), "can't send SIGTERM to {}", self.name);
        Ok(())
    }

    /// Kills it, as a crash would, and returns when it is gone: the kernel has closed its sockets by then.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.with_context(|| format!("can't kill {}", self.name))
    }

    /// What it has used so far. An error when it has ended.
    pub fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(self.id()?)
    }

    /// Forgets the most memory that it had, so that [`Usage::peak`] is that of what follows.
    pub fn forget_peak(&self) -> anyhow::Result<()> {
        fs::write(format!("/proc/{}/clear_refs", self.id()?), "5").context("Linux forgets no peak")
    }

    /// The names of its threads.
    pub fn threads(&self) -> anyhow::Result<Vec<String>> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id()?))?;
        // One may end meanwhile.
        let names = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok());
        Ok(names.map(|name| name.trim().to_owned()).collect())
    }

    /// Where its log is.
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// The end of its log, with a headline; one line that says so when the log is empty.
    pub fn tail(&self) -> String {
        match self.log.tail() {
            tail if tail.is_empty() => format!("The log of {} is empty.", self.name),
            tail => format!("The log of {} ends with:\n  {}", self.name, tail.join("\n  ")),
        }
    }

    fn id(&self) -> anyhow::Result<u32> {
        self.child.id().with_context(|| format!("{} has ended", self.name))
    }
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
