//! Domains that several Services share by path.

use super::*;

/// The prefixes of a shared virtual host and the clusters that they lead to, in order.
fn routes(domains: &Domains, domain: &str, fleet: &str) -> Vec<(String, String)> {
    let Some(host) = domains.domain_virtual_host(&domain.into(), fleet) else { return Vec::new() };
    let VirtualHost { name, domains, routes, .. } = decoded(&host);
    assert_eq!((name.as_str(), domains[0].as_str()), (domain, domain));
    let pair = |route: &data_plane_api::route::Route| {
        let json = data_plane_api::json::of(route).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&json["match"]["prefix"]), text(&json["route"]["cluster"]))
    };
    routes.iter().map(pair).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(prefix, cluster)| ((*prefix).to_owned(), (*cluster).to_owned())).collect()
}

#[test]
fn the_longest_prefix_comes_first() {
    let cart = sharing("shop/cart", 1, &["x.example"], &["/", "/shop.v1.Cart/"], &[]);
    let fast = sharing("shop/fast", 2, &["x.example"], &["/shop.v1.Cart/Get", "/b"], &[]);
    let domains = domains(&[&cart, &fast]);
    let (cart_80, fast_80) = ("shop/cart/80", "shop/fast/80");
    assert_eq!(
        routes(&domains, "x.example", ""),
        pairs(&[("/shop.v1.Cart/Get", fast_80), ("/shop.v1.Cart/", cart_80), ("/b", fast_80), ("/", cart_80)])
    );
    assert_eq!(lost(&domains, &cart, ""), []);
    assert_eq!(lost(&domains, &fast, ""), []);
}

#[test]
fn without_hosts_it_is_every_host() {
    let cart = sharing("shop/cart", 1, &[], &["/c/"], &[]);
    let domains = domains(&[&cart]);
    assert_eq!(routes(&domains, "*", ""), pairs(&[("/c/", "shop/cart/80")]));
    let own = decoded(&domains.port_virtual_host(&cart, "").unwrap());
    assert_eq!((own.domains.len(), own.routes.len()), (6, 1), "its own names go on leading to all of it: {own:?}");
    assert_eq!(routes(&domains, "cart.shop", ""), []);
}

#[test]
fn one_prefix_claimed_twice_goes_to_the_older_service() {
    let old = sharing("shop/old", 1, &[], &["/a/"], &[]);
    let new = sharing("shop/new", 2, &[], &["/a/", "/b/"], &[]);
    for order in [[&old, &new], [&new, &old]] {
        let domains = domains(&order);
        assert_eq!(routes(&domains, "*", ""), pairs(&[("/a/", "shop/old/80"), ("/b/", "shop/new/80")]));
        assert_eq!(lost(&domains, &old, ""), []);
        let conflicts = domains.conflicts(&new, "");
        let [conflict] = &conflicts[..] else { panic!("{conflicts:?}") };
        assert_eq!((conflict.prefix.as_deref(), conflict.winner.to_string()), (Some("/a/"), "shop/old".to_owned()));
        assert_eq!(conflict.winner_claim, ClaimKind::Shared);
    }
}

#[test]
fn who_has_routes_shares_only_with_those_who_have_some() {
    let whole = |created| port("shop/whole", created, &["x.example"], &[]);
    let part = sharing("shop/part", 2, &["x.example"], &["/a/"], &[]);

    let older = whole(1);
    let of_the_older = domains(&[&older, &part]);
    assert_eq!(routes(&of_the_older, "x.example", ""), []);
    assert_eq!(lost(&of_the_older, &part, ""), one("x.example", "shop/whole"));

    let younger = whole(3);
    let of_the_younger = domains(&[&younger, &part]);
    assert_eq!(routes(&of_the_younger, "x.example", ""), pairs(&[("/a/", "shop/part/80")]));
    assert_eq!(lost(&of_the_younger, &younger, ""), one("x.example", "shop/part"));
    let left = decoded(&of_the_younger.port_virtual_host(&younger, "").unwrap());
    assert!(!left.domains.contains(&"x.example".to_owned()));
}

#[test]
fn a_name_of_somebody_cannot_be_shared() {
    let cart = port("shop/cart", 9, &[], &[]);
    let thief = sharing("shop/thief", 1, &["cart.shop"], &["/"], &[]);
    let domains = domains(&[&cart, &thief]);
    assert_eq!(routes(&domains, "cart.shop", ""), []);
    assert_eq!(lost(&domains, &thief, ""), one("cart.shop", "shop/cart"));
}

