//! What resources are called, and under which domains a Service port is reached. Stable: people name these in
//! configuration of their own.

use crate::model::Key;
use crate::xds::Name;

/// The name of an Envoy's listener, and of the route configuration that it uses, unless its fleet has another.
pub const LISTENER: &str = "http";

/// The name of the cluster of a Service port, which is also the name of its assignment and of its virtual host:
/// `shop/cart/50051`.
pub fn cluster(key: &Key, port: u16) -> Name {
    let Key { namespace, name } = key;
    format!("{namespace}/{name}/{port}").into()
}

/// The shortest domain that is a Service port's own whatever other ports there are, in lower case: `cart.shop:50051`.
pub fn authority(key: &Key, port: u16) -> String {
    let Key { namespace, name } = key;
    format!("{name}.{namespace}:{port}").to_lowercase()
}

/// The domains that a Service port has by itself, in lower case: `cart.shop`, `cart.shop.svc` and
/// `cart.shop.svc.<cluster_domain>`, each with the port's number, and for the default port also each without.
///
/// Names of Services and namespaces hold no dots, so no two ports share one of these.
pub fn domains(key: &Key, port: u16, default: bool, cluster_domain: &str) -> Vec<Name> {
    let Key { namespace, name } = key;
    let short = format!("{name}.{namespace}");
    let hosts =
        [format!("{short}.svc.{cluster_domain}"), format!("{short}.svc"), short].map(|host| host.to_lowercase());
    let with_port = hosts.iter().rev().map(|host| format!("{host}:{port}"));
    let without = hosts.iter().rev().filter(|_| default).cloned();
    with_port.chain(without).map(Name::from).collect()
}

#[cfg(test)]
mod tests;
