//! Which HTTP the pods of a cluster are spoken to in.

use std::time::Duration;

use data_plane_api::core::{Http1ProtocolOptions, Http2ProtocolOptions, HttpProtocolOptions as CommonOptions};
use data_plane_api::upstreams_http::{
    ExplicitHttpConfig, HttpProtocolOptions, UpstreamProtocolOptions, UseDownstreamHttpConfig, explicit_http_config,
};

use super::{duration, retry::retry_policy};
use crate::model::{Protocol, Retry};

/// The key of [`HttpProtocolOptions`] in `Cluster.typed_extension_protocol_options`.
pub(super) const OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// A connection without requests is closed after this long. Envoy's own default, written down so that it can't change
/// under us: long enough that a quiet client finds its connections open, short enough that they don't pile up.
const CONNECTION_IDLE_TIMEOUT: Duration = Duration::from_hours(1);

/// The protocol options of a cluster.
pub(super) fn protocol_options(protocol: Protocol, retry: &Retry) -> HttpProtocolOptions {
    HttpProtocolOptions {
        common_http_protocol_options: Some(CommonOptions {
            idle_timeout: Some(duration(CONNECTION_IDLE_TIMEOUT)),
            ..CommonOptions::default()
        }),
        upstream_protocol_options: Some(upstream(protocol)),
        // It overrides the policy of whoever keeps routes of their own, so only on request (Envoy 1.37 and newer).
        retry_policy: if retry.annotated { retry_policy(retry) } else { None },
        ..HttpProtocolOptions::default()
    }
}

fn upstream(protocol: Protocol) -> UpstreamProtocolOptions {
    match protocol {
        Protocol::Grpc | Protocol::Http2 => {
            explicit(explicit_http_config::ProtocolConfig::Http2ProtocolOptions(Http2ProtocolOptions::default()))
        }
        Protocol::Http1 => {
            explicit(explicit_http_config::ProtocolConfig::HttpProtocolOptions(Http1ProtocolOptions::default()))
        }
        // Not `auto_config`: that asks the pod by ALPN, which needs TLS.
        Protocol::Auto => UpstreamProtocolOptions::UseDownstreamProtocolConfig(UseDownstreamHttpConfig {
            http_protocol_options: Some(Http1ProtocolOptions::default()),
            http2_protocol_options: Some(Http2ProtocolOptions::default()),
            ..UseDownstreamHttpConfig::default()
        }),
    }
}

const fn explicit(config: explicit_http_config::ProtocolConfig) -> UpstreamProtocolOptions {
    UpstreamProtocolOptions::ExplicitHttpConfig(ExplicitHttpConfig { protocol_config: Some(config) })
}
