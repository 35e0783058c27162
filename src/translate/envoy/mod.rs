//! The rendering for Envoy proxies (1.36 and newer), with the fields that aren't deprecated there.
//!
//! What nobody can set is a constant beside the field it fills, with its reason.

mod balancing;
mod circuit_breakers;
mod cluster;
mod domains;
mod endpoint;
mod health;
mod listener;
mod protocol;
mod retry;
mod route;

use std::time::Duration;

use data_plane_api::core::{
    AggregatedConfigSource, ApiVersion, ConfigSource, TcpKeepalive, TypedExtensionConfig, config_source,
};
use prost::Name as MessageName;

pub use cluster::cluster;
pub use domains::{Affected, Contest, DomainClaim, Domains, Hidden, PortRoutes, Title};
pub use endpoint::{Preference, assignment};
pub use listener::{ListenerOptions, listener};
pub use route::{EncodedVirtualHost, route_configuration};

pub(super) use health::outlier_detection;
pub(super) use route::{EVERY_PATH, max_stream_duration};

/// "Where this comes from": the same ADS stream.
///
/// `initial_fetch_timeout` is how long whoever names the resource waits for it; `None` is Envoy's 15 s, zero is for ever.
pub(super) fn ads(initial_fetch_timeout: Option<Duration>) -> ConfigSource {
    ConfigSource {
        config_source_specifier: Some(config_source::ConfigSourceSpecifier::Ads(AggregatedConfigSource {})),
        initial_fetch_timeout: initial_fetch_timeout.map(duration),
        resource_api_version: ApiVersion::V3.into(),
        ..ConfigSource::default()
    }
}

/// An extension by its name, with its configuration.
pub(super) fn extension<M: MessageName>(name: &str, configuration: &M) -> TypedExtensionConfig {
    TypedExtensionConfig { name: name.to_owned(), typed_config: Some(data_plane_api::any(configuration)) }
}

pub(super) fn duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        // Less than 10⁹, always.
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or_default(),
    }
}

/// A connection whose other end vanished without a word (a node that lost power, a NAT that forgot) is noticed after
/// 30 s of silence and 3 probes 5 s apart, instead of Linux's two hours. Costs nothing while there is traffic.
const fn tcp_keepalive() -> TcpKeepalive {
    TcpKeepalive { keepalive_time: Some(30), keepalive_interval: Some(5), keepalive_probes: Some(3) }
}
