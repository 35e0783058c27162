//! Pods with an address in each family.

use super::*;
use crate::model::explanation::AddressReason;
use crate::model::object::IpFamily;

/// A catalog with the Service `cart` of this first family, and these slices of it, each `web` on 8080.
fn cart(first: IpFamily, slices: &[Vec<object::SliceEndpoint>]) -> Catalog {
    let service = service_with("cart", &[ON], |service| service.traffic.first_family = first);
    let slices = slices.iter().enumerate();
    let slices = slices.map(|(i, endpoints)| slice(&format!("cart-{i}"), "cart", &[("web", 8080)], endpoints.clone()));
    catalog([service].into_iter().chain(slices))
}

fn merged(first: IpFamily, slices: &[Vec<object::SliceEndpoint>]) -> String {
    shown(&entry(&mut cart(first, slices), "cart").endpoints[&80])
}

#[test]
fn a_pod_is_one_endpoint_with_the_address_of_the_first_family_first() {
    let v4 = vec![of_pod(ready("10.0.0.1"), "a"), of_pod(ready("10.0.0.2"), "b")];
    let v6 = vec![of_pod(ready("fd00::1"), "b"), of_pod(ready("fd00::2"), "a")];
    let pods = [v4, v6];
    let v4_first = "10.0.0.1:8080+fd00::2 10.0.0.2:8080+fd00::1";
    assert_eq!(merged(IpFamily::V4, &pods), v4_first);
    assert_eq!(merged(IpFamily::default(), &pods), v4_first, "nobody says which family is the first");
    let v6_first = "fd00::1:8080+10.0.0.2 fd00::2:8080+10.0.0.1";
    assert_eq!(merged(IpFamily::V6, &pods), v6_first);
    let [v4, v6] = pods;
    assert_eq!(merged(IpFamily::V6, &[v6, v4]), v6_first, "in whichever order the slices come");
}

#[test]
fn a_pod_with_one_address_has_that_one() {
    let v4 = vec![of_pod(ready("10.0.0.1"), "a"), of_pod(ready("10.0.0.2"), "b")];
    let v6 = vec![of_pod(ready("fd00::1"), "a"), of_pod(ready("fd00::3"), "c")];
    assert_eq!(merged(IpFamily::V4, &[v4, v6]), "10.0.0.1:8080+fd00::1 10.0.0.2:8080 fd00::3:8080");
}

#[test]
fn of_the_two_addresses_of_a_pod_the_readier_counts() {
    let other = of_pod(ready("10.0.0.9"), "z");
    let gone = |address| object::SliceEndpoint { serving: false, ..draining(address) };
    for (v4, v6, expected) in [
        (ready("10.0.0.1"), draining("fd00::1"), "10.0.0.1:8080+fd00::1 10.0.0.9:8080"),
        (not_ready("10.0.0.1"), ready("fd00::1"), "10.0.0.1:8080+fd00::1 10.0.0.9:8080"),
        (not_ready("10.0.0.1"), draining("fd00::1"), "~10.0.0.1:8080+fd00::1 10.0.0.9:8080"),
        (draining("10.0.0.1"), gone("fd00::1"), "~10.0.0.1:8080+fd00::1 10.0.0.9:8080"),
        (not_ready("10.0.0.1"), gone("fd00::1"), "10.0.0.9:8080"),
    ] {
        let slices = [vec![of_pod(v4, "a"), other.clone()], vec![of_pod(v6, "a")]];
        assert_eq!(merged(IpFamily::V4, &slices), expected);
    }
    let draining = [vec![of_pod(draining("10.0.0.1"), "a")], vec![of_pod(draining("fd00::1"), "a")]];
    assert_eq!(merged(IpFamily::V4, &draining), "10.0.0.1:8080+fd00::1", "while none is ready it is used in full");
}

#[test]
fn where_nobody_says_which_pod_it_is_one_family_counts() {
    let v4 = vec![ready("10.0.0.1"), ready("10.0.0.2")];
    let v6 = vec![ready("fd00::1"), ready("fd00::2")];
    assert_eq!(merged(IpFamily::V4, &[v4.clone(), v6.clone()]), "10.0.0.1:8080 10.0.0.2:8080");
    assert_eq!(merged(IpFamily::default(), &[v6.clone(), v4.clone()]), "10.0.0.1:8080 10.0.0.2:8080");
    assert_eq!(merged(IpFamily::V6, &[v4.clone(), v6.clone()]), "fd00::1:8080 fd00::2:8080");
    // The first family that has any that can be used.
    let none_ready = vec![not_ready("10.0.0.1"), draining("10.0.0.2")];
    assert_eq!(merged(IpFamily::V4, &[none_ready, v6.clone()]), "fd00::1:8080 fd00::2:8080");
    assert_eq!(merged(IpFamily::V4, &[vec![], v6.clone()]), "fd00::1:8080 fd00::2:8080");
    assert_eq!(merged(IpFamily::V4, &[v6]), "fd00::1:8080 fd00::2:8080", "the only one there is");
    // Beside those there may be pods.
    let pods = [vec![of_pod(ready("10.0.0.5"), "a")], vec![of_pod(ready("fd00::5"), "a"), ready("fd00::9")]];
    assert_eq!(merged(IpFamily::V4, &pods), "10.0.0.5:8080+fd00::5 fd00::9:8080");
}

