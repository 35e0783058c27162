//! The HTTP protocol options of an Envoy cluster.

use std::time::Duration;

use data_plane_api::core::{
    Http1ProtocolOptions, Http2ProtocolOptions, HttpProtocolOptions as CommonOptions, KeepaliveSettings,
};
use data_plane_api::upstreams_http::{
    ExplicitHttpConfig, HttpProtocolOptions, UpstreamProtocolOptions, UseDownstreamHttpConfig, explicit_http_config,
};

use super::balancing::hash_policy;
use super::retry::retry_policy;
use crate::model::{Balancing, Connection, Protocol, Retry};
use crate::translate::messages::duration;

/// The key of [`HttpProtocolOptions`] in `Cluster.typed_extension_protocol_options`.
pub(super) const OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// The protocol options of a cluster; `None` if no request can be sent to it.
///
/// Since 1.37, Envoy takes retries and hashes from here instead of from the route. So they are here
/// only on request, for those who keep their own routes; the hash always, as without it the cluster's policy can't do
/// what it is for.
pub(super) fn protocol_options(
    protocol: Protocol,
    connection: &Connection,
    retry: &Retry,
    balancing: &Balancing,
) -> Option<HttpProtocolOptions> {
    Some(HttpProtocolOptions {
        common_http_protocol_options: Some(common(connection)),
        upstream_protocol_options: Some(upstream(protocol, connection)?),
        retry_policy: if retry.annotated { retry_policy(retry) } else { None },
        hash_policy: hash_policy(balancing),
        ..HttpProtocolOptions::default()
    })
}

fn common(connection: &Connection) -> CommonOptions {
    CommonOptions {
        // Absent, Envoy's hour would hold.
        idle_timeout: Some(duration(connection.idle_timeout.unwrap_or(Duration::ZERO))),
        max_connection_duration: connection.max_duration.map(duration),
        max_requests_per_connection: connection.max_requests,
        ..CommonOptions::default()
    }
}

fn http2(connection: &Connection) -> Http2ProtocolOptions {
    Http2ProtocolOptions {
        max_concurrent_streams: connection.max_concurrent_streams,
        connection_keepalive: connection.keepalive_interval.map(|interval| KeepaliveSettings {
            interval: Some(duration(interval)),
            timeout: Some(duration(connection.keepalive_timeout)),
            ..KeepaliveSettings::default()
        }),
        ..Http2ProtocolOptions::default()
    }
}

fn upstream(protocol: Protocol, connection: &Connection) -> Option<UpstreamProtocolOptions> {
    let options = match protocol {
        Protocol::Grpc | Protocol::Http2 => {
            explicit(explicit_http_config::ProtocolConfig::Http2ProtocolOptions(http2(connection)))
        }
        Protocol::Http1 => {
            explicit(explicit_http_config::ProtocolConfig::HttpProtocolOptions(Http1ProtocolOptions::default()))
        }
        // Not `auto_config`: that asks the pod by ALPN, which needs TLS.
        Protocol::Auto => UpstreamProtocolOptions::UseDownstreamProtocolConfig(UseDownstreamHttpConfig {
            http_protocol_options: Some(Http1ProtocolOptions::default()),
            http2_protocol_options: Some(http2(connection)),
            ..UseDownstreamHttpConfig::default()
        }),
        Protocol::Tcp | Protocol::Tls => return None,
    };
    Some(options)
}

const fn explicit(config: explicit_http_config::ProtocolConfig) -> UpstreamProtocolOptions {
    UpstreamProtocolOptions::ExplicitHttpConfig(ExplicitHttpConfig { protocol_config: Some(config) })
}
