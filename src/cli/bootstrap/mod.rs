//! `chancery bootstrap`: prints a bootstrap for a client.

pub mod envoy;
pub(in crate::cli) mod grpc;
mod host_port;

use std::io::Write;

use clap::{Args, Subcommand};

use super::{Exit, Failure};

pub use host_port::HostPort;

/// Print a bootstrap for a client
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chancery bootstrap envoy --server chancery.chancery:18000 --fleet edge > envoy.yaml
  envoy -c envoy.yaml --service-node \"$HOSTNAME\"

  chancery bootstrap grpc --server chancery.chancery:18000 > grpc.json
  GRPC_XDS_BOOTSTRAP=grpc.json ./client xds:///cart.shop:50051")]
pub(super) struct Bootstrap {
    #[command(subcommand)]
    client: Client,
}

#[derive(Debug, Subcommand)]
enum Client {
    Envoy(envoy::Envoy),
    Grpc(grpc::Grpc),
}

impl Bootstrap {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        match self.client {
            Client::Envoy(envoy) => envoy.run(out),
            Client::Grpc(grpc) => grpc.run(out),
        }
    }
}
