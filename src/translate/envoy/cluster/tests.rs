use data_plane_api::json;
use serde_json::{Value, json};

use super::*;
use crate::model::{Balancing, LbPolicy, Protocol, Retry, RetryOn};
use crate::xds::resource_to_json;

fn rendered(policy: &Policy) -> Value {
    resource_to_json(&cluster(&"shop/cart/50051".into(), "cart.shop:50051", policy)).unwrap()
}

fn balanced(policy: LbPolicy) -> Policy {
    Policy { balancing: Balancing { policy, ..Balancing::default() }, ..Policy::default() }
}

fn options(policy: &Policy) -> Value {
    rendered(policy)["typed_extension_protocol_options"][protocol::OPTIONS].clone()
}

#[test]
fn a_cluster_of_defaults() {
    assert_eq!(
        rendered(&Policy::default()),
        json!({
            "name": "shop/cart/50051",
            "type": "EDS",
            "eds_cluster_config": {
                "eds_config": {"ads": {}, "resource_api_version": "V3"},
                "service_name": "shop/cart/50051",
            },
            "connect_timeout": "5s",
            "typed_extension_protocol_options": {
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                    "common_http_protocol_options": {"idle_timeout": "3600s"},
                    "explicit_http_config": {"http2_protocol_options": {}},
                },
            },
            "load_balancing_policy": {"policies": [{"typed_extension_config": {
                "name": "envoy.load_balancing_policies.round_robin",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin",
                },
            }}]},
            "common_lb_config": {"healthy_panic_threshold": {}, "update_merge_window": "0s"},
            "circuit_breakers": {"thresholds": [{
                "max_connections": 4_294_967_295_u32,
                "max_pending_requests": 4_294_967_295_u32,
                "max_requests": 4_294_967_295_u32,
                "max_retries": 4_294_967_295_u32,
                "retry_budget": {"budget_percent": {"value": 20.0}, "min_retry_concurrency": 1000},
            }]},
            "upstream_connection_options": {
                "tcp_keepalive": {"keepalive_time": 30, "keepalive_interval": 5, "keepalive_probes": 3},
            },
        })
    );
}

#[test]
fn it_refers_to_its_assignment() {
    let cluster = cluster(&"shop/cart/50051".into(), "cart.shop:50051", &Policy::default());
    assert_eq!(cluster.references(), [Name::from("shop/cart/50051")]);
}

#[test]
fn the_protocol_is_explicit_unless_it_is_the_clients() {
    let of = |protocol| options(&Policy { protocol, ..Policy::default() });
    assert_eq!(of(Protocol::Grpc)["explicit_http_config"], json!({"http2_protocol_options": {}}));
    assert_eq!(of(Protocol::Http2)["explicit_http_config"], json!({"http2_protocol_options": {}}));
    assert_eq!(of(Protocol::Http1)["explicit_http_config"], json!({"http_protocol_options": {}}));
    assert_eq!(
        of(Protocol::Auto)["use_downstream_protocol_config"],
        json!({"http_protocol_options": {}, "http2_protocol_options": {}})
    );
}

#[test]
fn least_request_is_an_extension_too() {
    let cluster = rendered(&balanced(LbPolicy::LeastRequest));
    let policy = &cluster["load_balancing_policy"]["policies"][0]["typed_extension_config"];
    assert_eq!(policy["name"], "envoy.load_balancing_policies.least_request");
    assert_eq!(cluster["lb_policy"], Value::Null);
}

#[test]
fn only_an_annotated_retry_policy_is_the_clusters() {
    let retry = |on: &[RetryOn], annotated| Policy {
        retry: Retry { on: on.iter().copied().collect(), num_retries: 2, annotated, ..Retry::default() },
        ..Policy::default()
    };
    let words = [RetryOn::Unavailable, RetryOn::FiveXx];
    assert_eq!(options(&retry(&words, false))["retry_policy"], Value::Null);
    assert_eq!(options(&retry(&[], true))["retry_policy"], Value::Null);
    assert_eq!(
        options(&retry(&words, true))["retry_policy"],
        json!({
            "retry_on": "5xx,unavailable",
            "num_retries": 2,
            "retry_host_predicate": [{
                "name": "envoy.retry_host_predicates.previous_hosts",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
                },
            }],
            "host_selection_retry_max_attempts": "50",
            "retry_back_off": {"base_interval": "0.025s", "max_interval": "0.250s"},
        })
    );
}

#[test]
fn what_is_rendered_reads_back() {
    json::read::<Cluster>(&rendered(&Policy::default())).unwrap();
}
