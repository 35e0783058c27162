use serde_json::{Value, json};

use super::*;

fn printed(explanation: &Value, all: bool) -> String {
    let mut out = Vec::new();
    print(&mut out, &serde_json::from_value(explanation.clone()).unwrap(), all).unwrap();
    String::from_utf8(out).unwrap()
}

fn port(addresses: &Value) -> Value {
    let setting = |key: &str,
                   value: &str,
                   origin: &str,
                   annotation: Option<&str>,
                   last_good: bool,
                   bad: Option<Value>| {
        json!({"key": key, "value": value, "origin": origin, "annotation": annotation, "last_good": last_good, "bad": bad})
    };
    let bad = |annotation: &str| Some(json!({"origin": "service", "annotation": annotation, "value": "many"}));
    json!({
        "number": 80, "name": "web", "default": true, "default_for": "all", "served": true, "cluster": "shop/cart/80",
        "fleets": ["edge", "inner"], "addresses": addresses,
        "domains": [
            {"domain": "cart.shop:80"},
            {"domain": "x.example", "lost": [{"to": "shop/old", "port": 81}]},
            {"domain": "y.example", "lost": [{"to": "shop/old", "port": 81, "fleets": ["", "edge"]}]},
        ],
        "settings": [
            setting("enabled", "true", "service", Some("chancery.dev/enabled"), false, None),
            setting("protocol", "grpc", "port-name", None, false, None),
            setting("fleets", "*", "default", None, false, None),
            setting("num-retries", "5", "service", Some("chancery.dev/num-retries"), true, bad("chancery.dev/num-retries")),
            setting("lb-policy", "random", "namespace", Some("chancery.dev/lb-policy"), false, bad("chancery.dev/lb-policy.web")),
        ],
    })
}

fn service(port: &Value, slices: &Value) -> Value {
    json!({"namespace": "shop", "name": "cart", "ports": [port], "slices": slices, "rejected": []})
}

#[test]
fn settings_that_are_not_the_default_come_with_where_they_are_from() {
    let service = service(&port(&json!([])), &json!([]));
    assert_eq!(
        printed(&service, false),
        "Service shop/cart: served\n\
         \n\
         Port 80 (web), the default port: served\n  \
           protocol grpc (name of the port)\n  \
           cluster  shop/cart/80\n  \
           fleets   edge, inner\n  \
           domains  cart.shop:80\n  \
           lost     x.example: Service shop/old has it (port 81)\n  \
           lost     y.example: Service shop/old has it (port 81), in edge and the fleets that nobody names\n\
         \n  \
           SETTING      VALUE   FROM\n  \
           enabled      true    Service, chancery.dev/enabled\n  \
           protocol     grpc    name of the port\n  \
           num-retries  5       last good of Service, chancery.dev/num-retries\n    \
             \"many\" stands there now and can't be used: Service, chancery.dev/num-retries\n  \
           lb-policy    random  Namespace, chancery.dev/lb-policy\n    \
             \"many\" stands there now and can't be used: Service, chancery.dev/lb-policy.web\n  \
           1 setting has its default (--all shows it)\n\
         \n  \
           no address: no EndpointSlice belongs to the Service. One does by its label\n    \
             kubernetes.io/service-name: cart. Kubernetes writes them for a Service with a selector; objects\n    \
             of the older kind Endpoints aren't read\n"
    );
    let all = printed(&service, true);
    assert!(all.contains("\n  fleets       *       default\n") && !all.contains("--all"), "{all}");
}

