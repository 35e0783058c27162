//! How slices become endpoints.

use super::*;
use crate::model::Locality;

/// The endpoints of the port `web` of a Service with these slices, each `web` on 8080.
fn merged(slices: &[Vec<object::SliceEndpoint>], publish_not_ready: bool) -> String {
    let service = service_with("cart", &[ON], |service| service.publish_not_ready = publish_not_ready);
    let slices = slices.iter().enumerate();
    let slices = slices.map(|(i, endpoints)| slice(&format!("cart-{i}"), "cart", &[("web", 8080)], endpoints.clone()));
    let mut catalog = catalog([service].into_iter().chain(slices));
    shown(&entry(&mut catalog, "cart").endpoints[&80])
}

#[test]
fn conditions() {
    // ready, serving, terminating: alone; beside a ready endpoint; beside one when not ready addresses are published.
    let table = [
        ((true, true, false), "H", "H", "H"),
        ((true, false, false), "H", "H", "H"),
        ((true, true, true), "H", "~", "~"),
        ((true, false, true), "-", "-", "-"),
        ((false, true, true), "H", "~", "~"),
        ((false, false, true), "-", "-", "-"),
        ((false, true, false), "-", "-", "H"),
        ((false, false, false), "-", "-", "H"),
    ];
    for ((ready_, serving, terminating), alone, beside, published) in table {
        let one = object::SliceEndpoint { ready: ready_, serving, terminating, ..ready("10.0.0.2") };
        let word = |all: String, rest: &str| match all.strip_prefix(rest).unwrap().trim_start() {
            "10.0.0.2:8080" => "H",
            "~10.0.0.2:8080" => "~",
            "" => "-",
            other => panic!("{other}"),
        };
        let pair = vec![ready("10.0.0.1"), one.clone()];
        let case = format!("ready {ready_}, serving {serving}, terminating {terminating}");
        assert_eq!(word(merged(&[vec![one]], false), ""), alone, "alone: {case}");
        assert_eq!(
            word(merged(std::slice::from_ref(&pair), false), "10.0.0.1:8080"),
            beside,
            "beside a ready one: {case}"
        );
        assert_eq!(word(merged(&[pair], true), "10.0.0.1:8080"), published, "published: {case}");
    }
}

#[test]
fn draining_endpoints_are_used_only_while_none_is_ready() {
    let all = vec![draining("10.0.0.1"), draining("10.0.0.2"), not_ready("10.0.0.3")];
    assert_eq!(merged(std::slice::from_ref(&all), false), "10.0.0.1:8080 10.0.0.2:8080");
    assert_eq!(merged(&[all, vec![ready("10.0.0.4")]], false), "~10.0.0.1:8080 ~10.0.0.2:8080 10.0.0.4:8080");
}

#[test]
fn whether_one_is_ready_is_asked_per_port() {
    let mut catalog = catalog([
        service("cart", &[ON]),
        slice("cart-1", "cart", &[("web", 1), ("grpc", 2)], vec![draining("10.0.0.1")]),
        slice("cart-2", "cart", &[("web", 1)], vec![ready("10.0.0.2")]),
    ]);
    let entry = entry(&mut catalog, "cart");
    assert_eq!(shown(&entry.endpoints[&80]), "~10.0.0.1:1 10.0.0.2:1");
    assert_eq!(shown(&entry.endpoints[&50051]), "10.0.0.1:2");
}

#[test]
fn the_same_address_counts_once_and_the_readier_wins() {
    let [r, d, n] = [ready("10.0.0.1"), draining("10.0.0.1"), not_ready("10.0.0.1")];
    for (one, two, expected) in [(&r, &d, "10.0.0.1:8080"), (&r, &n, "10.0.0.1:8080"), (&d, &n, "~10.0.0.1:8080")] {
        let other = ready("10.0.0.9");
        let expected = format!("{expected} 10.0.0.9:8080");
        assert_eq!(merged(&[vec![one.clone(), other.clone()], vec![two.clone()]], false), expected);
        assert_eq!(merged(&[vec![two.clone()], vec![one.clone(), other]], false), expected);
    }
}

