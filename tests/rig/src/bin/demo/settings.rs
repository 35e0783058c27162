//! The flags of the demo.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use rig::programs;

/// What the demo can be told.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Pods to begin with, 2 to 100
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub pods: u32,

    /// Requests a second, 100 to 10000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(100..=10_000))]
    pub rate: u32,

    /// Give Envoy only what changed (the default)
    #[arg(long, overrides_with = "sotw")]
    pub delta: bool,

    /// Give Envoy the whole state of the world with every change
    #[arg(long, overrides_with = "delta")]
    pub sotw: bool,

    #[command(flatten)]
    pub common: Common,
}

/// What every scenario can be told.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Envoy to run, 1.36 or newer [default: envoy on the PATH]
    #[arg(long, env = "CHANCERY_ENVOY", value_name = "PATH")]
    pub envoy: Option<PathBuf>,

    /// Chancery to run [default: the one beside this program]
    #[arg(long, value_name = "PATH")]
    pub chancery: Option<PathBuf>,

    /// Stay up at the end, until Ctrl-C (the default on a terminal)
    #[arg(long, overrides_with = "exit")]
    pub keep: bool,

    /// Exit at the end (the default elsewhere)
    #[arg(long, overrides_with = "keep")]
    pub exit: bool,
}

impl Common {
    /// The program `chancery`.
    pub fn chancery(&self) -> anyhow::Result<PathBuf> {
        self.chancery.clone().map_or_else(|| programs::chancery().context("give --chancery PATH"), Ok)
    }

    /// Whether it all stays up when the story has been told.
    pub fn stays(&self) -> bool {
        self.keep || !self.exit && std::io::stdout().is_terminal()
    }
}
