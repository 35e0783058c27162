//! How fast Chancery is, beside its rivals and beside what nobody can be faster than.
//!
//! ```text
//! bench run ──▶ a subject: chancery serve | rival linear | rival snapshot | bench floor     (a process)
//!          └──▶ bench load: thousands of clients                                            (a process)
//! ```
//!
//! `bench run` changes a Service of the subject, the clients say when they had the change, and all of that is on one clock.
//! Everything shares this machine's cores, so a round measures every subject in turn before the next round begins.

mod clock;
mod commands;
mod generator;
mod load;
mod report;
mod run;
mod scenario;
mod stamp;
mod subject;

use clap::Parser;

/// How fast Chancery is, beside its rivals.
#[derive(Debug, clap::Parser)]
#[command(version, about)]
enum Command {
    /// Measures, writes what it measured as JSON, and sums it up
    Run(run::Options),
    /// Sums up what was measured, in a table and plots
    Report(report::Options),
    /// The load generator; `run` starts it
    #[command(hide = true)]
    Load(load::Options),
    /// A server without a control plane; `run` starts it
    #[command(hide = true)]
    Floor {
        /// Which
        #[arg(value_enum)]
        floor: subject::floor::Floor,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Load(options) => load::run(options).await,
        Command::Floor { floor } => subject::floor::run(floor).await,
        Command::Run(options) => run::run(options).await,
        Command::Report(options) => report::run(options),
    }
}