#[test]
fn in_each_fleet_those_share_that_it_gets() {
    let edge = sharing("shop/edge", 1, &[], &["/a/"], &["edge"]);
    let all = sharing("shop/all", 2, &[], &["/a/", "/b/"], &[]);
    let domains = domains(&[&edge, &all]);
    assert_eq!(routes(&domains, "*", "edge"), pairs(&[("/a/", "shop/edge/80"), ("/b/", "shop/all/80")]));
    assert_eq!(routes(&domains, "*", ""), pairs(&[("/a/", "shop/all/80"), ("/b/", "shop/all/80")]));
}

#[test]
fn what_comes_or_goes_affects_the_shared_host() {
    let old = sharing("shop/old", 1, &[], &["/a/"], &[]);
    let new = sharing("shop/new", 2, &[], &["/b/"], &[]);
    let mut domains = domains(&[&old]);
    let mut dirty = DirtyVirtualHosts::default();
    domains.insert(&new, &mut dirty);
    assert_eq!(dirty.domains, BTreeSet::from(["*".into()]));
    for port in [&old, &new] {
        let mut dirty = DirtyVirtualHosts::default();
        domains.remove(port, &mut dirty);
        assert_eq!(dirty.domains, BTreeSet::from(["*".into()]));
    }
    assert_eq!(routes(&domains, "*", ""), []);
}

#[test]
fn what_nobody_takes_on_a_domain_goes_where_wildcards_say() {
    let all = sharing("shop/all", 1, &[], &["/a/", "/"], &[]);
    let wild = sharing("shop/wild", 2, &["*.example"], &["/b/"], &[]);
    let exact = sharing("shop/exact", 3, &["x.example"], &["/c/"], &[]);
    let (all_80, wild_80, exact_80) = ("shop/all/80", "shop/wild/80", "shop/exact/80");
    let domains = domains(&[&all, &wild, &exact]);
    let rest = pairs(&[("/a/", all_80), ("/", all_80)]);
    assert_eq!(
        routes(&domains, "x.example", ""),
        [pairs(&[("/c/", exact_80), ("/b/", wild_80)]), rest.clone()].concat()
    );
    assert_eq!(routes(&domains, "*.example", ""), [pairs(&[("/b/", wild_80)]), rest].concat());
    for port in [&all, &wild, &exact] {
        assert_eq!(lost(&domains, port, ""), []);
    }
    assert_eq!(domains.shadowed(&"x.example".into(), ""), []);
}

#[test]
fn what_a_domain_hides_of_a_wildcard_is_known() {
    let all = sharing("shop/all", 1, &[], &["/shop.v1.Cart/", "/"], &[]);
    let prefix = sharing("other/prefix", 2, &["x.example"], &["/shop."], &[]);
    let whole = port("other/whole", 3, &["y.example"], &[]);
    let domains = domains(&[&all, &prefix, &whole]);
    let shadowed = |domain: &str| {
        let shadowed = domains.shadowed(&domain.into(), "");
        shadowed.iter().map(|one| format!("{} {} {}", one.prefix, one.loser, one.winner)).collect::<Vec<_>>()
    };
    assert_eq!(shadowed("x.example"), ["/shop.v1.Cart/ shop/all/80 other/prefix/80"]);
    assert_eq!(shadowed("y.example"), ["/shop.v1.Cart/ shop/all/80 other/whole/80"]);
    assert_eq!(shadowed("*"), [""; 0]);
    assert_eq!(routes(&domains, "x.example", ""), pairs(&[("/shop.", "other/prefix/80"), ("/", "shop/all/80")]));
}

#[test]
fn a_wildcard_affects_what_it_covers() {
    let exact = sharing("shop/exact", 1, &["x.example", "x.other"], &["/c/"], &[]);
    let mut domains = domains(&[&exact]);
    for (host, expected) in
        [("*.example", vec!["*", "*.example", "x.example"]), ("*", vec!["*", "x.example", "x.other"])]
    {
        let wild = sharing("shop/wild", 2, &[host], &["/b/"], &[]);
        let mut dirty = DirtyVirtualHosts::default();
        domains.insert(&wild, &mut dirty);
        assert_eq!(dirty.domains, expected.iter().map(|domain| Name::from(*domain)).collect());
        let mut dirty = DirtyVirtualHosts::default();
        domains.remove(&wild, &mut dirty);
        assert_eq!(dirty.domains, expected.iter().map(|domain| Name::from(*domain)).collect());
    }
}
