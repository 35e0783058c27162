use serde_json::{Value, json};

use super::{convert, doubted, good, refused};
use crate::model::object::{self, Object};
use crate::model::settings::Settings;
use crate::model::{Converted, Key, Reason, ZoneRouting};

fn service(spec: &Value) -> Converted {
    convert(json!({ "kind": "Service", "metadata": { "name": "cart", "namespace": "shop" }, "spec": spec }))
}

fn ports(ports: &Value) -> Converted {
    service(&json!({ "ports": ports }))
}

fn converted(spec: &Value) -> object::Service {
    let Object::Service(service) = good(service(spec)) else { panic!() };
    service
}

fn port(name: &str, number: u16, app_protocol: Option<&str>) -> object::Port {
    object::Port { name: name.into(), number, app_protocol: app_protocol.map(Into::into) }
}

#[test]
fn only_tcp_ports_count_in_their_order() {
    let service = converted(&json!({ "publishNotReadyAddresses": true, "ports": [
        { "name": "web", "port": 8080, "targetPort": "http", "appProtocol": "http" },
        { "name": "dns", "port": 53, "protocol": "UDP" },
        { "name": "grpc", "port": 53, "protocol": "TCP", "targetPort": 65535, "appProtocol": "kubernetes.io/h2c" },
        { "name": "sctp", "port": 54, "protocol": "SCTP" },
    ] }));
    let expected = object::Service {
        key: Key::new("shop", "cart"),
        created: i64::MAX,
        settings: Settings::default(),
        translated: None,
        ports: vec![port("web", 8080, Some("http")), port("grpc", 53, Some("kubernetes.io/h2c"))],
        external_name: false,
        publish_not_ready: true,
        zone_routing: ZoneRouting::Off,
        traffic: object::Traffic::default(),
    };
    assert_eq!(service, expected);
}

#[test]
fn the_only_port_needs_no_name() {
    for target in [json!(null), json!(0), json!("")] {
        let service = converted(&json!({ "ports": [{ "port": 1, "targetPort": target }] }));
        assert_eq!(service.ports, [port("", 1, None)]);
    }
}

#[test]
fn headless_and_external_services_need_no_ports() {
    let headless = converted(&json!({ "clusterIP": "None" }));
    assert_eq!((headless.ports.len(), headless.external_name), (0, false));
    let external = converted(&json!({ "type": "ExternalName", "externalName": "example.com" }));
    assert_eq!((external.ports.len(), external.external_name), (0, true));
}

#[test]
fn what_kubernetes_would_refuse_is_refused() {
    let number = "not a port's number; expected 1 to 65535";
    for (ports, field, value, message) in [
        (json!([{ "port": 0 }]), "spec.ports[0].port", "0", number),
        (json!([{ "port": -1 }]), "spec.ports[0].port", "-1", number),
        (json!([{ "port": 65536 }]), "spec.ports[0].port", "65536", number),
        (json!([{ "port": 70000, "protocol": "UDP" }]), "spec.ports[0].port", "70000", number),
        (json!([{ "name": "a", "port": 1 }, { "port": 2 }]), "spec.ports[1].name", "", "missing; expected a name"),
        (json!([{ "name": "a", "port": 1 }, { "name": "a", "port": 2 }]), "spec.ports[1].name", "a", "earlier port"),
        (
            json!([{ "name": "a", "port": 1 }, { "name": "b", "port": 1 }]),
            "spec.ports[1].port",
            "1",
            "earlier TCP port",
        ),
        (json!([{ "port": 1, "targetPort": 65536 }]), "spec.ports[0].targetPort", "65536", number),
    ] {
        let said = refused(&self::ports(&ports), Reason::InvalidObject, field, value);
        assert!(said.contains(message), "{said}");
    }
    let bare = convert(json!({ "kind": "Service", "metadata": { "name": "cart" } }));
    refused(&bare, Reason::DoubtfulObject, "spec", "");
}

#[test]
fn without_ports_it_is_a_mistake_only_if_it_opts_in_itself() {
    for (annotations, reason) in
        [(json!({}), Reason::DoubtfulObject), (json!({ "chancery.dev/enabled": "true" }), Reason::InvalidObject)]
    {
        let metadata = json!({ "name": "cart", "annotations": annotations });
        let without = convert(json!({ "kind": "Service", "metadata": metadata, "spec": { "ports": [] } }));
        assert!(refused(&without, reason, "spec.ports", "").contains("expected at least one port"));
        refused(&convert(json!({ "kind": "Service", "metadata": metadata })), reason, "spec", "");
    }
}

#[test]
fn where_requests_go_is_what_the_traffic_distribution_says() {
    let spec = |distribution: &Value| json!({ "ports": [{ "port": 1 }], "trafficDistribution": distribution });
    for (distribution, expected) in [
        (json!(null), ZoneRouting::Off),
        (json!("PreferSameZone"), ZoneRouting::PreferZone),
        (json!("PreferClose"), ZoneRouting::PreferZone),
        (json!("PreferSameNode"), ZoneRouting::PreferNode),
    ] {
        assert_eq!(converted(&spec(&distribution)).zone_routing, expected, "{distribution}");
    }
    for unknown in ["", "preferclose", "PreferSameRegion"] {
        let (Object::Service(service), doubt) =
            doubted(service(&spec(&json!(unknown))), "spec.trafficDistribution", unknown)
        else {
            panic!()
        };
        assert_eq!(service.zone_routing, ZoneRouting::Off);
        assert!(doubt.message.contains("expected one of PreferSameZone, PreferSameNode, PreferClose"), "{doubt}");
    }
}