#[test]
fn the_other_addresses_of_pods_that_only_one_family_names_do_not_count() {
    let v4 = |one: fn(&str) -> object::SliceEndpoint| vec![of_pod(one("10.0.0.1"), "a"), of_pod(one("10.0.0.2"), "b")];
    let v6 = vec![ready("fd00::1"), ready("fd00::2")];
    let of_first = |slices: &[Vec<object::SliceEndpoint>]| merged(IpFamily::V4, slices);
    assert_eq!(of_first(&[v4(ready), v6.clone()]), "10.0.0.1:8080 10.0.0.2:8080");
    assert_eq!(of_first(&[v4(not_ready), v6.clone()]), "fd00::1:8080 fd00::2:8080");
    // They may be of other pods if they are readier, or of the same family.
    let beside_draining = "~10.0.0.1:8080 ~10.0.0.2:8080 fd00::1:8080 fd00::2:8080";
    assert_eq!(of_first(&[v4(draining), v6]), beside_draining);
    assert_eq!(of_first(&[v4(ready), vec![ready("10.0.0.9")]]), "10.0.0.1:8080 10.0.0.2:8080 10.0.0.9:8080");
}

#[test]
fn no_address_is_there_twice() {
    // A pod on the network of its node goes, the next one has come: one slice says so already.
    let v4 = vec![of_pod(draining("10.0.0.1"), "old"), of_pod(ready("10.0.0.1"), "new")];
    let v6 = vec![of_pod(draining("fd00::1"), "old"), of_pod(ready("fd00::1"), "new")];
    assert_eq!(merged(IpFamily::V4, &[v4.clone(), v6.clone()]), "10.0.0.1:8080+fd00::1");
    assert_eq!(merged(IpFamily::V4, &[v4, vec![v6[0].clone()]]), "10.0.0.1:8080 ~fd00::1:8080");
    // A pod came again under its old name, and one slice is behind.
    let again = vec![of_pod(draining("10.0.0.1"), "a"), of_pod(ready("10.0.0.2"), "a")];
    let behind = vec![of_pod(draining("fd00::1"), "a")];
    assert_eq!(merged(IpFamily::V4, &[again, behind]), "~10.0.0.1:8080 10.0.0.2:8080+fd00::1");
}

#[test]
fn a_pod_has_its_place_and_weight_from_the_first_address() {
    let at = |address, zone: &str, node: &str| {
        of_pod(object::SliceEndpoint { zone: zone.into(), node: node.into(), ..ready(address) }, "a")
    };
    let mut catalog = cart(IpFamily::V6, &[vec![at("10.0.0.1", "x", "n1")], vec![at("fd00::1", "y", "n2")]]);
    catalog.apply(Event::Apply(pod("a", 7)));
    let endpoints = entry(&mut catalog, "cart").endpoints;
    assert_eq!(shown(&endpoints[&80]), "fd00::1:8080*7+10.0.0.1");
    assert_eq!(&*endpoints[&80][0].locality.zone, "y");
}

#[test]
fn each_address_has_its_reason() {
    let pods = [
        vec![of_pod(ready("10.0.0.1"), "a"), of_pod(draining("10.0.0.2"), "b"), ready("10.0.0.3")],
        vec![of_pod(ready("fd00::1"), "a"), of_pod(draining("fd00::2"), "b"), ready("fd00::3")],
    ];
    let mut catalog = cart(IpFamily::V4, &pods);
    assert_eq!(
        shown(&entry(&mut catalog, "cart").endpoints[&80]),
        "10.0.0.1:8080+fd00::1 ~10.0.0.2:8080+fd00::2 10.0.0.3:8080"
    );
    let explanation = catalog.explain(&key("cart")).unwrap();
    let reasons: Vec<_> = explanation.ports[1].addresses.iter().map(|address| address.reason).collect();
    assert_eq!(
        reasons,
        [
            AddressReason::Ready,
            AddressReason::Terminating,
            AddressReason::Ready,
            AddressReason::SecondAddress,
            AddressReason::Terminating,
            AddressReason::OtherFamily
        ]
    );
}
