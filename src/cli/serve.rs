//! `chancery serve`: the control plane itself.

use std::env;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{Exit, Failure};
use crate::app;
use crate::app::config::{Config, Layer};
use crate::telemetry::log::{self, FILTER_VARIABLE};

/// Serve Envoys over xDS
///
/// Watches Services and their endpoints, in a Kubernetes cluster or in a directory of manifests, and tells every Envoy
/// that connects over ADS which pods to balance over and how.
///
/// Every flag is also an environment variable and, by the same name, a key of the YAML file given with --config. A flag
/// beats the variable, the variable beats the file.
///
/// SIGTERM or SIGINT ends it: it takes no new streams, ends those that are open, and exits within --shutdown-grace. A
/// second signal ends it at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # The cluster of the pod it runs in, or of your kubeconfig
  chancery serve
  chancery serve --context staging --namespace shop --namespace bank
  # Manifests on this machine
  chancery serve --manifests ./services --allow-loopback-endpoints
  # Settings from elsewhere
  chancery serve --config chancery.yaml --log-format json
  CHANCERY_XDS_LISTEN=0.0.0.0:9000 chancery serve

A configuration file, which may also say what differs from fleet to fleet:
  xds-listen: 0.0.0.0:9000
  namespace: [shop, bank]
  fleets:
    \"*\":                             # every fleet, unless it says otherwise
      access-log: true               # a line of JSON for each request
    edge:
      listener: 0.0.0.0:10443
      listener-name: edge            # default http
      trusted-hops: 1                # proxies before it whose x-forwarded-for counts
      max-connection-duration: 30m")]
pub(super) struct Serve {
    /// YAML file with the settings below
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
