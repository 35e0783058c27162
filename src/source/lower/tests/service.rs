use serde_json::{Value, json};

use super::{good, lower, refused};
use crate::model::object::{self, Object};
use crate::model::settings::Settings;
use crate::model::{Key, Lowered, Reason, ZoneRouting};

fn service(spec: &Value) -> Lowered {
    lower(json!({ "kind": "Service", "metadata": { "name": "cart", "namespace": "shop" }, "spec": spec }))
}

fn ports(ports: &Value) -> Lowered {
    service(&json!({ "ports": ports }))
}

fn lowered(spec: &Value) -> object::Service {
    let Object::Service(service) = good(service(spec)) else { panic!() };
    service
}

fn port(name: &str, number: u16, app_protocol: Option<&str>) -> object::Port {
    object::Port { name: name.into(), number, app_protocol: app_protocol.map(Into::into) }
}

#[test]
fn only_tcp_ports_count_in_their_order() {
    let service = lowered(&json!({ "publishNotReadyAddresses": true, "ports": [
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
    };
    assert_eq!(service, expected);
}

#[test]
fn the_only_port_needs_no_name() {
    for target in [json!(null), json!(0), json!("")] {
        let service = lowered(&json!({ "ports": [{ "port": 1, "targetPort": target }] }));
        assert_eq!(service.ports, [port("", 1, None)]);
    }
}

#[test]
fn headless_and_external_services_need_no_ports() {
    let headless = lowered(&json!({ "clusterIP": "None" }));
    assert_eq!((headless.ports.len(), headless.external_name), (0, false));
    let external = lowered(&json!({ "type": "ExternalName", "externalName": "example.com" }));
    assert_eq!((external.ports.len(), external.external_name), (0, true));
}

#[test]
fn what_kubernetes_would_refuse_is_refused() {
    let number = "not a port's number; expected 1 to 65535";
    let label = "not a DNS label";
    for (ports, field, value, message) in [
        (json!([]), "spec.ports", "", "missing; expected at least one port"),
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
        (json!([{ "name": "A", "port": 1 }]), "spec.ports[0].name", "A", label),
        (json!([{ "name": "a.b", "port": 1 }]), "spec.ports[0].name", "a.b", label),
        (json!([{ "port": 1, "protocol": "tcp" }]), "spec.ports[0].protocol", "tcp", "expected one of TCP, UDP, SCTP"),
        (json!([{ "port": 1, "targetPort": 65536 }]), "spec.ports[0].targetPort", "65536", number),
        (json!([{ "port": 1, "targetPort": "80" }]), "spec.ports[0].targetPort", "80", "not a port's name"),
        (json!([{ "port": 1, "appProtocol": "a b" }]), "spec.ports[0].appProtocol", "a b", "not a qualified name"),
    ] {
        let said = refused(&self::ports(&ports), Reason::InvalidObject, field, value);
        assert!(said.contains(message), "{said}");
    }
    let said = refused(
        &service(&json!({ "type": "Cluster", "ports": [{ "port": 1 }] })),
        Reason::InvalidObject,
        "spec.type",
        "Cluster",
    );
    assert!(said.contains("expected one of ClusterIP"), "{said}");
    let bare = lower(json!({ "kind": "Service", "metadata": { "name": "cart" } }));
    refused(&bare, Reason::InvalidObject, "spec", "");
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
        assert_eq!(lowered(&spec(&distribution)).zone_routing, expected, "{distribution}");
    }
    for unknown in ["", "preferclose"] {
        let said =
            refused(&service(&spec(&json!(unknown))), Reason::InvalidObject, "spec.trafficDistribution", unknown);
        assert!(said.contains("expected one of PreferSameZone, PreferSameNode, PreferClose"), "{said}");
    }
}

#[test]
fn every_bad_port_is_reported() {
    let lowered =
        ports(&json!([{ "name": "a", "port": 0 }, { "name": "b", "port": 80 }, { "name": "c", "port": 99999 }]));
    let fields: Vec<_> = lowered.rejected.iter().map(|rejected| rejected.field.as_str()).collect();
    assert_eq!(fields, ["spec.ports[0].port", "spec.ports[2].port"]);
    assert_eq!(lowered.object, None);
}
