//! One layer of the configuration: the flags and variables, or the file.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::BoolishValueParser;
use serde::{Deserialize, Deserializer, de};

use super::{
    ConnectionAge, ConnectionCount, DnsName, EnvoyAddress, GracePeriod, ListenAddress, ListenerName, TrustedHops,
};
use crate::model::compat::Compat;
use crate::telemetry::log::LogFormat;

/// The flags of `serve`, their environment variables, and the keys of the configuration file.
///
/// A field `xds_listen` is the flag `--xds-listen`, the variable `CHANCERY_XDS_LISTEN` and the key `xds-listen`.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Layer {
    /// Source of Services and endpoints: kubernetes or manifests [default: kubernetes]
    #[arg(long, env = "CHANCERY_SOURCE", value_name = "SOURCE", value_enum, hide_possible_values = true)]
    pub source: Option<SourceKind>,

    /// Directory of YAML and JSON manifests to watch; implies --source manifests
    #[arg(long, env = "CHANCERY_MANIFESTS", value_name = "DIR")]
    pub manifests: Option<PathBuf>,

    /// Kubeconfig file [default: in a pod its service account, else $KUBECONFIG, else ~/.kube/config]
    #[arg(long, env = "CHANCERY_KUBECONFIG", value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Context of the kubeconfig [default: its current context]
    #[arg(long, env = "CHANCERY_CONTEXT", value_name = "NAME")]
    pub context: Option<String>,

    /// Namespace to watch; repeatable [default: all]
    #[arg(long, env = "CHANCERY_NAMESPACE", value_name = "NS", value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    pub namespace: Option<Vec<String>>,

    /// Other products whose Service annotations apply, too: xds.lmwn.com, projectcontour.io, linkerd.io,
    /// getambassador.io, or all [default: none]
    #[arg(long, env = "CHANCERY_COMPAT", value_name = "LIST", value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    pub compat: Option<Vec<Compat>>,

    /// Accept endpoints with loopback addresses, which Kubernetes rejects; for tests on one machine
    #[arg(
        long,
        env = "CHANCERY_ALLOW_LOOPBACK_ENDPOINTS",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub allow_loopback_endpoints: Option<bool>,

    /// Listen address of the xDS server; :: includes IPv4 [default: 0.0.0.0:18000]
    #[arg(long, env = "CHANCERY_XDS_LISTEN", value_name = "ADDRESS")]
    pub xds_listen: Option<ListenAddress>,

    /// Listen address of the admin server (/livez, /readyz, /metrics, debug pages) [default: 127.0.0.1:18001]
    #[arg(long, env = "CHANCERY_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<ListenAddress>,

    /// DNS domain of the cluster [default: cluster.local]
    #[arg(long, env = "CHANCERY_CLUSTER_DOMAIN", value_name = "DOMAIN")]
    pub cluster_domain: Option<DnsName>,

    /// Listen address of Envoys; per fleet in the configuration file. :: includes IPv4, but an Envoy on a machine without IPv6
    /// rejects it [default: 0.0.0.0:10000]
    #[arg(long, env = "CHANCERY_ENVOY_LISTENER", value_name = "ADDRESS")]
    pub envoy_listener: Option<EnvoyAddress>,

    /// Age at which a connection is closed, so that its client reconnects to any replica; off: never [default: 30m]
    #[arg(long, env = "CHANCERY_MAX_CONNECTION_AGE", value_name = "DURATION")]
    pub max_connection_age: Option<ConnectionAge>,

    /// Maximum number of connections to the xDS server; further ones are closed at once [default: 10000]
    #[arg(long, env = "CHANCERY_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub max_connections: Option<ConnectionCount>,

    /// Time to wait after SIGTERM for streams to end [default: 10s]
    #[arg(long, env = "CHANCERY_SHUTDOWN_GRACE", value_name = "DURATION")]
    pub shutdown_grace: Option<GracePeriod>,

    /// Log format: text or json; RUST_LOG sets the filter [default: text]
    #[arg(long, env = "CHANCERY_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// Settings per fleet; only in the configuration file.
    #[arg(skip)]
    pub fleets: BTreeMap<String, FleetLayer>,
}

/// The settings of one fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FleetLayer {
    /// Listen address of the Envoys in this fleet.
    pub listener: Option<EnvoyAddress>,
    /// Name of their listener and of its route configuration.
    pub listener_name: Option<ListenerName>,
    /// Number of trusted proxies in front of them, for `x-forwarded-for`.
    pub trusted_hops: Option<TrustedHops>,
    /// Whether they log each request as a line of JSON on standard output.
    pub access_log: Option<bool>,
    /// Maximum age of a client's connection.
    pub max_connection_duration: Option<ConnectionAge>,
}

/// The sources by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// The API server of a Kubernetes cluster.
    Kubernetes,
    /// A directory of manifests.
    Manifests,
    /// Keys in etcd. To come.
    #[value(hide = true)]
    Etcd,
}

/// A list, or its only element.
fn one_or_many<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    struct OneOrMany<T>(PhantomData<T>);

    impl<'de, T: FromStr<Err: fmt::Display>> de::Visitor<'de> for OneOrMany<T> {
        type Value = Option<Vec<T>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a name or a list of names")
        }

        fn visit_str<E: de::Error>(self, one: &str) -> Result<Self::Value, E> {
            Ok(Some(vec![one.parse().map_err(E::custom)?]))
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut many: A) -> Result<Self::Value, A::Error> {
            let mut names = Vec::new();
            while let Some(name) = many.next_element::<String>()? {
                names.push(name.parse().map_err(de::Error::custom)?);
            }
            Ok(Some(names))
        }
    }

    deserializer.deserialize_any(OneOrMany(PhantomData))
}
