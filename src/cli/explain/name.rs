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
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_service_is_taken() {
        for text in [
            "cart.shop",
            "cart.shop.",
            "cart.shop.svc",
            "cart.shop.svc.",
            "cart.shop.svc.cluster.local",
            "cart.shop.svc.corp.",
        ] {
            assert_eq!(text.parse(), Ok(ServiceName(Key::new("shop", "cart"))), "{text}");
        }
    }

    #[test]
    fn anything_else_is_told_what_was_expected() {
        let long = "c".repeat(64);
        let cases = [
            ("", "no namespace; expected SERVICE.NAMESPACE, as in cart.default"),
            ("cart", "no namespace; expected SERVICE.NAMESPACE, as in cart.default"),
            ("mail", "no namespace; expected SERVICE.NAMESPACE, as in mail.default"),
            ("shop/cart", "expected SERVICE.NAMESPACE, which is cart.shop"),
            ("shop/cart/50051", "expected SERVICE.NAMESPACE, as in cart.shop"),
            ("cart.shop.pod", "expected nothing after SERVICE.NAMESPACE but .svc and the cluster's domain"),
            ("cart.shop.svc..", "expected nothing after"),
            (".shop", "the Service's name is not a DNS label; expected 1 to 63 characters a-z"),
            ("cart.", "no namespace"),
            ("cart..", "the Namespace's name is not a DNS label"),
            ("cart.shop:50051", "the Namespace's name is not a DNS label"),
            ("größe.shop", "the Service's name is not a DNS label"),
            ("\u{1F980}.\u{1F980}", "the Service's name is not a DNS label"),
            ("Cart.shop", "the Service's name is not a DNS label"),
            ("cart.sh op", "the Namespace's name is not a DNS label"),
            (&format!("{long}.shop"), "the Service's name is not a DNS label"),
        ];
        for (text, expected) in cases {
            let error = text.parse::<ServiceName>().unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
