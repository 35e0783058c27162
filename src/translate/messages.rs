//! Messages that resources of every kind contain: config sources, extensions, durations, addresses.

use std::net::IpAddr;
use std::time::Duration;

use data_plane_api::core::{
    Address, AggregatedConfigSource, ApiVersion, ConfigSource, SocketAddress, TypedExtensionConfig, address,
    config_source, socket_address as socket,
};
use prost::Name as MessageName;

/// The config source of a resource that comes over the same ADS stream.
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

/// A duration as Protocol Buffers have it.
pub(super) fn duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        // Less than 10⁹, always.
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or_default(),
    }
}

/// The address of a TCP socket.
pub(super) fn socket_address(address: IpAddr, port: u16) -> Address {
    Address {
        address: Some(address::Address::SocketAddress(SocketAddress {
            address: address.to_string(),
            port_specifier: Some(socket::PortSpecifier::PortValue(port.into())),
            ..SocketAddress::default()
        })),
    }
}
