//! `chancery bootstrap envoy`.

use std::io::Write;
use std::net::SocketAddr;

use clap::Args;
use data_plane_api::json;

use super::super::output::to_yaml;
use super::super::{Exit, Failure};
use super::HostPort;

mod message;

/// Print a bootstrap for Envoy
///
/// The YAML on stdout starts an Envoy that gets clusters, endpoints, listeners and routes from Chancery. Envoy's own flags
/// --service-node, --service-cluster and --service-zone override the node id, the fleet and the zone, so many Envoys can share
/// one bootstrap. Envoy has no flag for the Kubernetes node, which is the sub_zone of its locality; add
/// --config-yaml "node: {locality: {sub_zone: $NODE_NAME}}".
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  # For a Chancery on this machine
  chancery bootstrap envoy
  # For one in a cluster
  chancery bootstrap envoy --server chancery.chancery:18000 --fleet edge
  # Started at once
  envoy --config-yaml \"$(chancery bootstrap envoy)\" --service-node \"$HOSTNAME\"")]
pub struct Envoy {
    /// Node id: the name of this Envoy in logs and in `chancery status`; not empty
    #[arg(long, value_name = "ID", default_value = "envoy", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub node_id: String,

    /// Fleet of this Envoy; Services can be limited to fleets
    #[arg(long, value_name = "NAME", default_value = "envoy", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub fleet: String,

    /// Zone of this Envoy: the value of the node label topology.kubernetes.io/zone [default: unknown]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,

    /// Kubernetes node of this Envoy (spec.nodeName of its pod), written to the locality's sub_zone [default: unknown]
    #[arg(long, value_name = "NAME")]
    pub node_name: Option<String>,

    /// xDS address of Chancery
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:18000")]
    pub server: HostPort,

    /// Use delta xDS (the default)
    #[arg(long, overrides_with = "sotw")]
    pub delta: bool,

    /// Use state-of-the-world xDS
    #[arg(long, overrides_with = "delta")]
    pub sotw: bool,

    /// Listen address of Envoy's admin interface
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9901")]
    pub admin_address: SocketAddr,
}

impl Envoy {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let message = json::of(&self.message()).map_err(Failure::input)?;
        let variant = if self.sotw { "state of the world" } else { "delta" };
        writeln!(out, "# Bootstrap of an Envoy that is served by Chancery at {} over ADS ({variant}).", self.server)?;
        out.write_all(to_yaml(&message)?.as_bytes())?;
        Ok(Exit::Ok)
    }
}

#[cfg(test)]
mod tests;
