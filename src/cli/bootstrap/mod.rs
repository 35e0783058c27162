//! `chancery bootstrap`: what a client is started with.

pub mod envoy;

use std::io::Write;

use clap::{Args, Subcommand};

use super::{Exit, Failure};

/// Print a ready bootstrap for a client
#[derive(Debug, Args)]
#[command(after_help = "Example:
  chancery bootstrap envoy --server chancery.chancery:18000 --fleet edge > envoy.yaml
  envoy -c envoy.yaml --service-node \"$HOSTNAME\"")]
pub(super) struct Bootstrap {
    #[command(subcommand)]
    client: Client,
}

#[derive(Debug, Subcommand)]
enum Client {
    Envoy(envoy::Envoy),
}

impl Bootstrap {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        match self.client {
            Client::Envoy(envoy) => envoy.run(out),
        }
    }
}
