//! `make run` and `make run-grpc`: a whole small world on this machine, and what happens in it.
//!
//! ```text
//!  manifests ─files─▶ chancery ─xDS─▶ envoy ◀── load           8 callers
//!      ▲                                │
//!  deployment ── starts, drains, kills ──▶ pods                127.10.0.1:50051, 127.10.0.2:50051, …
//! ```
//!
//! - [`world`] is all of that; [`story`] is what happens in it, by [`steps`]; [`stay`] is what comes after; [`screen`] is how
//!   it looks; [`scenario`] is the frame.
//! - Everything but the load is a real process: `chancery serve`, an Envoy, and for each [`pod`] a `demo backend` on an IP
//!   address of its own. So a pod can be killed as pods are killed.
//! - [`grpc`] is another world, of the same parts: its client needs no proxy, and finds a fleet of Envoys by itself.

mod call;
mod grpc;
mod pod;
mod scenario;
mod screen;
mod settings;
mod stay;
mod steps;
mod story;
mod world;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::settings::Settings;
use self::world::World;

/// Show the main job on this machine: pods, control plane, Envoy, load, a scale-up
///
/// Starts gRPC echo servers as pods, a control plane over a directory of manifests, a real Envoy and callers; adds a
/// pod, deletes one, kills one, and says how long each took to be noticed and how many requests failed. Needs Linux and
/// an Envoy.
#[derive(Debug, Parser)]
#[command(
    name = "demo",
    args_conflicts_with_subcommands = true,
    max_term_width = 120,
    disable_help_subcommand = true,
    after_help = "Examples:
  demo                                    stays up at the end when run on a terminal
  demo --envoy target/tools/envoy --exit
  demo call --times 20                    in another terminal
  demo grpc                               a gRPC client without a proxy, and a fleet of Envoys"
)]
struct Demo {
    #[command(flatten)]
    settings: Settings,

    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    Call(call::Call),
    Grpc(grpc::Grpc),
    #[command(hide = true)]
    Backend(pod::Backend),
}

fn main() -> ExitCode {
    let Demo { settings, part } = Demo::parse();
    let mut out = io::stdout().lock();
    let done = match part {
        Some(Part::Call(call)) => call.run(&mut out),
        Some(Part::Grpc(grpc)) => grpc.run(&mut out),
        Some(Part::Backend(backend)) => backend.run(),
        None => scenario::show::<World>(&settings, &settings.common, &mut out),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // More than one line: what failed, and the ends of the logs that may say why.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs this until it is done. The runtime, with all tasks, is gone by then.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}
