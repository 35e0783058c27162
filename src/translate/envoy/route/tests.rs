use serde_json::{Value, json};

use super::*;
use crate::model::RetryOn;
use crate::xds::resource_to_json;

fn names(names: &[&str]) -> Vec<Name> {
    names.iter().map(|name| Name::from(*name)).collect()
}

fn retry(on: &[RetryOn]) -> Retry {
    Retry { on: on.iter().copied().collect(), num_retries: 1, budget_min_concurrency: 3, annotated: false }
}

#[test]
fn strung_together_it_is_what_prost_encodes_as_a_whole() {
    for count in [0, 1, 2, 300] {
        let hosts: Vec<(Name, Vec<Name>)> =
            (0..count).map(|n| (format!("shop/cart-{n}/80").into(), names(&["a.example", &format!("{n}")]))).collect();
        let encoded: Vec<(Name, Bytes)> = hosts
            .iter()
            .map(|(name, domains)| (Name::clone(name), encode_virtual_host(name, domains, &Retry::default())))
            .collect();
        let whole = RouteConfiguration {
            name: "http".to_owned(),
            virtual_hosts: hosts.iter().map(|(name, domains)| virtual_host(name, domains, &Retry::default())).collect(),
            validate_clusters: Some(false),
            ..RouteConfiguration::default()
        };
        let resource = route_configuration(encoded.iter().map(|(name, bytes)| (name, bytes)));
        assert_eq!(resource, Resource::encode("http".into(), &whole, []));
        assert_eq!(resource.references().len(), count);
    }
}

#[test]
fn everything_under_its_domains_goes_to_its_cluster() {
    let name = Name::from("shop/cart/50051");
    let bytes = encode_virtual_host(&name, &names(&["cart.shop:50051", "cart.shop"]), &retry(&[RetryOn::FiveXx]));
    let shown = resource_to_json(&route_configuration([(&name, &bytes)])).unwrap();
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
    let name = Name::from("shop/cart/50051");
    let bytes = encode_virtual_host(&name, &names(&["cart.shop"]), &retry(&[]));
    let shown = resource_to_json(&route_configuration([(&name, &bytes)])).unwrap();
    assert_eq!(shown["virtual_hosts"][0]["routes"][0]["route"]["retry_policy"], Value::Null);
}