#[test]
fn of_equals_the_one_with_a_known_place_wins_whichever_slice_comes_first() {
    let known = object::SliceEndpoint { zone: "eu-1a".into(), node: "n1".into(), ..ready("10.0.0.1") };
    for (one, two) in [(&known, &ready("10.0.0.1")), (&ready("10.0.0.1"), &known)] {
        let mut catalog = catalog([
            service("cart", &[ON]),
            slice("cart-1", "cart", &[("web", 1)], vec![one.clone()]),
            slice("cart-2", "cart", &[("web", 1)], vec![two.clone()]),
        ]);
        let endpoints = entry(&mut catalog, "cart").endpoints;
        assert_eq!(endpoints[&80].len(), 1);
        assert_eq!(endpoints[&80][0].locality, Locality { zone: "eu-1a".into(), node: "n1".into() });
    }
}

#[test]
fn ports_match_by_name_and_pods_may_listen_on_different_numbers() {
    let unnamed = |service: &mut object::Service| {
        service.ports = vec![object::Port { name: "".into(), number: 80, app_protocol: None }];
    };
    let mut catalog = catalog([
        service("cart", &[ON]),
        slice("cart-1", "cart", &[("web", 8080), ("admin", 1), ("", 2)], vec![ready("10.0.0.1")]),
        slice("cart-2", "cart", &[("web", 9090)], vec![ready("10.0.0.1")]),
        service_with("plain", &[ON], unnamed),
        slice("plain-1", "plain", &[("", 8080), ("web", 1)], vec![ready("10.0.0.2")]),
        service("empty", &[ON]),
    ]);
    let changes: BTreeMap<_, _> = catalog.take_changes().into_iter().collect();
    let of = |name: &str, port: u16| shown(&changes[&key(name)].as_ref().unwrap().endpoints[&port]);
    assert_eq!(of("cart", 80), "10.0.0.1:8080 10.0.0.1:9090");
    assert_eq!(of("cart", 50051), "");
    assert_eq!(of("plain", 80), "10.0.0.2:8080");
    assert_eq!((of("empty", 80), of("empty", 50051)), (String::new(), String::new()));
}

#[test]
fn weights_come_from_pods() {
    let endpoints = vec![of_pod(ready("10.0.0.1"), "a"), of_pod(ready("10.0.0.2"), "b")];
    let mut catalog = catalog([
        service("cart", &[ON]),
        slice("cart-1", "cart", &[("web", 1)], endpoints),
        pod("a", 5),
        service("other", &[ON]),
        slice("other-1", "other", &[("web", 1)], vec![ready("10.0.0.1")]),
    ]);
    assert_eq!(shown(&entry(&mut catalog, "cart").endpoints[&80]), "10.0.0.1:1*5 10.0.0.2:1");
    catalog.apply(Event::Apply(pod("b", 128)));
    catalog.apply(Event::Apply(pod("nobodys", 7)));
    let changes = catalog.take_changes();
    assert_eq!(changes.len(), 1, "only the Service that has the pod");
    assert_eq!(shown(&changes[0].1.as_ref().unwrap().endpoints[&80]), "10.0.0.1:1*5 10.0.0.2:1*128");
    catalog.apply(Event::Delete(pod("a", 5).id));
    assert_eq!(shown(&entry(&mut catalog, "cart").endpoints[&80]), "10.0.0.1:1 10.0.0.2:1*128");
    catalog.apply(Event::Apply(pod("a", 1)));
    assert_eq!(changed(&mut catalog), [""; 0], "the same weight as without a pod");
}

#[test]
fn a_thousand_endpoints_in_ten_slices() {
    let address = |slice: usize, i: usize| format!("10.0.{slice}.{i}");
    let of = |n: usize| -> Vec<_> { (0..100).map(|i| ready(&address(n, i))).collect() };
    let slices = (0..10).map(|n| slice(&format!("cart-{n}"), "cart", &[("web", 8080)], of(n)));
    let mut catalog = catalog(slices.chain([service("cart", &[ON])]));
    let before = entry(&mut catalog, "cart");
    assert_eq!(before.endpoints[&80].len(), 1000);
    assert!(before.endpoints[&80].is_sorted());

    let mut one_leaves = of(3);
    one_leaves[50] = draining(&address(3, 50));
    catalog.apply(Event::Apply(slice("cart-3", "cart", &[("web", 8080)], one_leaves)));
    let after = entry(&mut catalog, "cart");
    let differing: Vec<_> = before.endpoints[&80].iter().zip(&*after.endpoints[&80]).filter(|(a, b)| a != b).collect();
    assert_eq!(differing.len(), 1);
    assert_eq!(shown(std::slice::from_ref(differing[0].1)), "~10.0.3.50:8080");
}
