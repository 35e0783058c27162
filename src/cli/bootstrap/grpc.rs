//! `chancery bootstrap grpc`.

use std::io::Write;

use clap::Args;

use super::super::{Exit, Failure};
use super::HostPort;

mod message;

/// Print a ready bootstrap for proxyless gRPC clients and servers
///
/// The JSON on stdout tells a gRPC program where it learns what `xds:///cart.shop:50051` means. It finds it in the file that
/// GRPC_XDS_BOOTSTRAP names, or in GRPC_XDS_BOOTSTRAP_CONFIG itself.
///
/// All pods of a Deployment may have the same file, from a ConfigMap. For an id, a zone and a node of its own in each pod,
/// print it with references such as $(POD_NAME), and make it the `value` of GRPC_XDS_BOOTSTRAP_CONFIG in the pods' `env`:
/// there Kubernetes puts in what `env` defines before it. In files and in values from a ConfigMap it doesn't, and gRPC doesn't
/// either. manifests/examples has one of this kind.
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
    /// Name of this client in logs and in `chancery status`; never empty
    #[arg(long, value_name = "ID", default_value = "grpc", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub node_id: String,

    /// Zone of this client, as the nodes' label topology.kubernetes.io/zone has it [default: unknown]
    #[arg(long, value_name = "ZONE", default_value = "", hide_default_value = true)]
    pub zone: String,

    /// Kubernetes node that this client runs on, as its pod's spec.nodeName has it; goes into the locality's sub_zone
    /// [default: unknown]
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub node_name: String,

    /// Where Chancery serves xDS: one address for all its replicas. May be given again, or with commas: while the first one is
    /// away, the next one is asked for what a client has from nowhere (gRFC A71; not by grpc-js)
    #[arg(long, value_name = "HOST:PORT", value_delimiter = ',', default_value = "127.0.0.1:18000")]
    pub server: Vec<HostPort>,

    /// Fail calls at once when their Service is deleted, or leaves Chancery
    ///
    /// Without it, clients that run go on calling the pods that the Service had last, and follow it again when it comes back
    /// (ignore_resource_deletion, gRFC A53): a Service can be deleted and made anew without a failed call. With it, grpc-js
    /// doesn't follow what comes back unchanged.
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
