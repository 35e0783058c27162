//! The protocol of a port that no annotation speaks of.

use crate::model::{Protocol, object};

/// What `appProtocol` says, else what the first word of the port's name says, else the default.
pub(super) fn of(port: &object::Port) -> Protocol {
    let first_word = port.name.split('-').next();
    port.app_protocol.as_deref().and_then(named).or_else(|| first_word.and_then(named)).unwrap_or_default()
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
