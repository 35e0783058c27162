use serde_json::json;

use super::*;
use crate::xds::resource_to_json;

#[test]
fn it_takes_http_on_its_address_and_asks_for_its_routes() {
    let resource = listener(ListenerAddress::default());
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
                    "stream_idle_timeout": "0s",
                },
            }]}],
        })
    );
}

#[test]
fn the_address_is_the_configurations() {
    let address = ListenerAddress { address: "::".parse().unwrap(), port: 8080 };
    let shown = resource_to_json(&listener(address)).unwrap();
    assert_eq!(shown["address"], json!({"socket_address": {"address": "::", "port_value": 8080}}));
    assert_eq!(address.to_string(), "[::]:8080");
}
