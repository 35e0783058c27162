//! `chancery render`: prints what a client would get.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::lint;
use super::manifests::{Read, Reading};
use super::output::{Format, print};
use super::{Exit, Failure};
use crate::admin::snapshot_to_json;
use crate::xds::{ClientKind, Place, Target};

/// Print what a client would get, without a server
///
/// Reads manifests as `serve --manifests` does, and prints clusters, endpoints, listeners and routes. Rejected
/// configuration goes to stderr, as with `chancery lint`; the exit code is 1 if there is an error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chancery render ./services
  chancery render ./services --fleet edge --zone eu-1a -o json
  kubectl get services,endpointslices -A -o yaml | chancery render -")]
pub(super) struct Render {
    /// Directories and files of manifests; - for standard input
    #[arg(value_name = "DIR|FILE|-", required = true)]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    reading: Reading,

    /// Kind of client
    #[arg(long = "for", value_name = "CLIENT", value_enum, default_value = "envoy")]
    client: Client,

    /// Fleet of the client [default: one that no Service names]
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    fleet: String,

    /// Zone of the client [default: unknown]
    #[arg(long, value_name = "ZONE", default_value = "", hide_default_value = true)]
    zone: String,

    /// Kubernetes node of the client [default: unknown]
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    node_name: String,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "yaml")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Client {
    /// An Envoy of the fleet
    Envoy,
    /// A proxyless gRPC client that dials every port of every Service under its shortest name
    Grpc,
}

impl Render {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { paths, reading, client, fleet, zone, node_name, output } = self;
        let Read { objects: _, offline, problems, left_alone, unread: _ } = reading.manifests(&paths)?;
        for problem in &problems {
            eprintln!("{problem}");
        }
        lint::tell_left_alone(left_alone);
        let snapshot = match client {
            Client::Envoy => {
                let target = Target { kind: ClientKind::Envoy, fleet: fleet.into() };
                Arc::clone(offline.world.snapshot(&target))
            }
            Client::Grpc => offline.grpc(),
        };
        let place = Place { zone: zone.into(), node: node_name.into() };
        let json = snapshot_to_json(&snapshot, &place).map_err(Failure::input)?;
        print(out, output, &json)?;
        Ok(lint::exit(&problems))
    }
}
