//! The frame of every scenario: it starts, tells its story, and stays up if it is to.

use std::io::{self, IsTerminal as _, Write};

use anyhow::{Context as _, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::block_on;
use crate::screen::Screen;
use crate::settings::Common;
use crate::stay::{self, Way};

/// A small world, and what happens in it.
pub trait Scenario: Sized {
    /// What it can be told.
    type Settings;

    /// What it is about.
    const TITLE: &'static str;

    /// Starts it all, in order, and says so.
    async fn start(settings: &Self::Settings, screen: &mut Screen<'_>) -> anyhow::Result<Self>;

    /// Tells its story. An error when a change isn't noticed, a request fails or a client refuses an update.
    async fn tell(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()>;

    /// The ends of its logs.
    fn logs(&self) -> String;

    /// Says what to try while it stays up.
    fn invite(&self, screen: &mut Screen<'_>) -> io::Result<()>;

    /// The ways that requests go.
    fn ways(&self) -> Vec<Way<'_>>;
}

/// Runs a scenario, until it is over or a signal comes. Everything it started is gone when this returns.
pub fn show<S: Scenario>(settings: &S::Settings, common: &Common, out: &mut dyn Write) -> anyhow::Result<()> {
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut screen = Screen::new(out, colour);
    match block_on(run::<S>(settings, common, &mut screen)) {
        // Nobody reads it any more.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn run<S: Scenario>(settings: &S::Settings, common: &Common, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let mut signals = Signals::listen().context("can't listen to signals")?;
    screen.heading("Demo", S::TITLE)?;
    let mut world = tokio::select! {
        world = S::start(settings, screen) => world?,
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
        world.invite(screen)?;
        let ways = world.ways();
        tokio::select! {
            unread = stay::watch(&ways, screen) => unread?,
            _ = signals.next() => {}
        }
    }
    Ok(())
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
