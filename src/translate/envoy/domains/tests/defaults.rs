//! Services with two default ports.

use super::*;
use crate::model::Protocol;

/// The routes of a port for gRPC (50051) and of one for all other requests (80) of the Service `shop/cart`.
fn both(hosts: &[&str], fleets_of_grpc: &[&str]) -> [Arc<PortRoutes>; 2] {
    let policy =
        |protocol| Policy { protocol, hosts: hosts.iter().map(|host| Arc::from(*host)).collect(), ..Policy::default() };
    let port = |number, protocol| Port {
        number,
        name: "x".into(),
        policy: policy(protocol),
        has_service_hosts: true,
        annotated: [].into(),
        written: [].into(),
    };
    let mut grpc = port(50051, Protocol::Grpc);
    if !fleets_of_grpc.is_empty() {
        grpc.policy.fleets = Fleets::Named(fleets_of_grpc.iter().map(|name| Arc::from(*name)).collect());
    }
    let ports = vec![port(80, Protocol::Http1), grpc];
    let key = Key::new("shop", "cart");
    let defaults = Defaults { grpc: Some(50051), http: Some(80) };
    let service = Service { key: key.clone(), created: 1, ports, defaults };
    let [http, grpc] = [0, 1].map(|index| {
        let port = &service.ports[index];
        Arc::new(PortRoutes::new(names::cluster(&key, port.number), &service, port, "cluster.local"))
    });
    [grpc, http]
}

fn of_port(domains: &Domains, port: &PortRoutes, fleet: &str) -> Vec<String> {
    decoded(&domains.of_port(port, fleet).unwrap()).domains
}

#[test]
fn names_without_a_port_tell_grpc_from_other_requests() {
    let [grpc, http] = both(&["x.example"], &[]);
    let domains = domains(&[&grpc, &http]);
    let host = decoded(&domains.of_service(&grpc, &http, "").unwrap());
    assert_eq!(
        (host.name.as_str(), host.domains.join(" ").as_str()),
        ("shop/cart", "cart.shop cart.shop.svc cart.shop.svc.cluster.local x.example x.example:*")
    );
    let routes: Vec<_> = host.routes.iter().map(|route| data_plane_api::json::of(route).unwrap()).collect();
    let brief = |at: usize| (routes[at]["match"].to_string(), routes[at]["route"]["cluster"].to_string());
    assert_eq!(brief(0), (r#"{"grpc":{},"prefix":"/"}"#.to_owned(), r#""shop/cart/50051""#.to_owned()));
    assert_eq!(brief(1), (r#"{"prefix":"/"}"#.to_owned(), r#""shop/cart/80""#.to_owned()));
    for port in [&grpc, &http] {
        assert_eq!(of_port(&domains, port, "").len(), 3, "its names with its number");
        assert_eq!(lost(&domains, port, ""), []);
    }
}

#[test]
fn who_is_alone_in_a_fleet_has_all_requests() {
    let [grpc, http] = both(&["x.example"], &["edge"]);
    let domains = domains(&[&grpc, &http]);
    assert!(domains.of_service(&grpc, &http, "edge").is_some());
    // Elsewhere only the port for HTTP is there.
    assert_eq!(of_port(&domains, &http, "").len(), 8);
    assert_eq!(lost(&domains, &http, ""), []);
}

#[test]
fn both_lose_a_host_that_an_older_service_has() {
    let [grpc, http] = both(&["x.example"], &[]);
    let old = port("shop/old", 0, &["x.example"], &[]);
    let domains = domains(&[&grpc, &http, &old]);
    for port in [&grpc, &http] {
        assert_eq!(lost(&domains, port, ""), one("x.example", "shop/old"));
    }
    assert_eq!(decoded(&domains.of_service(&grpc, &http, "").unwrap()).domains.len(), 3);
}

#[test]
fn a_port_that_no_request_can_be_sent_over_has_no_virtual_host() {
    for protocol in [Protocol::Tcp, Protocol::Tls] {
        let policy = Policy { protocol, ..Policy::default() };
        let port = Port {
            number: 6379,
            name: "x".into(),
            policy,
            has_service_hosts: false,
            annotated: [].into(),
            written: [].into(),
        };
        let key = Key::new("shop", "redis");
        let service =
            Service { key: key.clone(), created: 1, ports: vec![port.clone()], defaults: Defaults::default() };
        let port = Arc::new(PortRoutes::new(names::cluster(&key, 6379), &service, &port, "cluster.local"));
        let domains = domains(&[&port]);
        assert_eq!(domains.of_port(&port, ""), None);
        assert!(domains.claims.is_empty());
    }
}
