use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::{Defaults, Policy};
use crate::xds::ResourceType::{Cluster, Endpoint, Listener, Route, Secret};

/// What a name means: `shop/cart` and the port, or nothing.
fn meant(resource_type: ResourceType, name: &str) -> String {
    match meaning(resource_type, name, "cluster.local") {
        None => String::new(),
        Some(Meaning::Server { address, port }) => format!("{address} port {port}"),
        Some(Meaning::Port(key, PortName::Default)) => format!("{key} default"),
        Some(Meaning::Port(key, PortName::Number(number))) => format!("{key} {number}"),
        Some(Meaning::Port(key, PortName::Name(name))) => format!("{key} {name}"),
    }
}

#[test]
fn a_port_is_dialled_in_many_ways() {
    for (name, meaning) in [
        ("cart.shop:50051", "shop/cart 50051"),
        ("cart.shop.svc:50051", "shop/cart 50051"),
        ("cart.shop.svc.cluster.local:50051", "shop/cart 50051"),
        ("cart.shop:grpc", "shop/cart grpc"),
        ("cart.shop.svc:grpc-web", "shop/cart grpc-web"),
        ("cart.shop.svc.cluster.local:grpc", "shop/cart grpc"),
        ("cart.shop", "shop/cart default"),
        ("cart.shop.svc", "shop/cart default"),
        ("cart.shop.svc.cluster.local", "shop/cart default"),
        ("cart.shop.svc.cluster.local.", "shop/cart default"),
        ("cart.shop.svc.cluster.local.:50051", "shop/cart 50051"),
        ("cart.shop.:grpc", "shop/cart grpc"),
        // Case doesn't matter in DNS.
        ("Cart.SHOP.Svc.Cluster.Local:GRPC", "shop/cart GRPC"),
        // A namespace may have any name.
        ("cart.svc", "svc/cart default"),
        ("cart.svc.svc:1", "svc/cart 1"),
    ] {
        assert_eq!(meant(Listener, name), meaning, "{name}");
    }
}

#[test]
fn what_is_not_of_this_cluster_means_nothing() {
    for name in [
        "",
        "*",
        "cart",
        "cart:50051",
        ".shop:50051",
        "cart.:50051",
        "cart.shop.svc.other.domain:50051",
        "cart.shop.svc.cluster.local..:50051",
        "cart.shop.svc..",
        "cart.",
        "cart.shop.pod:50051",
        "cart.shop.svccluster.local",
        "cart.shop:",
        "cart.shop:0",
        "cart.shop:050051",
        "cart.shop:+50051",
        "cart.shop:65536",
        "cart.shop:99999999999999999999",
        "cart.shop:50051:50051",
        "cart.shop:a b",
        "cart/shop.svc:1",
        "xdstp://authority/envoy.config.listener.v3.Listener/cart.shop:50051",
        "10.0.0.1:50051",
        "[::1]:50051",
        "http",
    ] {
        assert_eq!(meant(Listener, name), "", "{name}");
    }
}

#[test]
fn what_clients_have_from_us_must_be_to_the_letter() {
    let key = Key::new("shop", "cart");
    assert_eq!(&*route_configuration_name(&key, 80, "cluster.local"), "cart.shop.svc.cluster.local:80");
    for (resource_type, name, meaning) in [
        (Route, "cart.shop.svc.cluster.local:80", "shop/cart 80"),
        (Route, "cart.shop:80", ""),
        (Route, "Cart.shop.svc.cluster.local:80", ""),
        (Route, "cart.shop.svc.cluster.local", ""),
        (Route, "cart.shop.svc.cluster.local:grpc", ""),
        (Cluster, "shop/cart/80", "shop/cart 80"),
        (Endpoint, "shop/cart/80", "shop/cart 80"),
        (Cluster, "shop/cart/080", ""),
        (Cluster, "shop/cart/grpc", ""),
        (Cluster, "shop/cart", ""),
        (Cluster, "shop/cart/80/", ""),
        (Cluster, "//80", ""),
        (Secret, "shop/cart/80", ""),
    ] {
        assert_eq!(meant(resource_type, name), meaning, "{resource_type} {name}");
    }
}

#[test]
fn a_server_is_meant_by_the_address_that_it_listens_on() {
    for (address, meaning) in [
        ("0.0.0.0:8080", "0.0.0.0 port 8080"),
        ("[::]:8080", ":: port 8080"),
        // By letters, as the server compares.
        ("[0:0:0:0:0:0:0:0]:8080", "0:0:0:0:0:0:0:0 port 8080"),
        ("localhost:8080", ""),
        ("0.0.0.0", ""),
        ("::8080", ""),
        ("", ""),
    ] {
        assert_eq!(meant(Listener, &format!("{SERVER_LISTENER}{address}")), meaning, "{address}");
        assert_eq!(meant(Route, &format!("{SERVER_LISTENER}{address}")), "", "{address}");
    }
}

#[test]
fn a_port_is_found_by_its_number_its_name_or_as_the_default() {
    let port = |number, name: &str| Port {
        number,
        name: name.into(),
        policy: Policy::default(),
        has_service_hosts: false,
        annotated: BTreeSet::new(),
        written: BTreeMap::new(),
    };
    let key = Key::new("shop", "cart");
    let ports = vec![port(80, "http"), port(50051, "grpc")];
    let mut service = Service { key, created: 0, ports, defaults: Defaults { grpc: Some(50051), http: None } };
    let found = |service: &Service, name: PortName| name.of(service).map(|port| port.number);
    assert_eq!(found(&service, PortName::Default), Some(50051));
    assert_eq!(found(&service, PortName::Number(80)), Some(80));
    assert_eq!(found(&service, PortName::Number(81)), None);
    assert_eq!(found(&service, PortName::Name("GRPC".into())), Some(50051));
    assert_eq!(found(&service, PortName::Name("metrics".into())), None);
    service.defaults = Defaults { grpc: None, http: Some(80) };
    assert_eq!(found(&service, PortName::Default), None);
}
