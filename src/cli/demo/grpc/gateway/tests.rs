use std::path::PathBuf;

use data_plane_api::bootstrap::Bootstrap;

use super::*;
use crate::cli::demo::envoy::OLDEST;

#[test]
fn its_listener_is_its_own_and_all_else_comes_over_ads() {
    let program = Program { path: PathBuf::from("envoy"), version: OLDEST };
    let template = Template { program, xds: "127.0.0.1:18000".parse().unwrap() };
    let (address, admin) = ("127.10.0.1:10000".parse().unwrap(), "127.10.0.1:9901".parse().unwrap());
    let bootstrap = bootstrap(&template, "gateway-1", address, admin).unwrap();
    let manager = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";
    let at = |pointer: &str| bootstrap.pointer(pointer).unwrap();
    assert_eq!(at("/static_resources/listeners/0/address/socket_address/address"), "127.10.0.1");
    assert_eq!(at(&format!("{manager}/server_name")), "gateway-1");
    assert_eq!(at(&format!("{manager}/rds/route_config_name")), "http");
    assert_eq!(at("/node/cluster"), "gateway");
    // Its bytes are those of a Bootstrap: nothing is misspelt.
    let message: Bootstrap = json::read(&bootstrap).unwrap();
    let dynamic = message.dynamic_resources.unwrap();
    assert!(dynamic.lds_config.is_none() && dynamic.cds_config.is_some());
}
