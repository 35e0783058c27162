use serde_json::{Value, json};

use super::*;
use crate::model::{Retry, RetryOn};
use crate::translate::route::EVERY_PATH;
use crate::xds::resource_to_json;

fn names(names: &[&str]) -> Vec<Name> {
    names.iter().map(|name| Name::from(*name)).collect()
}

fn retrying(on: &[RetryOn]) -> Policy {
    Policy { retry: Retry { on: on.iter().copied().collect(), ..Retry::default() }, ..Policy::default() }
}

/// A virtual host all of which goes to the cluster of its name.
fn host(name: &str, domains: &[&str], policy: &Policy) -> EncodedVirtualHost {
    let name = Name::from(name);
    let action = action(&name, policy);
    let route = RouteTo { prefix: EVERY_PATH, grpc_only: false, authority: None, cluster: &name, action: &action };
    EncodedVirtualHost::new(&name, &names(domains), [route])
}

pub fn decoded(host: &EncodedVirtualHost) -> VirtualHost {
    VirtualHost::decode(host.bytes.clone()).unwrap()
}

#[test]
fn strung_together_it_is_what_prost_encodes_as_a_whole() {
    for count in [0, 1, 2, 300] {
        let hosts: Vec<EncodedVirtualHost> = (0..count)
            .map(|n| host(&format!("shop/cart-{n}/80"), &["a.example", &format!("{n}")], &Policy::default()))
            .collect();
        let whole = RouteConfiguration {
            name: "http".to_owned(),
            virtual_hosts: hosts.iter().map(decoded).collect(),
            validate_clusters: Some(false),
            ..RouteConfiguration::default()
        };
        let resource = route_configuration(&"http".into(), &hosts);
        assert_eq!(resource, Resource::encode("http".into(), &whole, []));
        assert_eq!(resource.references().len(), count);
    }
}

#[test]
fn everything_under_its_domains_goes_to_its_cluster() {
    let host = host("shop/cart/50051", &["cart.shop:50051", "cart.shop"], &retrying(&[RetryOn::FiveXx]));
    let shown = resource_to_json(&route_configuration(&"http".into(), [&host])).unwrap();
    assert_eq!(shown["validate_clusters"], false);
    let [host] = shown["virtual_hosts"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!(host["name"], "shop/cart/50051");
    assert_eq!(host["domains"], json!(["cart.shop:50051", "cart.shop"]));
    let [route] = host["routes"].as_array().unwrap().as_slice() else { panic!("{host}") };
    assert_eq!(route["match"], json!({"prefix": "/"}));
    assert_eq!(route["route"]["cluster"], "shop/cart/50051");
    assert_eq!(route["route"]["timeout"], "0s");
    assert_eq!(route["route"]["max_stream_duration"], json!({"grpc_timeout_header_max": "0s"}));
    assert_eq!(route["route"]["retry_policy"]["retry_on"], "5xx");
}

#[test]
fn nothing_to_retry_on_is_no_policy() {
    let host = host("shop/cart/50051", &["cart.shop"], &retrying(&[]));
    let shown = resource_to_json(&route_configuration(&"http".into(), [&host])).unwrap();
    assert_eq!(shown["virtual_hosts"][0]["routes"][0]["route"]["retry_policy"], Value::Null);
}
