use serde_json::{Value, json};

use super::*;

fn address() -> AddressExplanation {
    AddressExplanation {
        address: "10.0.0.1".to_owned(),
        port: Some(8080),
        state: AddressState::Draining,
        reason: AddressReason::Terminating,
        message: None,
        instead: None,
        zone: "eu-1a".to_owned(),
        node: "n1".to_owned(),
        weight: Some(2),
        pod: Some("cart-a".to_owned()),
        slice: "cart-1".to_owned(),
    }
}

fn rejected_address() -> AddressExplanation {
    AddressExplanation {
        address: "127.0.0.1".to_owned(),
        port: None,
        state: AddressState::Out,
        reason: AddressReason::Rejected,
        message: Some("a loopback address".to_owned()),
        weight: None,
        pod: None,
        zone: String::new(),
        node: String::new(),
        ..address()
    }
}

fn served() -> PortExplanation {
    let rejected = RejectedSetting {
        origin: SettingOrigin::Service,
        annotation: "chancery.dev/num-retries".to_owned(),
        value: "many".to_owned(),
    };
    let setting = SettingExplanation {
        key: "num-retries".into(),
        value: "5".to_owned(),
        origin: SettingOrigin::Service,
        annotation: Some("chancery.dev/num-retries".to_owned()),
        last_good: true,
        rejected: Some(rejected),
    };
    let lost = |fleets: Option<&[&str]>| {
        let fleets = fleets.map(|fleets| fleets.iter().map(ToString::to_string).collect());
        vec![DomainOwner { service: "shop/old".to_owned(), port: 1, fleets }]
    };
    let domain = |domain: &str, requests, lost| DomainExplanation { domain: domain.to_owned(), requests, lost };
    PortExplanation {
        number: 80,
        name: "web".to_owned(),
        default: true,
        default_for: Some(DefaultFor::Http),
        unknown_app_protocol: Some("x".to_owned()),
        served: true,
        unserved: None,
        cluster: Some("shop/cart/80".to_owned()),
        fleets: vec!["*".to_owned()],
        domains: vec![
            domain("a", Requests::All, vec![]),
            domain("b", Requests::Grpc, lost(None)),
            domain("c", Requests::Other, lost(Some(&["edge"]))),
        ],
        settings: vec![setting],
        addresses: vec![address(), rejected_address()],
    }
}

fn unserved() -> PortExplanation {
    PortExplanation {
        number: 81,
        name: String::new(),
        default: false,
        default_for: None,
        unknown_app_protocol: None,
        served: false,
        unserved: Some(UnservedReason::NotEnabled),
        cluster: None,
        fleets: vec![],
        domains: vec![],
        settings: vec![],
        addresses: vec![],
    }
}

#[test]
fn programs_read_it_and_it_can_be_read_back() {
    let explanation = ServiceExplanation {
        ports: vec![served(), unserved()],
        slices: vec![SliceSummary { name: "cart-1".to_owned(), ports: vec!["web".to_owned()], addresses: 1 }],
        ..ServiceExplanation::new(&Key::new("shop", "cart"), None)
    };
    let address = json!({
        "address": "10.0.0.1", "port": 8080, "verdict": "draining", "reason": "terminating", "zone": "eu-1a",
        "node": "n1", "weight": 2, "pod": "cart-a", "slice": "cart-1",
    });
    let rejected_address = json!({
        "address": "127.0.0.1", "verdict": "out", "reason": "refused", "message": "a loopback address", "zone": "",
        "node": "", "slice": "cart-1",
    });
    let setting = json!({
        "key": "num-retries", "value": "5", "origin": "service", "annotation": "chancery.dev/num-retries",
        "last_good": true,
        "bad": {"origin": "service", "annotation": "chancery.dev/num-retries", "value": "many"},
    });
    let expected = json!({
        "namespace": "shop", "name": "cart", "rejected": [],
        "slices": [{"name": "cart-1", "ports": ["web"], "addresses": 1}],
        "ports": [
            {
                "number": 80, "name": "web", "default": true, "default_for": "http", "unknown_app_protocol": "x",
                "served": true, "cluster": "shop/cart/80", "fleets": ["*"], "settings": [setting],
                "addresses": [address, rejected_address],
                "domains": [
                    {"domain": "a"},
                    {"domain": "b", "requests": "grpc", "lost": [{"to": "shop/old", "port": 1}]},
                    {"domain": "c", "requests": "other", "lost": [{"to": "shop/old", "port": 1, "fleets": ["edge"]}]},
                ],
            },
            {
                "number": 81, "name": "", "default": false, "served": false, "unserved": "not-enabled",
                "fleets": [], "domains": [], "settings": [], "addresses": [],
            },
        ],
    });
    assert_eq!(serde_json::to_value(&explanation).unwrap(), expected);
    assert_eq!(serde_json::from_value::<ServiceExplanation>(expected).unwrap(), explanation);
    let unusable = ServiceExplanation::new(&Key::new("shop", "cart"), Some(UnservedReason::Unusable));
    assert_eq!(serde_json::to_value(unusable).unwrap()["unserved"], Value::from("unusable"));
}
