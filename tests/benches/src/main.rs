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
mod scenario;
mod stamp;
mod subject;

use clap::Parser;

/// How fast Chancery is, beside its rivals.
#[derive(Debug, clap::Parser)]
#[command(version, about)]
enum Command {
    /// Measures one case by itself
    Try {
        /// What is measured
        #[arg(value_enum)]
        subject: subject::Kind,
        #[arg(long, value_enum, default_value = "delta")]
        variant: load::Variant,
        #[arg(long, default_value_t = 1000)]
        services: usize,
        #[arg(long, default_value_t = 10)]
        endpoints: usize,
        #[arg(long, default_value_t = 1000)]
        clients: usize,
        #[arg(long, default_value_t = 1000)]
        names: usize,
        #[arg(long, default_value_t = 0)]
        stuck: usize,
        #[arg(long, default_value_t = 0)]
        flooding: usize,
        #[arg(long, default_value_t = 20)]
        changes: u32,
    },
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

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Load(options) => load::run(options).await,
        Command::Floor { floor } => subject::floor::run(floor).await,
        Command::Try { subject, variant, services, endpoints, clients, names, stuck, flooding, changes } => {
            let case = scenario::Case { subject, variant, services, endpoints, clients, names, stuck, flooding };
            let measured = scenario::measure(&subject::Programs::find()?, case, changes).await?;
            println!(
                "{:9} {:?} {clients} x {names}: storm {:7.0} ms  peak {:4} MB  {:6.1} KB/client | p50 {:7.2} p99 {:7.2} last p50 {:7.2} max {:7.2} ms  cpu {:7.2} ms/change  {:.0} B  lost {}",
                format!("{subject:?}"), variant, measured.storm_ms.unwrap_or(f64::NAN), measured.peak_in_storm / 1_000_000,
                measured.kilobytes_per_client(), measured.reception_ms.median(), measured.reception_ms.at(0.99),
                measured.last_ms.median(), measured.last_ms.at(1.0), measured.cpu_ms, measured.bytes, measured.lost,
            );
            Ok(())
        }
    }
}