#[test]
fn addresses_are_grouped_by_why() {
    let address = |address: &str, verdict: &str, reason: &str, more: Value| {
        let mut one = json!({"address": address, "port": 8080, "verdict": verdict, "reason": reason, "zone": "",
            "node": "", "weight": 1, "slice": "cart-1"});
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    let none = || json!({});
    let addresses = json!([
        address("10.0.0.1", "in", "ready", json!({"zone": "eu-1a", "pod": "cart-a"})),
        address("10.0.0.2", "out", "not-ready", none()),
        address("10.0.0.3", "draining", "terminating", none()),
        address("10.0.0.4", "in", "not-ready-published", none()),
        address("10.0.0.5", "in", "nothing-else", none()),
        address("10.0.0.6", "out", "terminated", none()),
        address("10.0.0.1", "out", "repeated", json!({"instead": "cart-1", "slice": "cart-2"})),
        address("127.0.0.1", "out", "refused", json!({"port": null, "weight": null, "message": "a loopback address"})),
        address("fd00::1", "in", "ready", json!({"zone": "eu\u{1b}[31m-1b"})),
        address("fd00::2", "in", "second-address", json!({"pod": "cart-a"})),
        address("fd00::3", "out", "other-family", none()),
    ]);
    let text = printed(&service(&port(&addresses), &json!([])), false);
    assert_eq!(
        &text[text.find("    ADDRESS").unwrap()..],
        "    ADDRESS         ZONE       POD     SLICE\n  \
           2 in: ready\n    \
             10.0.0.1:8080   eu-1a      cart-a  cart-1\n    \
             [fd00::1]:8080  eu[31m-1b          cart-1\n  \
           1 in: not ready, but the Service has publishNotReadyAddresses\n    \
             10.0.0.4:8080                      cart-1\n  \
           1 in: terminating, but still serving, and no address is ready\n    \
             10.0.0.5:8080                      cart-1\n  \
           1 in: the second address of a pod, for clients that get no connection over its first\n    \
             [fd00::2]:8080             cart-a  cart-1\n  \
           1 draining: terminating, but still serving: it finishes what it has begun\n    \
             10.0.0.3:8080                      cart-1\n  \
           1 out: not ready\n    \
             10.0.0.2:8080                      cart-1\n  \
           1 out: terminating, and no longer serving\n    \
             10.0.0.6:8080                      cart-1\n  \
           1 out: addresses of the other family are used; which pod this one belongs to, its slice doesn't\n    \
             say (targetRef)\n    \
             [fd00::3]:8080                     cart-1\n  \
           1 out: the same address counts already, as it stands in cart-1\n    \
             10.0.0.1:8080                      cart-2\n  \
           1 out: a loopback address\n    \
             127.0.0.1                          cart-1\n"
    );
}

#[test]
fn a_port_without_addresses_says_what_the_slices_have() {
    let empty = |slices: Value| {
        let text = printed(&service(&port(&json!([])), &slices), false);
        text[text.find("no address").unwrap()..].replace("\n    ", " ").trim_end().to_owned()
    };
    let slice = |ports: &[&str]| json!({"name": "cart-1", "ports": ports, "addresses": 1});
    let scaled_to_zero = json!({"name": "cart-1", "ports": [], "addresses": 0});
    assert_eq!(
        empty(json!([slice(&["web"])])),
        "no address: the Service has 1 EndpointSlice, and none holds an address for this port"
    );
    assert_eq!(
        empty(json!([slice(&["http", ""]), slice(&["http"])])),
        "no address: the Service has 2 EndpointSlices, but with a port \"http\" and an unnamed port, not with a port \"web\". A \
         port of an EndpointSlice has the name of the Service's port"
    );
    assert_eq!(
        empty(json!([slice(&[])])),
        "no address: the Service has 1 EndpointSlice, but with no TCP port, not with a port \"web\". A port of an \
         EndpointSlice has the name of the Service's port"
    );
    assert_eq!(
        empty(json!([scaled_to_zero])),
        "no address: the Service has 1 EndpointSlice, without an address in it: what the Service selects is scaled to \
         zero, or its selector matches no pod"
    );
    let mut unnamed = port(&json!([]));
    unnamed["name"] = json!("");
    let text = printed(&service(&unnamed, &json!([slice(&["http"])])), false).replace("\n    ", " ");
    let expected = "no address: the Service has 1 EndpointSlice, but with a port \"http\", not with an unnamed port, as the \
                    Service's is. A port";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn what_is_not_served_says_why_and_nothing_else() {
    let unserved = |why: &str| {
        let mut port = port(&json!([]));
        port["served"] = json!(false);
        port["unserved"] = json!(why);
        let mut service = service(&port, &json!([]));
        if why == "no-tcp-port" || why == "unusable" {
            service["ports"] = json!([]);
            service["unserved"] = json!(why);
        }
        printed(&service, false).lines().map(str::trim).collect::<Vec<_>>().join("|")
    };
    assert_eq!(unserved("no-tcp-port"), "Service shop/cart: not served: it has no TCP port");
    assert_eq!(unserved("unusable"), "Service shop/cart: not served: it can't be used");
    let disabled = unserved("disabled");
    let head = "Service shop/cart: not served||Port 80 (web), the default port: not served: enabled is false for it|protocol grpc";
    assert!(disabled.starts_with(head), "{disabled}");
    assert!(disabled.ends_with("Service, chancery.dev/enabled"), "{disabled}");
    assert!(unserved("not-enabled").contains("nobody asked for it"));
}

#[test]
fn what_cannot_be_used_comes_last() {
    let mut service = service(&port(&json!([])), &json!([]));
    service["rejected"] = json!([
        {"severity": "error", "reason": "InvalidAnnotation", "kind": "Service", "namespace": "shop", "name": "cart",
            "field": "f", "value": "v", "message": "wrong", "meanwhile": "1 stays"},
        {"severity": "warning", "reason": "New", "kind": "OfAnotherVersion", "name": "", "field": "", "message": "odd"},
    ]);
    let text = printed(&service, false);
    let expected = "\nErrors and warnings:\n  error: Service shop/cart: f: \"v\": wrong (1 stays)\n  warning: odd\n";
    assert!(text.ends_with(expected), "{text}");
}
