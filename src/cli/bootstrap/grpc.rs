//! `chancery bootstrap grpc`.

use std::io::Write;

use clap::Args;

use super::super::{Exit, Failure};
use super::HostPort;

mod message;

/// Print a bootstrap for proxyless gRPC clients and servers
///
/// The JSON on stdout tells a gRPC program which control plane resolves names such as `xds:///cart.shop:50051`. The program
/// reads it from the file that GRPC_XDS_BOOTSTRAP names, or from the variable GRPC_XDS_BOOTSTRAP_CONFIG.
///
/// All pods of a Deployment can share one file, from a ConfigMap. To give each pod its own id, zone and node, print the bootstrap
/// with references such as $(POD_NAME), and make it the `value` of GRPC_XDS_BOOTSTRAP_CONFIG in the pods' `env`, where
/// Kubernetes expands references to variables that `env` defines before. Neither Kubernetes nor gRPC expands references in files
/// or in values from a ConfigMap. See manifests/examples.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  # For a Chancery on this machine
  GRPC_XDS_BOOTSTRAP_CONFIG=\"$(chancery bootstrap grpc)\" ./client xds:///cart.shop:50051
  # For one in a cluster, as a value in a pod's env
  chancery bootstrap grpc --server chancery.chancery:18000 \\
    --node-id '$(POD_NAME)' --zone '$(ZONE)' --node-name '$(NODE_NAME)'
  # Two Chanceries, in this order, as a file
  chancery bootstrap grpc --server chancery-a:18000,chancery-b:18000 > bootstrap.json")]
pub(in crate::cli) struct Grpc {
    /// Node id: the name of this client in logs and in `chancery status`; not empty
    #[arg(long, value_name = "ID", default_value = "grpc", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub node_id: String,

    /// Zone of this client: the value of the node label topology.kubernetes.io/zone [default: unknown]
    #[arg(long, value_name = "ZONE", default_value = "", hide_default_value = true)]
    pub zone: String,

    /// Kubernetes node of this client (spec.nodeName of its pod), written to the locality's sub_zone [default: unknown]
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub node_name: String,

    /// xDS address of Chancery: one address for all replicas. Repeatable: while the first server is away, a client asks the
    /// next one for resources that it has from no server (gRFC A71; not in grpc-js)
    #[arg(long, value_name = "HOST:PORT", value_delimiter = ',', default_value = "127.0.0.1:18000")]
    pub server: Vec<HostPort>,

    /// Fail calls at once when their Service is deleted, or leaves Chancery
    ///
    /// By default, running clients keep calling the last pods of the Service and follow it again when it comes back
    /// (ignore_resource_deletion, gRFC A53): a Service can be deleted and created again without a failed call. With this flag,
    /// grpc-js doesn't notice a Service that comes back unchanged.
    #[arg(long)]
    pub fail_on_deletion: bool,
}

impl Grpc {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Failure> {
        serde_json::to_writer_pretty(&mut *out, &self.message()).map_err(std::io::Error::from)?;
        writeln!(out)?;
        Ok(Exit::Ok)
    }
}

#[cfg(test)]
mod tests;
