//! `chancery serve`: the control plane itself.

use std::env;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{Exit, Failure};
use crate::app;
use crate::app::config::{Config, Layer};
use crate::telemetry::log::{self, FILTER_VARIABLE};

/// Run the control plane
///
/// Watches Services and EndpointSlices, in a Kubernetes cluster or in a directory of manifests, and serves clusters,
/// endpoints, listeners and routes to Envoys and proxyless gRPC clients over xDS.
///
/// Each flag can also be set by its environment variable, and by the key of the same name in the YAML file of --config. Flags
/// override variables, and variables override the file.
///
/// On SIGTERM or SIGINT the server accepts no new streams, closes the open ones, and exits within --shutdown-grace. On a
/// second signal it exits at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Watch the cluster of the own pod, or of your kubeconfig
  chancery serve
  chancery serve --context staging --namespace shop --namespace bank
  # Serve manifests on this machine
  chancery serve --manifests ./services --allow-loopback-endpoints
  # Take settings from a file and from the environment
  chancery serve --config chancery.yaml --log-format json
  CHANCERY_XDS_LISTEN=0.0.0.0:9000 chancery serve

A configuration file, which can also hold settings per fleet:
  xds-listen: 0.0.0.0:9000
  namespace: [shop, bank]
  fleets:
    \"*\":                             # default of all fleets
      access-log: true               # one line of JSON per request
    edge:
      listener: 0.0.0.0:10443
      listener-name: edge            # default http
      trusted-hops: 1                # trusted proxies in front, for x-forwarded-for
      max-connection-duration: 30m")]
pub(super) struct Serve {
    /// YAML file with settings
    #[arg(long, env = "CHANCERY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    layer: Layer,
}

impl Serve {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let Self { config, layer } = self;
        let config = Config::load(layer, config)
            .map_err(|error| if error.is_usage() { Failure::usage(error) } else { Failure::input(error) })?;
        // A variable that isn't UTF-8 is a bad filter, too, and is shown as one.
        let filter = env::var_os(FILTER_VARIABLE).map(|filter| filter.to_string_lossy().into_owned());
        log::init(config.log_format, filter.as_deref()).map_err(Failure::usage)?;
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("can't start the threads of the runtime")
            .and_then(|runtime| runtime.block_on(app::serve(config)))
            .map(|()| Exit::Ok)
            .map_err(Failure::input)
    }
}
