//! Domains with and without ports.

use super::*;

/// The domains of the virtual host of a port.
fn of_port(domains: &Domains, port: &PortRoutes) -> Vec<String> {
    decoded(&domains.of_port(port, "").unwrap()).domains
}

/// The authorities that the virtual host of every domain tells apart, with the clusters that they lead to.
fn authorities(domains: &Domains) -> Vec<(String, String)> {
    let Some(host) = domains.of_domain(&EVERY_DOMAIN.into(), "") else { return Vec::new() };
    let json = decoded(&host).routes.into_iter().map(|route| data_plane_api::json::of(&route).unwrap());
    json.map(|route| {
        let text = |pointer: &str| route.pointer(pointer).and_then(|it| it.as_str()).unwrap_or_default().to_owned();
        (text("/match/headers/0/string_match/safe_regex/regex"), text("/route/cluster"))
    })
    .collect()
}

#[test]
fn a_host_without_a_port_means_any_port() {
    let cart = port("shop/cart", 1, &["x.example", "y.example:8080", "[::1]"], &[]);
    let of_cart = of_port(&domains(&[&cart]), &cart);
    let hosts: Vec<&str> = of_cart.iter().map(String::as_str).filter(|domain| !domain.contains("cart")).collect();
    assert_eq!(hosts, ["[::1]", "[::1]:*", "x.example", "x.example:*", "y.example:8080"]);
}

#[test]
fn a_wildcard_without_a_port_means_any_port_too() {
    let wide = port("shop/wide", 1, &["*.example"], &[]);
    let narrow = sharing("shop/narrow", 2, &["*.a.example"], &["/n"], &[]);
    let all = sharing("shop/all", 3, &[], &["/"], &[]);
    let domains = domains(&[&wide, &narrow, &all]);
    assert!(of_port(&domains, &wide).contains(&"*.example".to_owned()));
    let pair = |regex: &str, cluster: &str| (regex.to_owned(), cluster.to_owned());
    assert_eq!(
        authorities(&domains),
        [
            pair(r"(?i).+\.a\.example:[0-9]+", "shop/narrow/80"),
            pair(r"(?i).+\.example:[0-9]+", "shop/wide/80"),
            pair("", "shop/all/80")
        ]
    );
}

#[test]
fn a_wildcard_with_a_port_takes_nothing_from_a_host() {
    let exact = port("shop/exact", 1, &["x.example"], &[]);
    let wild = port("shop/wild", 2, &["*.example:8080"], &[]);
    let mut domains = domains(&[&exact, &wild]);
    let extra = "x.example:8080".to_owned();
    assert!(of_port(&domains, &exact).contains(&extra), "or Envoy would find the wildcard first");
    let precise = port("shop/precise", 3, &["x.example:8080"], &[]);
    let mut affected = Affected::default();
    domains.insert(&precise, &mut affected);
    assert!(affected.ports.contains(&exact.name), "{affected:?}");
    assert!(!of_port(&domains, &exact).contains(&extra), "somebody has it, and one domain can't be told twice");
    assert!(of_port(&domains, &precise).contains(&extra));
}

/// The routes of a host with a port that only a wildcard has.
#[test]
fn a_wildcard_with_a_port_comes_after_a_host_that_shares() {
    let exact = sharing("shop/exact", 2, &["x.example"], &["/v1"], &[]);
    let wild = sharing("shop/wild", 1, &["*.example:8080"], &["/v2"], &[]);
    let mut domains = domains(&[&exact]);
    let mut affected = Affected::default();
    domains.insert(&wild, &mut affected);
    assert!(affected.domains.contains("x.example:8080"), "{affected:?}");
    let prefixes = |domain: &str| {
        let host = domains.of_domain(&domain.into(), "").map(|host| decoded(&host));
        let routes =
            host.into_iter().flat_map(|host| host.routes).map(|route| data_plane_api::json::of(&route).unwrap());
        routes.map(|route| route["match"]["prefix"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(prefixes("x.example:8080"), ["/v1", "/v2"]);
    assert_eq!(prefixes("x.example"), ["/v1"]);
    assert_eq!(prefixes("x.example:8081"), [""; 0]);
    let mut affected = Affected::default();
    domains.remove(&wild, &mut affected);
    assert!(affected.domains.contains("x.example:8080"), "so that it goes again: {affected:?}");
    assert_eq!(domains.of_domain(&"x.example:8080".into(), ""), None);
}
