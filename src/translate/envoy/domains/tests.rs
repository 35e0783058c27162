use data_plane_api::route::VirtualHost;

use super::super::route::tests::decoded;
use super::*;
use crate::model::{Defaults, Fleets, Policy, Port, Service};

mod defaults;
mod ports;
mod property;
mod shared;

/// The routes of one port of a Service that was created at some time, with these hosts, in these fleets (none: all).
fn port(service: &str, created: i64, hosts: &[&str], fleets: &[&str]) -> Arc<PortRoutes> {
    sharing(service, created, hosts, &[], fleets)
}

/// The same with these path prefixes.
fn sharing(service: &str, created: i64, hosts: &[&str], routes: &[&str], fleets: &[&str]) -> Arc<PortRoutes> {
    let (namespace, name) = service.split_once('/').unwrap();
    let fleets = match fleets {
        [] => Fleets::All,
        names => Fleets::Named(names.iter().map(|name| Arc::from(*name)).collect()),
    };
    let hosts = hosts.iter().map(|host| Arc::from(*host)).collect();
    let routes = routes.iter().map(|route| Arc::from(*route)).collect();
    let policy = Policy { fleets, hosts, routes, ..Policy::default() };
    let port = Port {
        number: 80,
        name: "http".into(),
        policy,
        has_service_hosts: true,
        annotated: [].into(),
        written: [].into(),
    };
    let key = Key::new(namespace, name);
    let service = Service {
        key: key.clone(),
        created,
        ports: vec![port.clone()],
        defaults: Defaults { grpc: Some(80), http: Some(80) },
    };
    Arc::new(PortRoutes::new(names::cluster(&key, 80), &service, &port, "cluster.local"))
}

fn domains(ports: &[&Arc<PortRoutes>]) -> Domains {
    let mut domains = Domains::default();
    for port in ports {
        domains.insert(port, &mut DirtyVirtualHosts::default());
    }
    domains
}

/// The winners of the domains that a port lost.
fn lost(domains: &Domains, port: &PortRoutes, fleet: &str) -> Vec<(String, String)> {
    let lost = domains.conflicts(port, fleet);
    lost.iter().map(|conflict| (conflict.domain.to_string(), conflict.winner.to_string())).collect()
}

fn one(domain: &str, winner: &str) -> Vec<(String, String)> {
    vec![(domain.to_owned(), winner.to_owned())]
}

#[test]
fn the_older_service_has_a_domain() {
    let old = port("shop/old", 1, &["x.example"], &[]);
    let new = port("shop/new", 2, &["x.example"], &[]);
    for order in [[&old, &new], [&new, &old]] {
        let domains = domains(&order);
        assert_eq!(lost(&domains, &old, ""), []);
        assert_eq!(lost(&domains, &new, ""), one("x.example", "shop/old"));
    }
}

#[test]
fn of_two_of_the_same_age_the_first_by_key_has_it() {
    let a = port("shop/a", 1, &["x.example"], &[]);
    let b = port("shop/b", 1, &["x.example"], &[]);
    for order in [[&a, &b], [&b, &a]] {
        assert_eq!(lost(&domains(&order), &b, ""), one("x.example", "shop/a"));
    }
}

#[test]
fn case_makes_no_difference() {
    let old = port("shop/old", 1, &["x.example"], &[]);
    let new = port("shop/new", 2, &["X.Example"], &[]);
    assert_eq!(lost(&domains(&[&old, &new]), &new, ""), one("x.example", "shop/old"));
}

#[test]
fn nobody_takes_anybodys_own_name() {
    let thief = port("shop/thief", 1, &["cart.shop", "cart.shop:80"], &[]);
    let cart = port("shop/cart", 2, &[], &[]);
    let domains = domains(&[&thief, &cart]);
    assert_eq!(lost(&domains, &cart, ""), []);
    let lost = domains.conflicts(&thief, "");
    assert_eq!(lost.len(), 2);
    assert!(lost.iter().all(|conflict| conflict.winner_claim == ClaimKind::OwnName));
}

#[test]
fn asking_for_a_name_of_ones_own_means_any_port() {
    let asks = port("shop/cart", 1, &["cart.shop", "cart.shop.svc:80"], &[]);
    let of_cart = decoded(&domains(&[&asks]).port_virtual_host(&asks, "").unwrap()).domains;
    assert_eq!(of_cart.len(), 7);
    assert!(of_cart.contains(&"cart.shop:*".to_owned()), "{of_cart:?}");
}

#[test]
fn when_the_winner_goes_the_next_has_it_and_hears_of_it() {
    let old = port("shop/old", 1, &["x.example"], &[]);
    let new = port("shop/new", 2, &["x.example"], &[]);
    let mut domains = domains(&[&old, &new]);
    let mut dirty = DirtyVirtualHosts::default();
    domains.remove(&old, &mut dirty);
    assert!(dirty.ports.contains("shop/new/80"), "{dirty:?}");
    assert_eq!(lost(&domains, &new, ""), []);
    domains.remove(&new, &mut dirty);
    assert!(domains.claimants.is_empty());
}

#[test]
fn a_newcomer_affects_only_those_who_want_what_it_wants() {
    let old = port("shop/old", 1, &["x.example"], &[]);
    let other = port("shop/other", 1, &["y.example"], &[]);
    let mut domains = domains(&[&old, &other]);
    let mut dirty = DirtyVirtualHosts::default();
    domains.insert(&port("shop/new", 2, &["x.example"], &[]), &mut dirty);
    assert_eq!(dirty.ports, BTreeSet::from(["shop/new/80".into(), "shop/old/80".into()]));
    assert_eq!(dirty.domains, BTreeSet::from(["x.example".into()]));
}

#[test]
fn those_who_never_meet_do_not_contend() {
    let edge = port("shop/edge", 1, &["x.example"], &["edge"]);
    let inner = port("shop/inner", 2, &["x.example"], &["inner"]);
    let all = port("shop/all", 3, &["x.example"], &[]);
    let domains = domains(&[&edge, &inner, &all]);
    assert_eq!(lost(&domains, &edge, "edge"), []);
    assert_eq!(lost(&domains, &inner, "inner"), []);
    assert_eq!(lost(&domains, &all, ""), []);
    assert_eq!(lost(&domains, &all, "edge"), one("x.example", "shop/edge"));
    assert_eq!(lost(&domains, &all, "inner"), one("x.example", "shop/inner"));
}

#[test]
fn what_is_lost_is_not_in_the_virtual_host() {
    let old = port("shop/old", 1, &["x.example"], &[]);
    let new = port("shop/new", 2, &["x.example", "y.example"], &[]);
    let domains = domains(&[&old, &new]);
    let of = |port: &PortRoutes| decoded(&domains.port_virtual_host(port, "").unwrap()).domains;
    assert!(of(&old).contains(&"x.example".to_owned()));
    assert_eq!(of(&old).len(), 8, "six names, and the host with and without any port");
    assert!(!of(&new).contains(&"x.example".to_owned()));
    assert_eq!(of(&new).len(), 8);
}
