use serde_json::{Value, json};

use super::*;
use crate::model::{Balancing, LbPolicy};
use crate::xds::resource_to_json;

fn rendered(policy: &Policy) -> Value {
    let cluster = cluster(&"shop/cart/80".into(), policy);
    assert_eq!(cluster.references(), [Name::from("shop/cart/80")]);
    resource_to_json(&cluster).unwrap()
}

fn outlier(outlier: Outlier) -> Value {
    rendered(&Policy { outlier, ..Policy::default() })["outlier_detection"].take()
}

#[test]
fn by_default_it_is_round_robin_without_limits() {
    let round_robin = json!({"typed_extension_config": {
        "name": "envoy.load_balancing_policies.round_robin",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin"},
    }});
    assert_eq!(
        rendered(&Policy::default()),
        json!({
            "name": "shop/cart/80",
            "type": "EDS",
            "eds_cluster_config": {
                "eds_config": {"ads": {}, "resource_api_version": "V3"},
                "service_name": "shop/cart/80",
            },
            "circuit_breakers": {"thresholds": [{"max_requests": 4_294_967_295_u32}]},
            "load_balancing_policy": {"policies": [{"typed_extension_config": {
                "name": "envoy.load_balancing_policies.wrr_locality",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality",
                    "endpoint_picking_policy": {"policies": [round_robin]},
                },
            }}]},
        })
    );
}

fn balanced(policy: LbPolicy) -> Value {
    let balancing = Balancing { policy, ring_size: (9, 7), choice_count: 3, ..Balancing::default() };
    rendered(&Policy { balancing, ..Policy::default() })
}

#[test]
fn the_policy_that_is_wanted_comes_first_if_grpc_has_it() {
    for policy in LbPolicy::ALL.into_iter().filter(|policy| *policy != LbPolicy::RingHash) {
        let shown = balanced(policy);
        let policies = shown["load_balancing_policy"]["policies"].as_array().unwrap();
        let configs: Vec<&Value> = policies.iter().map(|one| &one["typed_extension_config"]["typed_config"]).collect();
        let of = |extension: &str| format!("type.googleapis.com/envoy.extensions.load_balancing_policies.{extension}");
        let preferred = match policy {
            LbPolicy::LeastRequest => Some(json!({"@type": of("least_request.v3.LeastRequest"), "choice_count": 3})),
            LbPolicy::WeightedRoundRobin => {
                Some(json!({"@type": of("client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin")}))
            }
            LbPolicy::PickFirst => Some(json!({"@type": of("pick_first.v3.PickFirst")})),
            LbPolicy::RoundRobin | LbPolicy::Random | LbPolicy::Maglev | LbPolicy::RingHash => None,
        };
        assert_eq!(configs.first().copied().filter(|_| configs.len() == 2), preferred.as_ref(), "{policy:?}");
        assert_eq!(configs.last().unwrap()["@type"], of("wrr_locality.v3.WrrLocality"), "{policy:?}");
        assert_eq!(shown["lb_policy"], Value::Null);
    }
}

#[test]
fn a_ring_is_said_in_the_way_that_all_take() {
    let shown = balanced(LbPolicy::RingHash);
    assert_eq!((&shown["lb_policy"], &shown["load_balancing_policy"]), (&json!("RING_HASH"), &Value::Null));
    // A ring whose least size is above its greatest is refused.
    assert_eq!(shown["ring_hash_lb_config"], json!({"minimum_ring_size": "7", "maximum_ring_size": "7"}));
}

#[test]
fn load_is_reported_to_this_server_where_calls_are_limited() {
    let limited = |limits| rendered(&Policy { limits, ..Policy::default() });
    let few = limited(Limits { requests: 100, ..Limits::default() });
    assert_eq!(few["circuit_breakers"]["thresholds"][0]["max_requests"], json!(100));
    assert_eq!(few["lrs_server"], json!({"self": {}}));
    assert_eq!(limited(Limits { connections: 1, ..Limits::default() })["lrs_server"], Value::Null);
}

#[test]
fn outliers_are_found_by_shares_not_by_failures_in_a_row() {
    assert_eq!(outlier(Outlier::default()), Value::Null);
    let row = ["consecutive_5xx", "consecutive_gateway_failure", "enforcing_consecutive_5xx"];
    let on = outlier(Outlier { detection: Some(true), consecutive_5xx: Some(3), ..Outlier::default() });
    assert!(row.iter().all(|field| on[field].is_null()), "{on}");
    assert_eq!((&on["failure_percentage_threshold"], &on["enforcing_failure_percentage"]), (&json!(85), &json!(100)));
    assert_eq!((&on["interval"], &on["max_ejection_percent"]), (&json!("10s"), &json!(50)));
    assert_eq!(on["enforcing_success_rate"], json!(0));

    let rates = outlier(Outlier { success_rate: Some(1.5), ..Outlier::default() });
    assert_eq!((&rates["success_rate_stdev_factor"], &rates["enforcing_success_rate"]), (&json!(1500), &json!(100)));
    assert_eq!(
        (&rates["failure_percentage_threshold"], &rates["enforcing_failure_percentage"]),
        (&Value::Null, &json!(0))
    );

    let share = outlier(Outlier { failure_percentage: Some(40), ..Outlier::default() });
    assert_eq!(
        (&share["failure_percentage_threshold"], &share["enforcing_failure_percentage"]),
        (&json!(40), &json!(100))
    );
    assert!(share["failure_percentage_minimum_hosts"].is_null());
}
