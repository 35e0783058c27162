//! The load generator, as whoever steers it sees it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use rig::process::{Log, Process};
use tokio::io::{AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::load::{Line, Options};
use crate::report::Receptions;

/// A load generator that runs. It ends when this is dropped.
#[derive(Debug)]
pub struct Generator {
    _process: Process,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Generator {
    /// Starts one; its clients connect at once. Returns when the first was about to, by [`crate::clock::now`].
    pub async fn start(bench: &Path, options: &Options) -> anyhow::Result<(Self, u64)> {
        let mut command = Command::new(bench);
        command.args(options.arguments());
        let (mut process, output) = Process::start_read("the load generator", &mut command, Log::Nowhere)?;
        let input = process.stdin().context("it is piped")?;
        let mut generator = Self { _process: process, input, output };
        let Line::Begun { at } = generator.next().await? else { bail!("it didn't begin") };
        Ok((generator, at))
    }

    /// Returns when all clients are complete, with the time of the last; none if they aren't in time.
    pub async fn complete(&mut self, limit: Duration) -> anyhow::Result<Option<u64>> {
        let complete = async {
            loop {
                if let Line::Complete { at } = self.next().await? {
                    return Ok(at);
                }
            }
        };
        timeout(limit, complete).await.ok().transpose()
    }

    /// Returns when all clients are complete, which they have to be before anything can be measured with them.
    pub async fn ready(&mut self, limit: Duration) -> anyhow::Result<()> {
        let complete = self.complete(limit).await?;
        complete.map(drop).with_context(|| format!("not every client had everything after {limit:?}"))
    }

    /// Returns when every client has this change; says whether they had it in time.
    pub async fn everybody(&mut self, change: u32, limit: Duration) -> anyhow::Result<bool> {
        let all = async {
            loop {
                if matches!(self.next().await?, Line::Everybody { change: had } if had == change) {
                    return Ok(());
                }
            }
        };
        timeout(limit, all).await.map_or(Ok(false), |done: anyhow::Result<()>| done.map(|()| true))
    }

    /// What came since the last report.
    pub async fn report(&mut self) -> anyhow::Result<Receptions> {
        self.input.write_all(b"report\n").await?;
        loop {
            if let Line::Report { changes, bytes, complete } = self.next().await? {
                return Ok(Receptions { changes, bytes, complete });
            }
        }
    }

    async fn next(&mut self) -> anyhow::Result<Line> {
        let line = self.output.next_line().await?.context("the load generator ended")?;
        Ok(serde_json::from_str(&line)?)
    }
}
