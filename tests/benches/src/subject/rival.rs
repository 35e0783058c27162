//! Servers that are told what to change, a line each: `change SERVICE NUMBER`. They answer `changed NUMBER NANOSECONDS`, the
//! time just before they knew of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use rig::process::{Log, Process};
use tokio::io::{AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::clock;

/// A server that is told what to change.
#[derive(Debug)]
pub struct Told {
    pub(super) address: SocketAddr,
    pub(super) process: Process,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    program: PathBuf,
    arguments: Vec<String>,
}

impl Told {
    /// Starts it and returns when it says that it listens.
    pub async fn start(program: &Path, command: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut server = Command::new(program);
        server.arg(command).args(arguments);
        let (mut process, mut output) = Process::start_read(command, &mut server, Log::Nowhere)?;
        let input = process.stdin().context("it is piped")?;
        let first = timeout(Duration::from_mins(1), output.next_line()).await.context("it doesn't listen")??;
        let port = first.as_deref().and_then(|line| line.strip_prefix("listening ")).and_then(|port| port.parse().ok());
        let port = port.with_context(|| format!("{first:?}: expected \"listening PORT\""))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let arguments = std::iter::once(command).chain(arguments.iter().copied()).map(str::to_owned).collect();
        Ok(Self { address, process, input, output, program: program.to_owned(), arguments })
    }

    pub(super) async fn restart(&mut self) -> anyhow::Result<u64> {
        let killed = clock::now();
        self.process.kill().await?;
        let port = self.address.port().to_string();
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).chain(["--port", &port]).collect();
        let (command, arguments) = arguments.split_first().context("it had a command")?;
        *self = Self::start(&self.program.clone(), command, arguments).await?;
        Ok(killed)
    }

    pub(super) async fn change(&mut self, service: usize, change: u32) -> anyhow::Result<u64> {
        self.input.write_all(format!("change {service} {change}\n").as_bytes()).await?;
        let line = timeout(Duration::from_mins(1), self.output.next_line()).await.context("it takes no change")??;
        let line = line.context("it ended")?;
        let mut words = line.split(' ');
        ensure!(words.next() == Some("changed") && words.next() == Some(&change.to_string()), "{line:?}");
        words.next().and_then(|time| time.parse().ok()).with_context(|| format!("{line:?}: no time"))
    }
}
