//! The load generator: thousands of clients in a process of their own.
//!
//! It prints one [`Line`] of JSON for each thing that whoever steers it waits for, and takes two commands on its standard
//! input: `report` prints what came since the last report; `quit`, and the end of the input, end it.

mod client;
mod hub;
mod options;
mod received;
mod wire;

use std::io::Write as _;
use std::sync::Arc;

use tokio::sync::mpsc;

pub use client::Manner;
pub use hub::Line;
pub use options::{Options, Variant};

use crate::{clock, commands};
use hub::Hub;

/// Runs until it is told to quit.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let (sender, mut lines) = mpsc::unbounded_channel();
    let manners =
        [(Manner::Good, options.clients), (Manner::Stuck, options.stuck), (Manner::Flooding, options.flooding)];
    let hub = Arc::new(Hub::new(options, sender));
    hub.say(Line::Begun { at: clock::now() });
    let clients = manners.iter().flat_map(|(manner, count)| std::iter::repeat_n(*manner, *count));
    for (number, manner) in clients.enumerate() {
        tokio::spawn(client::run(Arc::clone(&hub), number, manner));
    }
    let mut commands = commands::lines();
    loop {
        tokio::select! {
            Some(line) = lines.recv() => print(&line)?,
            command = commands.recv() => match command.as_deref() {
                Some("report") => print(&hub.report())?,
                Some("quit") | None => return Ok(()),
                Some(other) => anyhow::bail!("{other:?} is no command; expected report or quit"),
            },
        }
    }
}

fn print(line: &Line) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer(&mut stdout, line)?;
    stdout.write_all(b"\n")?;
    stdout.flush()?;
    Ok(())
}
