use serde_json::json;

use super::*;
use crate::xds::resource_to_json;

#[test]
fn it_takes_http_on_its_address_and_asks_for_its_routes() {
    let resource = listener(&ListenerOptions::default());
    assert_eq!(resource.references(), [Name::from("http")]);
    assert_eq!(
        resource_to_json(&resource).unwrap(),
        json!({
            "name": "http",
            "address": {"socket_address": {"address": "0.0.0.0", "port_value": 10000}},
            "tcp_keepalive": {"keepalive_time": 30, "keepalive_interval": 5, "keepalive_probes": 3},
            "filter_chains": [{"filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.\
                              HttpConnectionManager",
                    "stat_prefix": "http",
                    "rds": {
                        "config_source": {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"},
                        "route_config_name": "http",
                    },
                    "http_filters": [{
                        "name": "envoy.filters.http.router",
                        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
                    }],
                    "use_remote_address": true,
                    "strip_trailing_host_dot": true,
                    "stream_idle_timeout": "0s",
                },
            }]}],
        })
    );
}

#[test]
fn the_rest_is_what_the_configuration_says() {
    let options = ListenerOptions {
        name: "edge".into(),
        address: "[::]:8080".parse().unwrap(),
        trusted_hops: 2,
        access_log: true,
        max_connection_duration: Some(Duration::from_mins(30)),
    };
    let resource = listener(&options);
    assert_eq!((&**resource.name(), resource.references()), ("edge", &[Name::from("edge")][..]));
    let shown = resource_to_json(&resource).unwrap();
    assert_eq!(shown["address"], json!({"socket_address": {"address": "::", "port_value": 8080, "ipv4_compat": true}}));
    let manager = &shown["filter_chains"][0]["filters"][0]["typed_config"];
    assert_eq!(manager["stat_prefix"], "edge");
    assert_eq!(manager["rds"]["route_config_name"], "edge");
    assert_eq!(manager["xff_num_trusted_hops"], 2);
    assert_eq!(manager["common_http_protocol_options"], json!({"max_connection_duration": "1800s"}));
    assert_eq!(manager["access_log"][0]["name"], "envoy.access_loggers.stdout");
    assert_eq!(manager["access_log"][0]["typed_config"]["log_format"]["json_format"]["endpoint"], "%UPSTREAM_HOST%");
}

/// Envoy's `[::]` takes IPv6 only, unless it is told.
#[test]
fn everywhere_is_both_families_and_one_address_is_that_address() {
    let both = |address: &str| {
        let options = ListenerOptions { address: address.parse().unwrap(), ..ListenerOptions::default() };
        resource_to_json(&listener(&options)).unwrap()["address"]["socket_address"]["ipv4_compat"] == true
    };
    let addresses = ["[::]:10000", "0.0.0.0:10000", "[::1]:10000", "[fd00::1]:10000", "127.0.0.1:10000"];
    assert_eq!(addresses.map(both), [true, false, false, false, false]);
}
