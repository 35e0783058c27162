use serde_json::{Value, json};

use super::*;
use crate::model::EndpointState::{self, Draining, Ready};
use crate::xds::resource_to_json;

fn endpoint(address: &str, state: EndpointState, zone: &str, node: &str, weight: u32) -> model::Endpoint {
    let locality = model::Locality { zone: zone.into(), node: node.into() };
    model::Endpoint { address: address.parse().unwrap(), port: 8080, state, locality, weight }
}

fn rendered(endpoints: &[model::Endpoint]) -> Value {
    resource_to_json(&assignment(&"shop/cart/50051".into(), endpoints)).unwrap()
}

fn shown(address: &str, health: &str, weight: u32) -> Value {
    json!({
        "endpoint": {"address": {"socket_address": {"address": address, "port_value": 8080}}},
        "health_status": health,
        "load_balancing_weight": weight,
    })
}

#[test]
fn endpoints_of_one_zone_share_a_locality_whatever_their_node() {
    let endpoints = [
        endpoint("10.0.0.1", Ready, "b", "node-1", 1),
        endpoint("10.0.0.2", Draining, "a", "node-2", 1),
        endpoint("10.0.0.3", Ready, "b", "node-3", 5),
        endpoint("2001:db8::1", Ready, "", "", 1),
    ];
    assert_eq!(
        rendered(&endpoints),
        json!({
            "cluster_name": "shop/cart/50051",
            "endpoints": [
                {
                    "locality": {},
                    "lb_endpoints": [shown("2001:db8::1", "HEALTHY", 1)],
                    "load_balancing_weight": 1,
                },
                {
                    "locality": {"zone": "a"},
                    "lb_endpoints": [shown("10.0.0.2", "DRAINING", 1)],
                    "load_balancing_weight": 1,
                },
                {
                    "locality": {"zone": "b"},
                    "lb_endpoints": [shown("10.0.0.1", "HEALTHY", 1), shown("10.0.0.3", "HEALTHY", 5)],
                    "load_balancing_weight": 6,
                },
            ],
        })
    );
}

#[test]
fn without_endpoints_the_assignment_is_empty_but_there() {
    assert_eq!(rendered(&[]), json!({"cluster_name": "shop/cart/50051"}));
}
