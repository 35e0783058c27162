//! `demo grpc`: a client without a proxy, a fleet of Envoys, and pods behind it.
//!
//! ```text
//!                       chancery
//!                   xDS │   │ xDS
//!             ┌─────────┘   └──────────┐
//!             ▼                        ▼
//!  client (grpc-js) ──────────▶ gateways (Envoys) ──────────▶ pods
//!   xds:///gateway.shop:10000    pods of shop/gateway,         pods of shop/cart,
//!                                127.10.1.1:10000, …           127.10.0.1:50051, …
//! ```
//!
//! The client finds the Envoys by the endpoints of one Service, and they find the pods by those of another. So both tiers
//! come and go without a proxy in front of them, a DNS record or a restart. [`world`] is all of that; [`story`] is what
//! happens in it.

mod client;
mod gateway;
mod story;
mod world;

use std::io::Write;
use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;

use self::world::World;
use crate::scenario;
use crate::settings::Common;

/// Show a gRPC client without a proxy, a fleet of Envoys and pods behind it
///
/// A real client of grpc-js dials xds:///gateway.shop:10000: several Envoys, which call several gRPC echo servers. One
/// control plane tells the client of the Envoys, and the Envoys of the servers. While calls flow, both tiers grow and
/// shrink, and an Envoy is killed; it says how long each change took to be noticed and how many calls failed. Needs Linux,
/// an Envoy, and Node.js 20; `make run-grpc` installs what it can of that.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  make run-grpc                                    builds, installs and runs all of it
  demo grpc --envoy target/tools/envoy --exit
  demo grpc --gateways 5 --pods 10 --rate 300")]
pub struct Grpc {
    #[command(flatten)]
    settings: Settings,
}

/// What the scenario can be told.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Gateways to begin with, 2 to 20
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..=20))]
    gateways: u32,

    /// Pods to begin with, 2 to 100
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(2..=100))]
    pods: u32,

    /// Calls a second, 50 to 500
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(50..=500))]
    rate: u32,

    /// The client to run: the program of tests/clients/node, installed
    #[arg(long, value_name = "PATH", default_value = "target/clients/node/client")]
    client: PathBuf,

    #[command(flatten)]
    common: Common,
}

impl Grpc {
    pub fn run(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        scenario::show::<World>(&self.settings, &self.settings.common, out)
    }
}

impl Settings {
    /// The client's program.
    fn client(&self) -> anyhow::Result<&PathBuf> {
        let client = &self.client;
        ensure!(
            client.is_file(),
            "there is no gRPC client at {}: give --client PATH, with the program of tests/clients/node (`make run-grpc` \
             installs it)",
            client.display()
        );
        Ok(client)
    }
}
