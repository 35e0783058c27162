//! What the routes of Envoys and of gRPC clients have in common.

use std::time::Duration;

use data_plane_api::route::route_action;

use super::messages::duration;
use crate::model::Timeouts;

/// The prefix of every path.
pub(super) const EVERY_PATH: &str = "/";

/// No limit. A stream may live for as long as both ends want; Envoy's default would end it after 15 s.
pub(super) const NO_TIMEOUT: Duration = Duration::ZERO;

/// How long a request may take: as long as the shorter of its limits says, and the caller's `grpc-timeout`.
pub(super) fn max_stream_duration(timeouts: &Timeouts) -> route_action::MaxStreamDuration {
    let Timeouts { request, idle: _, max_stream_duration } = timeouts;
    let longest = request.iter().chain(max_stream_duration).min().copied();
    route_action::MaxStreamDuration {
        max_stream_duration: longest.map(duration),
        // A maximum of zero is no maximum: the caller's `grpc-timeout` is honoured as it is.
        grpc_timeout_header_max: Some(duration(longest.unwrap_or(NO_TIMEOUT))),
        ..route_action::MaxStreamDuration::default()
    }
}
