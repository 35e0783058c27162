//! Targets: the kind and fleet of a client.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Name;

/// The family of a client. Envoy and gRPC accept different resources for the same Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// An Envoy proxy, or anything that isn't known to be something else.
    Envoy,
    /// A proxyless gRPC client or server.
    Grpc,
}

impl ClientKind {
    /// The word for it in metrics, logs and flags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Envoy => "envoy",
            Self::Grpc => "grpc",
        }
    }
}

impl fmt::Display for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The view that a client gets: what kind of client it is and which fleet it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The family of the client.
    pub kind: ClientKind,
    /// The Envoy's fleet, which is its `node.cluster`; empty when it has none.
    pub fleet: Name,
}
