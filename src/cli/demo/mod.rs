//! `chancery demo`: a whole small world on this machine, and what happens in it.
//!
//! ```text
//!  manifests ─files─▶ control_plane ─xDS─▶ envoy ◀── load      8 callers
//!      ▲                                     │
//!  deployment ── starts, drains, kills ──▶ pods (backend)      127.10.0.1:50051, 127.10.0.2:50051, …
//! ```
//!
//! - [`world`] is all of that; [`story`] is what happens in it, by [`steps`]; [`stay`] is what comes after; [`screen`] is how
//!   it looks; [`scenario`] is the frame.
//! - Everything but the load is a real process ([`process`]): `chancery serve`, an Envoy, and for each pod a
//!   `chancery demo backend` on an IP address of its own. So a pod can be killed as pods are killed.
//! - [`grpc`] is another world, of the same parts: its client needs no proxy, and finds a fleet of Envoys by itself.
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
mod grpc;
mod scenario;
mod settings;
mod stay;
mod steps;
mod story;
mod world;

use std::io::Write;

use clap::{Args, Subcommand};

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
  chancery demo call --times 20                    in another terminal
  chancery demo grpc                               a gRPC client without a proxy, and a fleet of Envoys"
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
    Grpc(grpc::Grpc),
    #[command(hide = true)]
    Backend(backend::Backend),
}

impl Demo {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { settings, part } = self;
        match part {
            Some(Part::Call(call)) => call.run(out),
            Some(Part::Grpc(grpc)) => grpc.run(out),
            Some(Part::Backend(backend)) => backend.run(),
            None => scenario::show::<World>(&settings, &settings.common, out),
        }
    }
}
