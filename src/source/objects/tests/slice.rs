use serde_json::{Value, json};

use super::{convert_with, doubted, good, refused};
use crate::model::object::{EndpointSlice, Object, SliceEndpoint};
use crate::model::{Converted, Key, Reason};
use crate::source::objects::Conversion;

/// An IPv4 slice of the Service shop/cart with these fields in place of the usual ones.
fn slice(fields: &Value) -> Converted {
    slice_with(Conversion::default(), fields)
}

fn slice_with(conversion: Conversion, fields: &Value) -> Converted {
    let mut json = json!({
        "kind": "EndpointSlice",
        "metadata": { "name": "cart-1", "namespace": "shop", "labels": { "kubernetes.io/service-name": "cart" } },
        "addressType": "IPv4",
        "ports": [{ "name": "grpc", "port": 50051 }],
        "endpoints": [],
    });
    json.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    convert_with(conversion, json)
}

fn converted(fields: &Value) -> EndpointSlice {
    let Object::EndpointSlice(slice) = good(slice(fields)) else { panic!() };
    slice
}

fn endpoint(address: &str) -> SliceEndpoint {
    SliceEndpoint {
        address: address.parse().unwrap(),
        ready: true,
        serving: true,
        terminating: false,
        zone: "".into(),
        node: "".into(),
        pod: None,
    }
}

/// The field, value and message of everything left out of this slice, and the addresses that stay.
fn left_out(converted: Converted) -> (Vec<(String, String, String)>, Vec<String>) {
    let Some(Object::EndpointSlice(slice)) = converted.object else { panic!("{:#?}", converted.rejected) };
    let rejected = converted.rejected.into_iter().map(|rejected| {
        assert_eq!(rejected.reason, Reason::InvalidEndpoint);
        assert_eq!(rejected.meanwhile, "left out; the rest of the slice is served");
        (rejected.field.to_string(), rejected.value, rejected.message)
    });
    (rejected.collect(), slice.endpoints.iter().map(|endpoint| endpoint.address.to_string()).collect())
}

#[test]
fn a_full_endpoint() {
    let slice = converted(&json!({ "endpoints": [{
        "addresses": ["10.0.0.1", "not looked at"],
        "conditions": { "ready": false, "serving": true, "terminating": true },
        "hostname": "a", "nodeName": "node-1", "zone": "eu-1a",
        "targetRef": { "kind": "Pod", "name": "cart-x", "namespace": "other" },
        "hints": { "forZones": [{ "name": "eu-1b" }] },
    }] }));
    let expected = EndpointSlice {
        key: Key::new("shop", "cart-1"),
        service: Key::new("shop", "cart"),
        ports: vec![("grpc".into(), 50051)],
        endpoints: vec![SliceEndpoint {
            ready: false,
            serving: true,
            terminating: true,
            zone: "eu-1a".into(),
            node: "node-1".into(),
            pod: Some(Key::new("other", "cart-x")),
            ..endpoint("10.0.0.1")
        }],
    };
    assert_eq!(slice, expected);
}

#[test]
fn absent_conditions_are_filled_in_as_the_api_says() {
    for (conditions, ready, serving, terminating) in [
        (json!(null), true, true, false),
        (json!({}), true, true, false),
        (json!({ "ready": false }), false, false, false),
        (json!({ "ready": false, "serving": true }), false, true, false),
        (json!({ "serving": false }), true, false, false),
        (json!({ "terminating": true }), true, true, true),
    ] {
        let slice = converted(&json!({ "endpoints": [{ "addresses": ["10.0.0.1"], "conditions": conditions }] }));
        let expected = SliceEndpoint { ready, serving, terminating, ..endpoint("10.0.0.1") };
        assert_eq!(slice.endpoints, [expected], "{conditions}");
    }
}

#[test]
fn a_pod_without_namespace_is_in_that_of_the_slice_and_other_targets_are_none() {
    for (target, pod) in [
        (json!({ "kind": "Pod", "name": "a" }), Some(Key::new("shop", "a"))),
        (json!({ "kind": "Pod" }), None),
        (json!({ "kind": "Node", "name": "a" }), None),
    ] {
        let slice = converted(&json!({ "endpoints": [{ "addresses": ["10.0.0.1"], "targetRef": target }] }));
        assert_eq!(slice.endpoints, [SliceEndpoint { pod, ..endpoint("10.0.0.1") }]);
    }
}

#[test]
fn a_slice_of_no_service_is_nobodys_whatever_it_says() {
    for labels in [json!(null), json!({}), json!({ "kubernetes.io/service-name": "" }), json!({ "app": "cart" })] {
        let slice = converted(&json!({
            "metadata": { "name": "a", "namespace": "shop", "labels": labels },
            "addressType": "FQDN",
            "endpoints": [{ "addresses": ["example.com"] }],
        }));
        let key = Key::new("shop", "a");
        let expected = EndpointSlice { key, service: Key::new("shop", ""), ports: vec![], endpoints: vec![] };
        assert_eq!(slice, expected);
    }
}

