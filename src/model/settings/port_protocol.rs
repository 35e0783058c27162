//! The protocol of a port that no annotation speaks of.

use crate::model::{Protocol, object};

/// What of a port says its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    AppProtocol,
    PortName,
    Nothing,
}

/// What `appProtocol` says, else what the first word of the port's name says, else the default.
pub(super) fn of(port: &object::Port) -> (Protocol, Said) {
    let by_app_protocol = || Some((port.app_protocol.as_deref().and_then(named)?, Said::AppProtocol));
    let by_name = || Some((port.name.split('-').next().and_then(named)?, Said::PortName));
    by_app_protocol().or_else(by_name).unwrap_or((Protocol::default(), Said::Nothing))
}

/// The words of Kubernetes (`kubernetes.io/…`, KEP-3726) and those that people use for `appProtocol` and port names.
fn named(word: &str) -> Option<Protocol> {
    match word.to_ascii_lowercase().as_str() {
        "grpc" => Some(Protocol::Grpc),
        "h2c" | "http2" | "kubernetes.io/h2c" => Some(Protocol::Http2),
        // A WebSocket is an HTTP/1.1 connection that is upgraded.
        "http" | "http1" | "kubernetes.io/ws" => Some(Protocol::Http1),
        _ => None,
    }
}
