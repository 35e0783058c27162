//! Parses the address of Chancery: host and port.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// A host, by name or IP address, and a port, 1 to 65535.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// The name or the address; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// A text that isn't a [`HostPort`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a host and a port, as chancery.chancery:18000 or [::1]:18000")]
pub struct NotHostPort;

impl FromStr for HostPort {
    type Err = NotHostPort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or(NotHostPort)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(NotHostPort)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => address.parse::<Ipv6Addr>().map_err(|_| NotHostPort)?.to_string(),
            None => host.to_owned(),
        };
        let in_names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        let is_name = !host.is_empty() && host.chars().all(in_names);
        if is_name || host.contains(':') && text.starts_with('[') { Ok(Self { host, port }) } else { Err(NotHostPort) }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_and_a_port() {
        for good in ["localhost:1", "chancery.chancery:18000", "10.0.0.1:65535", "[::1]:18000", "a_b:1"] {
            assert_eq!(good.parse::<HostPort>().unwrap().to_string(), good);
        }
        for bad in
            ["", ":1", "localhost", "localhost:", "localhost:0", "localhost:65536", "::1:1", "[x]:1", "a b:1", "[]:1"]
        {
            assert_eq!(bad.parse::<HostPort>(), Err(NotHostPort), "{bad}");
        }
    }
}
