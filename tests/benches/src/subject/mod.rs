//! What is measured: a server in a process of its own, of which a Service can be changed.

mod api;
pub mod chancery;
pub mod floor;
mod rival;
mod watching;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use rig::process::Process;
use rig::programs::beside;
use rig::serve::Serve;
use serde::{Deserialize, Serialize};

pub use api::{Api, BareWatch};
pub use chancery::World;
pub use watching::{Server, Watching};

use crate::clock;
use crate::load::Variant;

/// The servers that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `chancery serve --manifests`: a change is a file that is renamed into the directory.
    Chancery,
    /// go-control-plane's `LinearCache`: a change is a call of `UpdateResource`.
    Linear,
    /// go-control-plane's `SnapshotCache`: a change is a new snapshot.
    Snapshot,
    /// A write of 600 bytes to each of the connections, without any protocol.
    Tcp,
    /// A tonic server that sends 600 ready bytes on each of the streams, and looks at no request.
    Tonic,
}

impl Kind {
    /// What it is called in tables.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Chancery => "Chancery",
            Self::Linear => "go-control-plane LinearCache",
            Self::Snapshot => "go-control-plane SnapshotCache",
            Self::Tcp => "raw TCP",
            Self::Tonic => "bare tonic",
        }
    }

    /// How its clients speak, when clients of control planes speak `variant`.
    pub const fn variant(self, variant: Variant) -> Variant {
        match self {
            Self::Chancery | Self::Linear | Self::Snapshot => variant,
            Self::Tonic => Variant::Delta,
            Self::Tcp => Variant::Raw,
        }
    }
}

/// Where the programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `chancery`, built with optimisations.
    pub chancery: PathBuf,
    /// `rival`, of tests/benches/rivals.
    pub rival: PathBuf,
    /// This program.
    pub bench: PathBuf,
}

impl Programs {
    /// Those that `make bench` built.
    pub fn find() -> anyhow::Result<Self> {
        let bench = std::env::current_exe()?;
        let target = bench.ancestors().nth(2).context("a program is in a directory of a directory")?;
        Ok(Self { chancery: beside("chancery")?, rival: target.join("bench/rival"), bench })
    }

    /// Where results go.
    pub fn output(&self) -> PathBuf {
        self.rival.with_file_name("")
    }
}

/// A server that runs.
#[derive(Debug)]
pub enum Subject {
    /// Ours, and its files.
    Chancery(Serve, World),
    /// One that is told what to change by lines.
    Told(rival::Told),
}

impl Subject {
    /// Starts one that serves this many Services with this many endpoints each, and returns when it does.
    pub async fn start(programs: &Programs, kind: Kind, services: usize, endpoints: usize) -> anyhow::Result<Self> {
        let sizes = [services.to_string(), endpoints.to_string()];
        let [services_text, endpoints_text] = &sizes;
        let sizes = ["--services", services_text, "--endpoints", endpoints_text];
        Ok(match kind {
            Kind::Chancery => {
                let world = World::new(services, endpoints)?;
                Self::Chancery(chancery::start(&programs.chancery, &world.arguments()).await?, world)
            }
            Kind::Linear => Self::Told(rival::Told::start(&programs.rival, "linear", &sizes).await?),
            Kind::Snapshot => Self::Told(rival::Told::start(&programs.rival, "snapshot", &sizes).await?),
            Kind::Tcp => Self::Told(rival::Told::start(&programs.bench, "floor", &["tcp"]).await?),
            Kind::Tonic => Self::Told(rival::Told::start(&programs.bench, "floor", &["tonic"]).await?),
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        match self {
            Self::Chancery(serve, _) => serve.xds,
            Self::Told(told) => told.address,
        }
    }

    /// Changes a Service. Returns when that was, by [`crate::clock::now`]: just before the server could know of it.
    pub async fn change(&mut self, service: usize, change: u32) -> anyhow::Result<u64> {
        match self {
            Self::Chancery(_, world) => world.change(service, change),
            Self::Told(told) => told.change(service, change).await,
        }
    }

    /// Kills it as a crash would, and starts it again at the same address. Returns when it was killed.
    pub async fn restart(&mut self) -> anyhow::Result<u64> {
        match self {
            Self::Chancery(serve, _) => {
                let killed = clock::now();
                serve.restart().await?;
                Ok(killed)
            }
            Self::Told(told) => told.restart().await,
        }
    }

    /// Its process.
    pub const fn process(&self) -> &Process {
        match self {
            Self::Chancery(serve, _) => serve.process(),
            Self::Told(told) => &told.process,
        }
    }
}
