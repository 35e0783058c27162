//! The names of resources, and the domains of a Service port. Stable: people name these in configuration of their own.

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

/// The name of the virtual host of a Service, which has the domains that its two default ports share: `shop/cart`.
pub fn service(key: &Key) -> Name {
    key.to_string().into()
}

/// The shortest domain that is a Service port's own whatever other ports there are, in lower case: `cart.shop:50051`.
pub fn authority(key: &Key, port: u16) -> String {
    let Key { namespace, name } = key;
    format!("{name}.{namespace}:{port}").to_lowercase()
}

/// The domains that a Service port has by itself, in lower case: `cart.shop:50051`, `cart.shop.svc:50051` and
/// `cart.shop.svc.<cluster_domain>:50051`.
///
/// Names of Services and namespaces hold no dots, so no two ports share one of these.
pub fn numbered(key: &Key, port: u16, cluster_domain: &str) -> Vec<Name> {
    hosts(key, cluster_domain).map(|host| format!("{host}:{port}").into()).into()
}

/// The domains that the default ports of a Service have by themselves, in lower case: those of [`numbered`] without the
/// number.
pub fn bare(key: &Key, cluster_domain: &str) -> Vec<Name> {
    hosts(key, cluster_domain).map(Name::from).into()
}

fn hosts(key: &Key, cluster_domain: &str) -> [String; 3] {
    let Key { namespace, name } = key;
    let short = format!("{name}.{namespace}");
    [short.clone(), format!("{short}.svc"), format!("{short}.svc.{cluster_domain}")].map(|host| host.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_called_after_its_service_and_port() {
        assert_eq!(&*cluster(&Key::new("shop", "cart"), 50051), "shop/cart/50051");
    }

    #[test]
    fn the_authority_of_a_port_is_a_domain_of_it() {
        let key = Key::new("shop", "Cart");
        assert_eq!(authority(&key, 50051), "cart.shop:50051");
        assert!(numbered(&key, 50051, "cluster.local").contains(&authority(&key, 50051).into()));
    }

    #[test]
    fn default_ports_are_reached_without_a_number() {
        let bare = bare(&Key::new("shop", "cart"), "cluster.local");
        assert_eq!(
            bare.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
            ["cart.shop", "cart.shop.svc", "cart.shop.svc.cluster.local"]
        );
    }

    #[test]
    fn each_port_is_reached_with_its_number() {
        let numbered = numbered(&Key::new("shop", "cart"), 9090, "Example.Org");
        assert_eq!(
            numbered.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
            ["cart.shop:9090", "cart.shop.svc:9090", "cart.shop.svc.example.org:9090"]
        );
    }
}