#[test]
fn a_word_that_is_not_known_costs_its_field_only() {
    let with = |field: &str, value: Value| {
        let mut spec = json!({ "ports": [{ "name": "a", "port": 1 }] });
        spec[field] = value;
        spec
    };
    let at_port = |field: &str, value: &str| {
        let mut spec = json!({ "ports": [{ "name": "a", "port": 1 }, { "name": "b", "port": 2 }] });
        spec["ports"][1][field] = json!(value);
        spec
    };
    let (a, b) = (port("a", 1, None), port("b", 2, None));
    let both = vec![a.clone(), b.clone()];
    for (spec, field, word, ports, message) in [
        (with("type", json!("Cluster")), "spec.type", "Cluster", vec![a.clone()], "expected one of ClusterIP"),
        (
            with("internalTrafficPolicy", json!("Zone")),
            "spec.internalTrafficPolicy",
            "Zone",
            vec![a.clone()],
            "expected one of Cluster, Local",
        ),
        (
            with("sessionAffinity", json!("Cookie")),
            "spec.sessionAffinity",
            "Cookie",
            vec![a.clone()],
            "expected one of None, ClientIP",
        ),
        (
            with("ipFamilies", json!(["IPv8"])),
            "spec.ipFamilies[0]",
            "IPv8",
            vec![a.clone()],
            "expected one of IPv4, IPv6",
        ),
        (
            at_port("protocol", "tcp"),
            "spec.ports[1].protocol",
            "tcp",
            vec![a.clone()],
            "expected one of TCP, UDP, SCTP",
        ),
        (at_port("name", "B"), "spec.ports[1].name", "B", vec![a.clone(), port("B", 2, None)], "not a DNS label"),
        (at_port("targetPort", "80"), "spec.ports[1].targetPort", "80", both, "not a port's name"),
        (
            at_port("appProtocol", "a b"),
            "spec.ports[1].appProtocol",
            "a b",
            vec![a, port("b", 2, Some("a b"))],
            "not a qualified name",
        ),
    ] {
        let (Object::Service(served), doubt) = doubted(service(&spec), field, word) else { panic!() };
        assert_eq!((served.ports, served.traffic), (ports, object::Traffic::default()), "{field}");
        assert!(doubt.message.contains(message), "{doubt}");
        assert!(!served.external_name && served.zone_routing == ZoneRouting::Off);
    }
}

#[test]
fn an_empty_word_with_a_default_is_the_default() {
    let empty = json!({
        "type": "",
        "sessionAffinity": "",
        "ports": [{ "name": "a", "port": 1, "protocol": "" }, { "name": "b", "port": 1, "protocol": "UDP" }],
    });
    assert_eq!(converted(&empty).ports, [port("a", 1, None)]);
    // Others have none, or Kubernetes refuses them.
    for (field, expected) in [
        (
            "trafficDistribution",
            "Service shop/cart: spec.trafficDistribution: is empty; expected one of PreferSameZone",
        ),
        ("internalTrafficPolicy", "Service shop/cart: spec.internalTrafficPolicy: is empty; expected one of Cluster"),
    ] {
        let mut spec = json!({ "ports": [{ "port": 1 }] });
        spec[field] = json!("");
        let (_, doubt) = doubted(service(&spec), &format!("spec.{field}"), "");
        assert!(doubt.to_string().starts_with(expected), "{doubt}");
    }
}

#[test]
fn what_a_service_says_of_the_way_to_its_pods() {
    let traffic = |mut spec: Value| {
        spec["ports"] = json!([{ "port": 1 }]);
        let Object::Service(service) = service(&spec).object.unwrap() else { panic!() };
        let object::Traffic { first_family, own_node_only, client_ip_affinity } = service.traffic;
        (first_family.as_str(), own_node_only, client_ip_affinity)
    };
    assert_eq!(traffic(json!({})), ("IPv4", false, false));
    assert_eq!(traffic(json!({ "ipFamilies": ["IPv6", "IPv4"] })), ("IPv6", false, false));
    assert_eq!(traffic(json!({ "ipFamilies": ["IPv8", "IPv6"] })), ("IPv6", false, false));
    assert_eq!(traffic(json!({ "internalTrafficPolicy": "Local" })), ("IPv4", true, false));
    let cluster = json!({ "internalTrafficPolicy": "Cluster", "sessionAffinity": "None" });
    assert_eq!(traffic(cluster), ("IPv4", false, false));
    assert_eq!(traffic(json!({ "sessionAffinity": "ClientIP" })), ("IPv4", false, true));

    let local = json!({ "ports": [{ "port": 1 }], "internalTrafficPolicy": "Local" });
    let (_, doubt) = doubted(service(&local), "spec.internalTrafficPolicy", "Local");
    assert!(doubt.message.contains("node.locality.sub_zone") && doubt.message.contains("--node-name"), "{doubt}");
}

#[test]
fn every_bad_port_is_reported() {
    let converted =
        ports(&json!([{ "name": "a", "port": 0 }, { "name": "b", "port": 80 }, { "name": "c", "port": 99999 }]));
    let fields: Vec<_> = converted.rejected.iter().map(|rejected| rejected.field.to_string()).collect();
    assert_eq!(fields, ["spec.ports[0].port", "spec.ports[2].port"]);
    assert_eq!(converted.object, None);
}
