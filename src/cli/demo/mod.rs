//! `chancery demo`: a whole small world on this machine, and what happens in it.
//!
//! ```text
//!  manifests ─files─▶ control_plane ─xDS─▶ envoy ◀── load      8 callers
//!      ▲                                     │
//!  deployment ── starts, drains, kills ──▶ pods (backend)      127.10.0.1:50051, 127.10.0.2:50051, …
//! ```
//!
//! - [`world`] is all of that; [`story`] is what happens in it; [`stay`] is what comes after; [`screen`] is how it looks.
//! - Everything but the load is a real process ([`process`]): `chancery serve`, an Envoy, and for each pod a
//!   `chancery demo backend` on an IP address of its own. So a pod can be killed as pods are killed.
//! - The parts know nothing of each other but what the picture shows. The tests that need a real Envoy are made of them.

pub mod addresses;
pub mod backend;
pub mod control_plane;
pub mod deployment;
pub mod envoy;
pub mod load;
pub mod manifests;
pub mod pod;
pub mod process;
pub mod scratch;
pub mod screen;

mod call;
mod settings;
mod stay;
mod story;
mod world;

use std::io::{IsTerminal as _, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::screen::Screen;
use self::settings::Settings;
use self::world::World;
use super::{Exit, Failure};

/// Show the main job on this machine: pods, control plane, Envoy, load, a scale-up
///
/// Starts gRPC echo servers as pods, a control plane over a directory of manifests, a real Envoy and callers; adds a
/// pod, deletes one, kills one, and says how long each took to be noticed and how many requests failed. Needs Linux and
/// an Envoy.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  chancery demo                                    stays up at the end when run on a terminal
  chancery demo --envoy target/tools/envoy --exit
  chancery demo call --times 20                    in another terminal"
)]
pub(super) struct Demo {
    #[command(flatten)]
    settings: Settings,

    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    Call(call::Call),
    #[command(hide = true)]
    Backend(backend::Backend),
}

impl Demo {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { settings, part } = self;
        match part {
            Some(Part::Call(call)) => call.run(out),
            Some(Part::Backend(backend)) => backend.run(),
            None => show(&settings, out),
        }
    }
}

/// Runs the demo, until it is over or a signal comes. Everything it started is gone when this returns.
fn show(settings: &Settings, out: &mut dyn Write) -> Result<Exit, Failure> {
    let program = std::env::current_exe().context("can't tell where chancery is").map_err(Failure::input)?;
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut screen = Screen::new(out, colour);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("can't start the threads of the runtime")
        .map_err(Failure::input)?;
    runtime.block_on(run(settings, &program, &mut screen)).or_else(|error| {
        // More than one line: what failed, and the ends of the logs that may say why.
        eprintln!("error: {error:#}");
        Ok(Exit::Input)
    })
}

async fn run(settings: &Settings, program: &Path, screen: &mut Screen<'_>) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen().context("can't listen to signals")?;
    screen.heading("Demo", "A Service with its pods, a control plane, an Envoy and its callers")?;
    let mut world = tokio::select! {
        world = World::start(settings, program, screen) => world?,
        signal = signals.next() => bail!("ended by {signal}"),
    };
    let told = tokio::select! {
        told = story::tell(&mut world, screen) => told,
        signal = signals.next() => bail!("ended by {signal}"),
    };
    if let Err(error) = told {
        bail!("{error:#}\n{}", world.logs());
    }
    if settings.stays() {
        stay::invite(&world, program, screen)?;
        tokio::select! {
            unread = stay::watch(&world, screen) => unread?,
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
