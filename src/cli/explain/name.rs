//! Parses the name of a Service.

use std::str::FromStr;

use crate::model::Key;
use crate::source::objects::dns_label;

/// A Service by one of its DNS names: `cart.shop`, `cart.shop.svc`, `cart.shop.svc.cluster.local`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceName(pub(super) Key);

impl FromStr for ServiceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((namespace, name)) = text.split_once('/') {
            return Err(match Self::of(name, namespace) {
                Ok(_) => format!("expected SERVICE.NAMESPACE, which is {name}.{namespace}"),
                Err(_) => "expected SERVICE.NAMESPACE, as in cart.shop".to_owned(),
            });
        }
        let mut parts = text.strip_suffix('.').unwrap_or(text).splitn(4, '.');
        let (name, namespace) = (parts.next().unwrap_or_default(), parts.next());
        let Some(namespace) = namespace else {
            return Err(format!("no namespace; expected SERVICE.NAMESPACE, as in {}.default", example(name)));
        };
        match (parts.next(), parts.next()) {
            (None | Some("svc"), None) => {}
            (Some("svc"), Some(domain)) if domain.split('.').all(|label| dns_label(label).is_ok()) => {}
            _ => return Err("expected nothing after SERVICE.NAMESPACE but .svc and the cluster's domain".to_owned()),
        }
        Self::of(name, namespace)
    }
}

impl ServiceName {
    fn of(name: &str, namespace: &str) -> Result<Self, String> {
        dns_label(name).map_err(|message| format!("the Service's name is {message}"))?;
        dns_label(namespace).map_err(|message| format!("the Namespace's name is {message}"))?;
        Ok(Self(Key::new(namespace, name)))
    }
}

fn example(name: &str) -> &str {
    if dns_label(name).is_ok() { name } else { "cart" }
}

#[cfg(test)]
mod tests;
