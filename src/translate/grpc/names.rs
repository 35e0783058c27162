//! Parses the resource names that gRPC clients ask for.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::model::{Key, Port, Protocol, Service};
use crate::xds::{Name, ResourceType};

/// What the name of a server's listener begins with, by the bootstrap's `server_listener_resource_name_template` (gRFC A36).
pub const SERVER_LISTENER: &str = "grpc/server?xds.resource.listening_address=";

/// What a name stands for, whether there is such a thing or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A port of a Service.
    Port(Key, PortName),
    /// The listener of a gRPC server.
    Server {
        /// The IP address that the server listens on, as the server writes it.
        address: Name,
        /// The port.
        port: u16,
    },
}

/// How a name identifies a port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortName {
    /// Not at all: the default port for gRPC is meant.
    Default,
    /// By its number.
    Number(u16),
    /// By its name, in whatever case.
    Name(Arc<str>),
}

impl PortName {
    /// The port of this Service that is meant.
    pub fn of<'a>(&self, service: &'a Service) -> Option<&'a Port> {
        let is_meant = |port: &&Port| match self {
            // No call can be made over it.
            _ if port.policy.protocol == Protocol::Tcp => false,
            Self::Default => service.defaults.grpc == Some(port.number),
            Self::Number(number) => port.number == *number,
            Self::Name(name) => port.name.eq_ignore_ascii_case(name),
        };
        service.ports.iter().find(is_meant)
    }
}

/// What the resource of this type and name would be; `None` if there is no such thing in any world.
///
/// Listeners are named as users dial them: `<svc>.<ns>`, `<svc>.<ns>.svc` or `<svc>.<ns>.svc.<cluster_domain>`, with or
/// without `:<port>`, which is a number or a name. As in DNS, neither case nor a dot at the end of the host matters. The domain of another cluster is that of
/// Services that aren't here, and `xdstp://` names belong to other authorities. All other resources have one name each,
/// which clients have from us, so it must be that to the letter.
pub fn meaning(resource_type: ResourceType, name: &str, cluster_domain: &str) -> Option<Meaning> {
    match resource_type {
        ResourceType::Listener => match name.strip_prefix(SERVER_LISTENER) {
            Some(address) => server(address),
            None => dialled(name, cluster_domain),
        },
        ResourceType::Route => dialled(name, cluster_domain).filter(|meaning| {
            matches!(meaning, Meaning::Port(key, PortName::Number(port))
                if *route_configuration_name(key, *port, cluster_domain) == *name)
        }),
        ResourceType::Cluster | ResourceType::Endpoint => {
            let mut parts = name.splitn(3, '/');
            let (namespace, service, port) = (parts.next()?, parts.next()?, number(parts.next()?)?);
            let is_label = !namespace.is_empty() && !service.is_empty();
            is_label.then(|| Meaning::Port(Key::new(namespace, service), PortName::Number(port)))
        }
        // Nothing in a source becomes a secret.
        ResourceType::Secret => None,
    }
}

/// The name of the route configuration of a Service port: `cart.shop.svc.cluster.local:50051`.
pub fn route_configuration_name(key: &Key, port: u16, cluster_domain: &str) -> Name {
    let Key { namespace, name } = key;
    format!("{name}.{namespace}.svc.{cluster_domain}:{port}").to_lowercase().into()
}

fn dialled(name: &str, cluster_domain: &str) -> Option<Meaning> {
    let (host, port) = match name.split_once(':') {
        None => (name, PortName::Default),
        Some((host, port)) => (host, port_name(port)?),
    };
    let host = host.to_ascii_lowercase();
    // A dot at the end says that the name is complete (RFC 1034 §3.1), which it is anyway.
    let (service, rest) = host.strip_suffix('.').unwrap_or(&host).split_once('.')?;
    let (namespace, rest) = rest.split_once('.').unwrap_or((rest, "svc"));
    let domain = rest.strip_prefix("svc.");
    let is_here = rest == "svc" || domain.is_some_and(|domain| domain.eq_ignore_ascii_case(cluster_domain));
    let is_name = is_here && is_label(service) && is_label(namespace);
    is_name.then(|| Meaning::Port(Key::new(namespace, service), port))
}

fn port_name(port: &str) -> Option<PortName> {
    if port.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(port).map(PortName::Number);
    }
    is_label(port).then(|| PortName::Name(port.into()))
}

/// A port as we write it, without zeros or a sign before it.
fn number(port: &str) -> Option<u16> {
    let is_ours = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
    port.parse().ok().filter(|_| is_ours)
}

/// Whether this can be the name of an object or of a port (RFC 1123, in any case).
fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `0.0.0.0:8080`, `[::]:8080`.
fn server(listening: &str) -> Option<Meaning> {
    let address: SocketAddr = listening.parse().ok()?;
    let (text, _) = listening.rsplit_once(':')?;
    // As it was written: the server compares it with its own address by letters.
    let text = text.trim_start_matches('[').trim_end_matches(']');
    Some(Meaning::Server { address: text.into(), port: address.port() })
}

#[cfg(test)]
mod tests;
