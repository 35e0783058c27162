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

fn port_virtual_host(domains: &Domains, port: &PortRoutes, fleet: &str) -> Vec<String> {
    decoded(&domains.port_virtual_host(port, fleet).unwrap()).domains
}

#[test]
fn names_without_a_port_tell_grpc_from_other_requests() {
    let [grpc, http] = both(&["x.example"], &[]);
    let domains = domains(&[&grpc, &http]);
    let host = decoded(&domains.service_virtual_host(&grpc, &http, "").unwrap());
    assert_eq!(
        (host.name.as_str(), host.domains.join(" ").as_str()),
        ("shop/cart", "cart.shop cart.shop.svc cart.shop.svc.cluster.local x.example x.example:*")
    );
    let routes: Vec<_> = host.routes.iter().map(|route| data_plane_api::json::of(route).unwrap()).collect();
    let brief = |at: usize| (routes[at]["match"].to_string(), routes[at]["route"]["cluster"].to_string());
    assert_eq!(brief(0), (r#"{"grpc":{},"prefix":"/"}"#.to_owned(), r#""shop/cart/50051""#.to_owned()));
    assert_eq!(brief(1), (r#"{"prefix":"/"}"#.to_owned(), r#""shop/cart/80""#.to_owned()));
    for port in [&grpc, &http] {
        assert_eq!(port_virtual_host(&domains, port, "").len(), 3, "its names with its number");
        assert_eq!(lost(&domains, port, ""), []);
    }
}

#[test]
fn who_is_alone_in_a_fleet_has_all_requests() {
    let [grpc, http] = both(&["x.example"], &["edge"]);
    let domains = domains(&[&grpc, &http]);
    assert!(domains.service_virtual_host(&grpc, &http, "edge").is_some());
    // Elsewhere only the port for HTTP is there.
    assert_eq!(port_virtual_host(&domains, &http, "").len(), 8);
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
    assert_eq!(decoded(&domains.service_virtual_host(&grpc, &http, "").unwrap()).domains.len(), 3);
}

/// The routes of a Service `shop/cart` whose port for HTTP and whose port for gRPC ask for these hosts and paths, and whether
/// that was without naming the port.
fn each(http: (&[&str], &[&str], bool), grpc: (&[&str], &[&str], bool)) -> [Arc<PortRoutes>; 2] {
    let port = |number, (hosts, routes, has_service_hosts): (&[&str], &[&str], bool)| Port {
        number,
        name: "x".into(),
        policy: Policy {
            hosts: hosts.iter().map(|host| Arc::from(*host)).collect(),
            routes: routes.iter().map(|route| Arc::from(*route)).collect(),
            ..Policy::default()
        },
        has_service_hosts,
        annotated: [].into(),
        written: [].into(),
    };
    let key = Key::new("shop", "cart");
    let ports = vec![port(80, http), port(50051, grpc)];
    let service =
        Service { key: key.clone(), created: 2, ports, defaults: Defaults { grpc: Some(50051), http: Some(80) } };
    [0, 1].map(|at| {
        let port = &service.ports[at];
        Arc::new(PortRoutes::new(names::cluster(&key, port.number), &service, port, "cluster.local"))
    })
}

/// The routes of a domain: `grpc` where they are for gRPC only, the prefix, and the cluster.
fn routes(domains: &Domains, domain: &str) -> Vec<String> {
    let host = domains.domain_virtual_host(&domain.into(), "").map(|host| decoded(&host));
    let route = |route| {
        let json = data_plane_api::json::of(&route).unwrap();
        let grpc = if json["match"].get("grpc").is_some() { "grpc " } else { "" };
        format!("{grpc}{} {}", json["match"]["prefix"].as_str().unwrap(), json["route"]["cluster"].as_str().unwrap())
    };
    host.into_iter().flat_map(|host| host.routes).map(route).collect()
}

#[test]
fn paths_of_one_default_port_leave_the_other_port_its_own_requests() {
    let [http, grpc] = each((&["x.example"], &["/api"], true), (&["x.example"], &[], true));
    assert_eq!(
        routes(&domains(&[&http, &grpc]), "x.example"),
        ["grpc / shop/cart/50051", "/api shop/cart/80"],
        "nothing but gRPC goes to the port for gRPC"
    );
}

#[test]
fn paths_of_grpc_on_a_wildcard_are_not_hidden_by_other_requests() {
    let [http, grpc] = each((&["x.example"], &[], true), (&["x.example"], &["/shop.v1.Cart/"], true));
    let all = sharing("shop/all", 1, &[], &["/shop.v1.Other/"], &[]);
    assert_eq!(
        routes(&domains(&[&http, &grpc, &all]), "x.example"),
        ["grpc /shop.v1.Cart/ shop/cart/50051", "grpc /shop.v1.Other/ shop/all/80", "/ shop/cart/80"]
    );
}

#[test]
fn a_host_of_the_service_and_of_one_port_is_shared_by_kind() {
    let [http, grpc] = each((&["x.example"], &[], true), (&["x.example", "g.example"], &[], false));
    let domains = domains(&[&http, &grpc]);
    assert!(
        decoded(&domains.service_virtual_host(&grpc, &http, "").unwrap()).domains.contains(&"x.example".to_owned())
    );
    for port in [&http, &grpc] {
        assert_eq!(lost(&domains, port, ""), []);
    }
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
        assert_eq!(domains.port_virtual_host(&port, ""), None);
        assert!(domains.claimants.is_empty());
    }
}
