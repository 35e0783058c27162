use data_plane_api::bootstrap::Bootstrap;
use data_plane_api::json;
use rig::envoy::OLDEST;

use super::*;

#[test]
fn its_listener_is_its_own_and_all_else_comes_over_ads() {
    let program = Program { path: PathBuf::from("envoy"), version: OLDEST };
    let printed = json!({
        "node": { "id": "envoy", "cluster": "gateway" },
        "admin": { "address": { "socket_address": { "address": "127.0.0.1", "port_value": 9901 } } },
        "dynamic_resources": { "cds_config": { "ads": {} }, "lds_config": { "ads": {} } },
        "static_resources": { "clusters": [{ "name": "chancery" }] },
    });
    let manager =
        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    let manager = json!({ "@type": manager, "rds": { "route_config_name": "http" } });
    let listener = json!({
        "name": "http",
        "address": { "socket_address": { "address": "0.0.0.0", "port_value": 10000 } },
        "filter_chains": [{ "filters": [{ "name": "manager", "typed_config": manager }] }],
    });
    let template = Template::of(program, printed, &listener, PathBuf::new()).unwrap();
    assert_eq!(template.listener, "http");

    let (address, admin) = ("127.10.0.1:10000".parse().unwrap(), "127.10.0.1:9901".parse().unwrap());
    let bootstrap = template.bootstrap("gateway-1", address, admin).unwrap();
    let manager = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
    let at = |pointer: &str| bootstrap.pointer(pointer).unwrap();
    assert_eq!(at("/static_resources/listeners/0/address/socket_address/address"), "127.10.0.1");
    assert_eq!(at("/admin/address/socket_address/address"), "127.10.0.1");
    assert_eq!(at(&format!("{manager}/server_name")), "gateway-1");
    assert_eq!(at(&format!("{manager}/rds/route_config_name")), "http");
    assert_eq!(*at("/node"), json!({ "id": "gateway-1", "cluster": "gateway" }));
    // Its bytes are those of a Bootstrap: nothing is misspelt.
    let message: Bootstrap = json::read(&bootstrap).unwrap();
    let dynamic = message.dynamic_resources.unwrap();
    assert!(dynamic.lds_config.is_none() && dynamic.cds_config.is_some());
}
