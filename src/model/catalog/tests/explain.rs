//! Why addresses are in or out, and ports are served or not.

use std::net::IpAddr;

use super::*;
use crate::model::EndpointState;
use crate::model::explanation::{
    AddressExplanation, AddressReason, AddressState, DefaultFor, PortExplanation, SliceSummary, UnservedReason,
};

/// The port `web` of the Service `cart` with these slices, each `web` on 8080, and the endpoints that clients get.
fn explained(slices: &[Vec<object::SliceEndpoint>], publish_not_ready: bool) -> (PortExplanation, Entry) {
    let service = service_with("cart", &[ON], |service| service.publish_not_ready = publish_not_ready);
    let slices = slices.iter().enumerate();
    let slices = slices.map(|(i, endpoints)| slice(&format!("cart-{i}"), "cart", &[("web", 8080)], endpoints.clone()));
    let mut catalog = catalog([service].into_iter().chain(slices));
    let entry = entry(&mut catalog, "cart");
    (port(&catalog, "cart", 80), entry)
}

fn port(catalog: &Catalog, service: &str, number: u16) -> PortExplanation {
    let explanation = catalog.explain(&key(service)).unwrap();
    explanation.ports.into_iter().find(|port| port.number == number).unwrap()
}

fn reasons(slices: &[Vec<object::SliceEndpoint>], publish_not_ready: bool) -> Vec<AddressReason> {
    explained(slices, publish_not_ready).0.addresses.iter().map(|address| address.reason).collect()
}

fn with(conditions: u8, address: &str) -> object::SliceEndpoint {
    let is = |bit: u8| conditions & (1 << bit) != 0;
    object::SliceEndpoint { ready: is(0), serving: is(1), terminating: is(2), ..ready(address) }
}

#[test]
fn every_address_has_its_reason() {
    let gone = object::SliceEndpoint { serving: false, ..draining("10.0.0.4") };
    let all = vec![ready("10.0.0.1"), draining("10.0.0.2"), not_ready("10.0.0.3"), gone.clone()];
    assert_eq!(
        reasons(std::slice::from_ref(&all), false),
        [AddressReason::Ready, AddressReason::Terminating, AddressReason::NotReady, AddressReason::Terminated]
    );
    assert_eq!(
        reasons(std::slice::from_ref(&all), true),
        [AddressReason::Ready, AddressReason::Terminating, AddressReason::NotReadyPublished, AddressReason::Terminated]
    );
    assert_eq!(
        reasons(&[vec![draining("10.0.0.2"), gone]], false),
        [AddressReason::NothingElse, AddressReason::Terminated]
    );
    assert_eq!(reasons(&[], false), []);
}

#[test]
fn the_same_address_counts_in_one_slice_which_is_named() {
    let known = object::SliceEndpoint { zone: "eu-1a".into(), ..ready("10.0.0.1") };
    let (port, _) = explained(
        &[vec![not_ready("10.0.0.1")], vec![ready("10.0.0.1")], vec![draining("10.0.0.1")], vec![known]],
        false,
    );
    let told: Vec<_> = port.addresses.iter().map(|one| (&*one.slice, one.reason, one.instead.as_deref())).collect();
    let repeated = |slice| (slice, AddressReason::Repeated, Some("cart-3"));
    assert_eq!(
        told,
        [("cart-3", AddressReason::Ready, None), repeated("cart-1"), repeated("cart-2"), repeated("cart-0")]
    );

    // Where none counts, each is told for itself.
    assert_eq!(
        reasons(&[vec![not_ready("10.0.0.1")], vec![not_ready("10.0.0.1")]], false),
        [AddressReason::NotReady; 2]
    );
}

#[test]
fn what_is_in_or_draining_is_what_clients_get() {
    for (one, other, publish) in
        (0..8).flat_map(|one| (0..8).flat_map(move |other| [(one, other, false), (one, other, true)]))
    {
        for (address, pod) in [("10.0.0.1", "b"), ("10.0.0.2", "b"), ("fd00::1", "a"), ("fd00::1", "b")] {
            let of = |conditions, address, pod| of_pod(with(conditions, address), pod);
            let slices =
                [vec![of(one, "10.0.0.1", "a"), of_pod(draining("10.0.0.9"), "c")], vec![of(other, address, pod)]];
            let (port, entry) = explained(&slices, publish);
            let got: Vec<_> = port
                .addresses
                .iter()
                .filter_map(|AddressExplanation { address, port, state, weight, .. }| {
                    let state = match state {
                        AddressState::In => EndpointState::Ready,
                        AddressState::Draining => EndpointState::Draining,
                        AddressState::Out => return None,
                    };
                    Some((address.parse::<IpAddr>().unwrap(), port.unwrap(), state, weight.unwrap()))
                })
                .collect();
            let addresses = |one: &crate::model::Endpoint| [Some(one.address), one.second].into_iter().flatten();
            let expected = entry.endpoints[&80]
                .iter()
                .flat_map(|one| addresses(one).map(|address| (address, one.port, one.state, one.weight)));
            let mut expected = expected.collect::<Vec<_>>();
            expected.sort_unstable();
            assert_eq!(got, expected, "{slices:?}, publish {publish}");
            assert_eq!(port.addresses.len(), 3, "each address is told of");
        }
    }
}

