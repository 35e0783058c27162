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
    /// Where Services and endpoints come from: kubernetes or manifests [default: kubernetes]
    #[arg(long, env = "CHANCERY_SOURCE", value_name = "SOURCE", value_enum, hide_possible_values = true)]
    pub source: Option<SourceKind>,

    /// Directory of YAML and JSON manifests to serve; implies --source manifests
    #[arg(long, env = "CHANCERY_MANIFESTS", value_name = "DIR")]
    pub manifests: Option<PathBuf>,

    /// Kubeconfig file [default: the service account in a pod, else $KUBECONFIG, else ~/.kube/config]
    #[arg(long, env = "CHANCERY_KUBECONFIG", value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Context of the kubeconfig [default: its current one]
    #[arg(long, env = "CHANCERY_CONTEXT", value_name = "NAME")]
    pub context: Option<String>,

    /// Namespace to watch; can be repeated [default: all]
    #[arg(long, env = "CHANCERY_NAMESPACE", value_name = "NS", value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    pub namespace: Option<Vec<String>>,

    /// Other products whose annotations on Services are read, too: xds.lmwn.com, projectcontour.io, linkerd.io,
    /// getambassador.io, or all [default: none]
    #[arg(long, env = "CHANCERY_COMPAT", value_name = "LIST", value_delimiter = ',')]
    #[serde(deserialize_with = "one_or_many")]
    pub compat: Option<Vec<Compat>>,

    /// Take endpoints with a loopback address, which Kubernetes refuses; for trying things on one machine
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

    /// Where the ADS server listens; on :: it takes IPv4 as well [default: 0.0.0.0:18000]
    #[arg(long, env = "CHANCERY_XDS_LISTEN", value_name = "ADDRESS")]
    pub xds_listen: Option<ListenAddress>,

    /// Where /livez, /readyz, /metrics and the debug pages are [default: 127.0.0.1:18001]
    #[arg(long, env = "CHANCERY_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<ListenAddress>,

    /// DNS domain of the cluster [default: cluster.local]
    #[arg(long, env = "CHANCERY_CLUSTER_DOMAIN", value_name = "DOMAIN")]
    pub cluster_domain: Option<DnsName>,

    /// Where Envoys are told to listen; per fleet in the configuration file. On :: they take IPv4 as well, but an Envoy on a
    /// machine without IPv6 refuses it [default: 0.0.0.0:10000]
    #[arg(long, env = "CHANCERY_ENVOY_LISTENER", value_name = "ADDRESS")]
    pub envoy_listener: Option<EnvoyAddress>,

    /// How old a connection gets before its client is asked to connect again, to any replica; off: never [default: 30m]
    #[arg(long, env = "CHANCERY_MAX_CONNECTION_AGE", value_name = "DURATION")]
    pub max_connection_age: Option<ConnectionAge>,

    /// How many connections to the ADS server may be open; more are closed at once [default: 10000]
    #[arg(long, env = "CHANCERY_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub max_connections: Option<ConnectionCount>,

    /// How long to wait for streams to end after SIGTERM [default: 10s]
    #[arg(long, env = "CHANCERY_SHUTDOWN_GRACE", value_name = "DURATION")]
    pub shutdown_grace: Option<GracePeriod>,

    /// How the log looks: text or json; RUST_LOG filters it [default: text]
    #[arg(long, env = "CHANCERY_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// What differs from fleet to fleet. Too big for a flag.
    #[arg(skip)]
    pub fleets: BTreeMap<String, FleetLayer>,
}

/// The settings of one fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FleetLayer {
    /// Where the Envoys of this fleet are told to listen.
    pub listener: Option<EnvoyAddress>,
    /// What their listener and its route configuration are called.
    pub listener_name: Option<ListenerName>,
    /// How many proxies before them are trusted to say who the client is.
    pub trusted_hops: Option<TrustedHops>,
    /// Whether they write a line of JSON for each request to their standard output.
    pub access_log: Option<bool>,
    /// How old a client's connection gets.
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
