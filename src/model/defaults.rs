//! The default ports of a Service.

use serde::{Deserialize, Serialize};

use super::Protocol;

/// The default ports of a Service: one for gRPC requests, one for all others. Often both are the same port, and either may
/// be missing.
///
/// Only what a port *says* decides (an annotation, its `appProtocol`, its name), never what is left over: a metrics port
/// beside a TLS port is nobody's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Defaults {
    /// The port for gRPC requests, and of the names that gRPC clients dial.
    pub grpc: Option<u16>,
    /// The port for all other requests.
    pub http: Option<u16>,
}

/// Which requests under a name without a port are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requests {
    /// All of them.
    #[default]
    All,
    /// Those of gRPC: their content type is `application/grpc`, with or without a suffix such as `+proto`.
    Grpc,
    /// All but those of gRPC.
    Other,
}

/// What a port says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    /// Its number.
    pub number: u16,
    /// What its pods speak.
    pub protocol: Protocol,
    /// Whether anything says so. If not, the protocol is a guess.
    pub is_said: bool,
}

/// The port of plain HTTP (RFC 9110 §4.2.1).
const HTTP_PORT: u16 = 80;

impl Defaults {
    /// The defaults of a Service with these ports, which are all that it has.
    ///
    /// - gRPC: the one port that says gRPC; if none does, the one that says HTTP/2; else the only port.
    /// - HTTP: port 80, unless it says that it is for gRPC or HTTP/2; else the one port that says HTTP/1; else port 80
    ///   whatever it says; else the only port.
    ///
    /// Ports that speak TLS or another TCP protocol are never defaults.
    pub(super) fn of(ports: &[Claim]) -> Self {
        let usable = || ports.iter().filter(|port| port.protocol.is_http());
        let says = |protocol| usable().filter(move |port| port.is_said && port.protocol == protocol);
        let only = || usable().next().filter(|_| ports.len() == 1);
        let grpc = match says(Protocol::Grpc).count() {
            0 => one(says(Protocol::Http2)),
            _ => one(says(Protocol::Grpc)),
        };
        let port_80 = usable().find(|port| port.number == HTTP_PORT);
        let plain_80 = port_80.filter(|port| !(port.is_said && port.protocol.is_http2()));
        let http = plain_80.or_else(|| one(says(Protocol::Http1))).or(port_80);
        Self { grpc: grpc.or_else(only).map(|port| port.number), http: http.or_else(only).map(|port| port.number) }
    }

    /// Whether this port is one of them.
    pub fn include(self, port: u16) -> bool {
        self.requests(port).is_some()
    }

    /// Which requests under a name without a port lead to this port; `None` if it is no default. Where one default is
    /// missing, the other one has all requests.
    pub fn requests(self, port: u16) -> Option<Requests> {
        let Self { grpc, http } = self;
        match (grpc == Some(port), http == Some(port)) {
            (true, true) => Some(Requests::All),
            (true, false) => Some(if http.is_none() { Requests::All } else { Requests::Grpc }),
            (false, true) => Some(if grpc.is_none() { Requests::All } else { Requests::Other }),
            (false, false) => None,
        }
    }

    /// Whether there is no default at all.
    pub const fn are_missing(self) -> bool {
        self.grpc.is_none() && self.http.is_none()
    }
}

/// The only one of these.
fn one<'a>(mut ports: impl Iterator<Item = &'a Claim>) -> Option<&'a Claim> {
    let first = ports.next();
    if ports.next().is_some() { None } else { first }
}

#[cfg(test)]
mod tests;
