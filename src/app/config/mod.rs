//! The configuration of `chancery serve`.
//!
//! ```text
//! flags > environment   one Layer (clap reads both)  ─┐
//! file (--config)       one Layer (YAML, same keys)  ─┼─▶ Config
//! defaults              here                         ─┘
//! ```
//!
//! One type, [`Layer`], is the flags, the variables and the file's keys, so that none of the three can lack what
//! another has.

mod error;
mod file;
mod layer;
mod source;
mod values;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::model::compat::Compat;
use crate::telemetry::log::LogFormat;

pub use error::ConfigError;
pub use layer::{FleetLayer, Layer, SourceKind};
pub use source::{KubernetesConfig, SourceConfig};
pub use values::{
    ConnectionAge, ConnectionCount, DnsName, EnvoyAddress, GracePeriod, ListenAddress, ListenerName, Misspelt,
    TrustedHops,
};

/// Where the ADS server listens by default: every interface, so that it can be reached in a pod.
pub const DEFAULT_XDS_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 18000);

/// Where the admin server listens by default: only here, because it shows everything to everybody.
pub const DEFAULT_ADMIN_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 18001);

/// Where Envoys listen by default.
pub const DEFAULT_ENVOY_LISTENER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 10000);

/// The DNS domain of a cluster by default.
pub const DEFAULT_CLUSTER_DOMAIN: &str = "cluster.local";

/// How old a connection gets by default. Often enough that replicas which come late get their share of clients.
pub const DEFAULT_MAX_CONNECTION_AGE: Duration = Duration::from_mins(30);

/// How many connections may be open by default. With a client on each that is some 650 MB.
pub const DEFAULT_MAX_CONNECTIONS: usize = 10_000;

/// How long a shutdown waits for streams by default. Kubernetes kills a pod after 30 s.
pub const DEFAULT_SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Everything that `serve` needs to know, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where Services and endpoints come from.
    pub source: SourceConfig,
    /// Take endpoints with a loopback address, which Kubernetes refuses.
    pub allow_loopback_endpoints: bool,
    /// The other products whose annotations on Services are read, too.
    pub compat: Compat,
    /// Where the ADS server listens. Port 0 takes a free one.
    pub xds_listen: SocketAddr,
    /// Where the admin server listens. Port 0 takes a free one.
    pub admin_listen: SocketAddr,
    /// The DNS domain of the cluster, without a dot at either end.
    pub cluster_domain: String,
    /// Where Envoys listen whose fleet doesn't say it in [`Self::fleets`].
    pub envoy_listener: SocketAddr,
    /// What differs from fleet to fleet, by the fleet's name; `*` is for all.
    pub fleets: BTreeMap<String, FleetLayer>,
    /// How old a connection gets; none: as old as it likes.
    pub max_connection_age: Option<Duration>,
    /// How many connections to the ADS server may be open.
    pub max_connections: usize,
    /// How long a shutdown waits for streams to end.
    pub shutdown_grace: Duration,
    /// How a line of the log looks.
    pub log_format: LogFormat,
}

impl Config {
    /// Settles what holds: `command_line` (flags and environment) beats the file at `path`, which beats the defaults.
    pub fn load(command_line: Layer, path: Option<PathBuf>) -> Result<Self, ConfigError> {
        match path {
            Some(path) => {
                let file = file::read(&path)?;
                Self::resolve(command_line, file, &path.display().to_string())
            }
            None => Self::resolve(command_line, Layer::default(), ""),
        }
    }

    /// `file_name` is what errors call the file.
    fn resolve(command_line: Layer, file: Layer, file_name: &str) -> Result<Self, ConfigError> {
        let source = source::resolve(&command_line, &file, file_name)?;
        let Layer {
            // `source` says what these do.
            source: _,
            manifests: _,
            kubeconfig: _,
            context: _,
            namespace: _,
            compat,
            allow_loopback_endpoints,
            xds_listen,
            admin_listen,
            cluster_domain,
            envoy_listener,
            max_connection_age,
            max_connections,
            shutdown_grace,
            log_format,
            // Only a file has them.
            fleets: _,
        } = command_line;
        let address = |strong: Option<ListenAddress>, weak: Option<ListenAddress>, default| {
            strong.or(weak).map_or(default, |ListenAddress(address)| address)
        };
        Ok(Self {
            source,
            allow_loopback_endpoints: allow_loopback_endpoints.or(file.allow_loopback_endpoints).unwrap_or(false),
            compat: compat.or(file.compat).into_iter().flatten().collect(),
            xds_listen: address(xds_listen, file.xds_listen, DEFAULT_XDS_LISTEN),
            admin_listen: address(admin_listen, file.admin_listen, DEFAULT_ADMIN_LISTEN),
            cluster_domain: cluster_domain
                .or(file.cluster_domain)
                .map_or_else(|| DEFAULT_CLUSTER_DOMAIN.to_owned(), |DnsName(name)| name),
            envoy_listener: envoy_listener
                .or(file.envoy_listener)
                .map_or(DEFAULT_ENVOY_LISTENER, |EnvoyAddress(address)| address),
            fleets: file.fleets,
            max_connection_age: max_connection_age
                .or(file.max_connection_age)
                .map_or(Some(DEFAULT_MAX_CONNECTION_AGE), |ConnectionAge(age)| age),
            max_connections: max_connections
                .or(file.max_connections)
                .map_or(DEFAULT_MAX_CONNECTIONS, |ConnectionCount(count)| count),
            shutdown_grace: shutdown_grace
                .or(file.shutdown_grace)
                .map_or(DEFAULT_SHUTDOWN_GRACE, |GracePeriod(period)| period),
            log_format: log_format.or(file.log_format).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests;