#[test]
fn a_bad_address_costs_that_endpoint_only() {
    let v4 =
        |addresses: Value| slice(&json!({ "endpoints": [{ "addresses": ["10.0.0.1"] }, { "addresses": addresses }] }));
    for (address, message) in [
        ("", "not an IPv4 address"),
        ("10.0.0", "not an IPv4 address"),
        ("10.0.0.256", "not an IPv4 address"),
        ("010.0.0.1", "not an IPv4 address"),
        ("example.com", "not an IPv4 address"),
        ("fd00::1", "not an IPv4 address"),
        ("0.0.0.0", "the unspecified address"),
        ("127.0.0.1", "a loopback address"),
        ("127.8.9.1", "a loopback address"),
        ("169.254.169.254", "a link-local address"),
        ("224.0.0.1", "a multicast or broadcast address"),
        ("255.255.255.255", "a multicast or broadcast address"),
    ] {
        let (rejected, kept) = left_out(v4(json!([address])));
        let [(field, value, said)] = rejected.as_slice() else { panic!("{address}: {rejected:?}") };
        assert_eq!((field.as_str(), value.as_str()), ("endpoints[1].addresses[0]", address));
        assert!(said.starts_with(message), "{address}: {said}");
        assert_eq!(kept, ["10.0.0.1"]);
    }
    let (rejected, kept) = left_out(v4(json!([])));
    assert_eq!(rejected[0].0, "endpoints[1].addresses");
    assert_eq!(kept, ["10.0.0.1"]);

    for (address, message) in [
        ("10.0.0.1", "not an IPv6 address"),
        ("::ffff:10.0.0.1", "not an IPv6 address"),
        ("fe80::1%eth0", "not an IPv6 address"),
        ("::", "the unspecified address"),
        ("::1", "a loopback address"),
        ("fe80::1", "a link-local address"),
        ("ff02::1", "a multicast or broadcast address"),
    ] {
        let endpoints = json!([{ "addresses": [address] }, { "addresses": ["fd00::1"] }]);
        let (rejected, kept) = left_out(slice(&json!({ "addressType": "IPv6", "endpoints": endpoints })));
        assert!(rejected[0].2.starts_with(message), "{address}: {rejected:?}");
        assert_eq!(kept, ["fd00::1"]);
    }
}

#[test]
fn loopback_alone_can_be_allowed() {
    let conversion = Conversion { allow_loopback_endpoints: true, ..Conversion::default() };
    let addresses = ["127.0.0.1", "169.254.0.1", "0.0.0.0"].map(|address| json!({ "addresses": [address] }));
    let (rejected, kept) = left_out(slice_with(conversion, &json!({ "endpoints": addresses })));
    assert_eq!(kept, ["127.0.0.1"]);
    assert_eq!(rejected.len(), 2);
}

#[test]
fn a_bad_port_number_costs_that_port_only() {
    let converted = slice(&json!({ "ports": [
        { "name": "a", "port": 0 }, { "name": "b", "port": 65536 }, { "name": "c" }, { "name": "d", "port": 1 },
        { "name": "e", "port": 53, "protocol": "UDP" }, { "port": 65535, "protocol": "TCP" },
    ] }));
    let Some(Object::EndpointSlice(usable)) = &converted.object else { panic!() };
    assert_eq!(usable.ports, [("d".into(), 1), ("".into(), 65535)]);
    let (rejected, _) = left_out(converted);
    let rejected: Vec<_> = rejected.iter().map(|(field, value, _)| (field.as_str(), value.as_str())).collect();
    assert_eq!(rejected, [("ports[0].port", "0"), ("ports[1].port", "65536"), ("ports[2].port", "")]);
    assert_eq!(self::converted(&json!({ "ports": null })).ports, []);
}

#[test]
fn what_kubernetes_would_refuse_is_refused() {
    let labelled = json!({ "name": "a", "labels": { "kubernetes.io/service-name": "a/b" } });
    let label = "metadata.labels[kubernetes.io/service-name]";
    let twice = json!([{ "name": "a", "port": 1 }, { "name": "a", "port": 2 }]);
    let unnamed = json!([{ "port": 1 }, { "port": 2 }]);
    let many = vec![json!({ "addresses": ["10.0.0.1"] }); 1001];
    for (fields, field, value) in [
        (json!({ "metadata": labelled }), label, "a/b"),
        (json!({ "ports": twice }), "ports[1].name", "a"),
        (json!({ "ports": unnamed }), "ports[1].name", ""),
        (json!({ "endpoints": many }), "endpoints", ""),
    ] {
        refused(&slice(&fields), Reason::InvalidObject, field, value);
    }
}

#[test]
fn a_word_that_is_not_known_costs_its_part_only() {
    let quic = json!([{ "name": "a", "port": 1, "protocol": "QUIC" }, { "name": "b", "port": 2 }]);
    let endpoints = json!([{ "addresses": ["10.0.0.1"] }]);
    for (mut fields, field, word, ports, addresses) in [
        (json!({ "addressType": "IPv8" }), "addressType", "IPv8", vec![("grpc".into(), 50051)], 0),
        (json!({ "ports": quic }), "ports[0].protocol", "QUIC", vec![("b".into(), 2)], 1),
        (json!({ "ports": [{ "name": "A", "port": 1 }] }), "ports[0].name", "A", vec![("A".into(), 1)], 1),
    ] {
        fields["endpoints"] = endpoints.clone();
        let (Object::EndpointSlice(slice), _) = doubted(self::slice(&fields), field, word) else { panic!() };
        assert_eq!((slice.ports, slice.endpoints.len()), (ports, addresses), "{field}");
    }
}

#[test]
fn host_names_are_not_supported() {
    let converted = slice(&json!({ "addressType": "FQDN", "endpoints": [{ "addresses": ["example.com"] }] }));
    refused(&converted, Reason::Unsupported, "addressType", "FQDN");
}
