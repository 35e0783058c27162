//! Domains with and without ports.

use super::*;

/// The domains of the virtual host of a port.
fn port_virtual_host(domains: &Domains, port: &PortRoutes) -> Vec<String> {
    decoded(&domains.port_virtual_host(port, "").unwrap()).domains
}

/// The authorities that the virtual host of every domain tells apart, with the clusters that they lead to.
fn authorities(domains: &Domains) -> Vec<(String, String)> {
    let Some(host) = domains.domain_virtual_host(&EVERY_DOMAIN.into(), "") else { return Vec::new() };
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
    let of_cart = port_virtual_host(&domains(&[&cart]), &cart);
    let hosts: Vec<&str> = of_cart.iter().map(String::as_str).filter(|domain| !domain.contains("cart")).collect();
    assert_eq!(hosts, ["[::1]", "[::1]:*", "x.example", "x.example:*", "y.example:8080"]);
}

#[test]
fn a_wildcard_without_a_port_means_any_port_too() {
    let wide = port("shop/wide", 1, &["*.example"], &[]);
    let narrow = sharing("shop/narrow", 2, &["*.a.example"], &["/n"], &[]);
    let all = sharing("shop/all", 3, &[], &["/"], &[]);
    let domains = domains(&[&wide, &narrow, &all]);
    assert!(port_virtual_host(&domains, &wide).contains(&"*.example".to_owned()));
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
    assert!(port_virtual_host(&domains, &exact).contains(&extra), "or Envoy would find the wildcard first");
    let precise = port("shop/precise", 3, &["x.example:8080"], &[]);
    let mut dirty = DirtyVirtualHosts::default();
    domains.insert(&precise, &mut dirty);
    assert!(dirty.ports.contains(&exact.name), "{dirty:?}");
    assert!(
        !port_virtual_host(&domains, &exact).contains(&extra),
        "somebody has it, and one domain can't be listed twice"
    );
    assert!(port_virtual_host(&domains, &precise).contains(&extra));
}

/// The routes of a host with a port that only a wildcard has.
#[test]
fn a_wildcard_with_a_port_comes_after_a_host_that_shares() {
    let exact = sharing("shop/exact", 2, &["x.example"], &["/v1"], &[]);
    let wild = sharing("shop/wild", 1, &["*.example:8080"], &["/v2"], &[]);
    let mut domains = domains(&[&exact]);
    let mut dirty = DirtyVirtualHosts::default();
    domains.insert(&wild, &mut dirty);
    assert!(dirty.domains.contains("x.example:8080"), "{dirty:?}");
    let prefixes = |domain: &str| {
        let host = domains.domain_virtual_host(&domain.into(), "").map(|host| decoded(&host));
        let routes =
            host.into_iter().flat_map(|host| host.routes).map(|route| data_plane_api::json::of(&route).unwrap());
        routes.map(|route| route["match"]["prefix"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(prefixes("x.example:8080"), ["/v1", "/v2"]);
    assert_eq!(prefixes("x.example"), ["/v1"]);
    assert_eq!(prefixes("x.example:8081"), [""; 0]);
    let mut dirty = DirtyVirtualHosts::default();
    domains.remove(&wild, &mut dirty);
    assert!(dirty.domains.contains("x.example:8080"), "so that it goes again: {dirty:?}");
    assert_eq!(domains.domain_virtual_host(&"x.example:8080".into(), ""), None);
}
