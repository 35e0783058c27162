//! The frame of every scenario: it starts, tells its story, and stays up if it is to.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::screen::Screen;
use super::settings::Common;
use super::stay::{self, Way};
use crate::cli::{Exit, Failure};

/// A small world, and what happens in it.
pub trait Scenario: Sized {
    /// What it can be told.
    type Settings;

    /// What it is about.
    const TITLE: &'static str;

    /// Starts it all, in order, and says so. `program` is `chancery`.
    async fn start(settings: &Self::Settings, program: &Path, screen: &mut Screen<'_>) -> anyhow::Result<Self>;

    /// Tells its story. An error when a change isn't noticed, a request fails or a client refuses an update.
    async fn tell(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()>;

    /// The ends of its logs.
    fn logs(&self) -> String;

    /// Says what to try while it stays up.
    fn invite(&self, program: &Path, screen: &mut Screen<'_>) -> io::Result<()>;

    /// The ways that requests go.
    fn ways(&self) -> Vec<Way<'_>>;
}

/// Runs a scenario, until it is over or a signal comes. Everything it started is gone when this returns.
pub fn show<S: Scenario>(settings: &S::Settings, common: &Common, out: &mut dyn Write) -> Result<Exit, Failure> {
    let program = std::env::current_exe().context("can't tell where chancery is").map_err(Failure::input)?;
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut screen = Screen::new(out, colour);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("can't start the threads of the runtime")
        .map_err(Failure::input)?;
    runtime.block_on(run::<S>(settings, common, &program, &mut screen)).or_else(|error| {
        // More than one line: what failed, and the ends of the logs that may say why.
        eprintln!("error: {error:#}");
        Ok(Exit::Input)
    })
}

async fn run<S: Scenario>(
    settings: &S::Settings,
    common: &Common,
    program: &Path,
    screen: &mut Screen<'_>,
) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen().context("can't listen to signals")?;
    screen.heading("Demo", S::TITLE)?;
    let mut world = tokio::select! {
        world = S::start(settings, program, screen) => world?,
        signal = signals.next() => bail!("ended by {signal}"),
    };
    let told = tokio::select! {
        told = world.tell(screen) => told,
        signal = signals.next() => bail!("ended by {signal}"),
    };
    if let Err(error) = told {
        bail!("{error:#}\n{}", world.logs());
    }
    if common.stays() {
        screen.heading("Try", "It all stays up until Ctrl-C. Meanwhile:")?;
        world.invite(program, screen)?;
        let ways = world.ways();
        tokio::select! {
            unread = stay::watch(&ways, screen) => unread?,
            _ = signals.next() => {}
        }
    }
    Ok(Exit::Ok)
}

/// The signals that end the demo.
struct Signals([Signal; 3]);

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            // The terminal was closed.
            signal(SignalKind::hangup())?,
        ]))
    }

    /// The next one, by name.
    async fn next(&mut self) -> &'static str {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
            _ = hangup.recv() => "SIGHUP",
        }
    }
}