#[test]
fn an_address_comes_with_what_its_slice_and_pod_say() {
    let endpoint = object::SliceEndpoint { zone: "eu-1a".into(), node: "n1".into(), ..of_pod(ready("10.0.0.1"), "a") };
    let mut catalog =
        catalog([service("cart", &[ON]), pod("a", 5), slice("cart-1", "cart", &[("web", 1)], vec![endpoint])]);
    catalog.take_changes();
    let expected = AddressExplanation {
        address: "10.0.0.1".to_owned(),
        port: Some(1),
        state: AddressState::In,
        reason: AddressReason::Ready,
        message: None,
        instead: None,
        zone: "eu-1a".into(),
        node: "n1".into(),
        weight: Some(5),
        pod: Some("a".to_owned()),
        slice: "cart-1".to_owned(),
    };
    assert_eq!(port(&catalog, "cart", 80).addresses, [expected]);
    // The slice has no such port.
    assert_eq!(port(&catalog, "cart", 50051).addresses, []);
    let slices = catalog.explain(&key("cart")).unwrap().slices;
    assert_eq!(slices, [SliceSummary { name: "cart-1".to_owned(), ports: vec!["web".to_owned()], addresses: 1 }]);
}

#[test]
fn a_rejected_address_is_told_of_at_the_ports_of_its_slice() {
    let mut converted = slice("cart-1", "cart", &[("web", 1)], vec![]);
    let rejected = |field: &str, reason| Rejected { field: field.to_owned(), ..complaint(&converted.id, reason) };
    let refused = rejected("endpoints[0].addresses[0]", Reason::InvalidEndpoint);
    let others = [rejected("ports[1].port", Reason::InvalidEndpoint), rejected("endpoints", Reason::InvalidObject)];
    converted.rejected = [refused].into_iter().chain(others).collect();
    let mut catalog = catalog([service("cart", &[ON]), converted]);
    catalog.take_changes();
    let expected = AddressExplanation {
        address: "endpoints[0].addresses[0]".to_owned(),
        port: None,
        state: AddressState::Out,
        reason: AddressReason::Rejected,
        message: Some("wrong".to_owned()),
        instead: None,
        zone: String::new(),
        node: String::new(),
        weight: None,
        pod: None,
        slice: "cart-1".to_owned(),
    };
    assert_eq!(port(&catalog, "cart", 80).addresses, [expected]);
    assert_eq!(port(&catalog, "cart", 50051).addresses, []);
}

#[test]
fn why_a_port_is_not_served() {
    let mut catalog = catalog([
        service("off", &[]),
        service("half", &[ON, ("enabled.web", "false")]),
        service_with("external", &[ON], |service| service.external_name = true),
        service_with("portless", &[ON], |service| service.ports.clear()),
        Converted { object: None, ..service("broken", &[ON]) },
        slice("off-1", "off", &[("web", 1)], vec![ready("10.0.0.1")]),
    ]);
    catalog.take_changes();
    let unserved = |name: &str| {
        let explanation = catalog.explain(&key(name)).unwrap();
        (explanation.unserved, explanation.ports.iter().map(|port| port.unserved).collect::<Vec<_>>())
    };
    assert_eq!(unserved("off"), (None, vec![Some(UnservedReason::NotEnabled); 2]));
    assert_eq!(unserved("half"), (None, vec![None, Some(UnservedReason::Disabled)]));
    let external = Some(UnservedReason::ExternalName);
    assert_eq!(unserved("external"), (external, vec![external; 2]));
    assert_eq!(unserved("portless"), (Some(UnservedReason::NoTcpPort), vec![]));
    assert_eq!(unserved("broken"), (Some(UnservedReason::Unusable), vec![]));
    assert_eq!(catalog.explain(&key("nobody")), None);
    assert_eq!(port(&catalog, "off", 80).addresses, [], "nobody asks about the addresses of what isn't served");
    assert_eq!(port(&catalog, "half", 50051).default_for, Some(DefaultFor::All));
}

#[test]
fn the_objects_of_a_service_are_those_it_is_made_of() {
    let mut faulty = pod("a", 5);
    faulty.rejected = vec![complaint(&faulty.id, Reason::InvalidObject)];
    let endpoints = vec![of_pod(ready("10.0.0.1"), "a"), of_pod(ready("10.0.0.2"), "b")];
    let catalog = catalog([
        service("cart", &[ON]),
        service("mail", &[]),
        slice("cart-1", "cart", &[("web", 1)], endpoints),
        slice("mail-1", "mail", &[("web", 1)], vec![ready("10.0.0.3")]),
        faulty,
        pod("b", 5),
    ]);
    let objects: Vec<String> = catalog.objects_of(&key("cart")).iter().map(ToString::to_string).collect();
    assert_eq!(objects, ["Namespace shop", "Service shop/cart", "EndpointSlice shop/cart-1", "Pod shop/a"]);
}
