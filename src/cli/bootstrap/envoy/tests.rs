use clap::{Args, Command, FromArgMatches};
use data_plane_api::bootstrap::Bootstrap;
use serde_json::{Value, json};

use super::*;

fn envoy(arguments: &[&str]) -> Envoy {
    let command = Envoy::augment_args(Command::new("envoy").no_binary_name(true));
    Envoy::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap()
}

fn printed(arguments: &[&str]) -> Value {
    let mut out = Vec::new();
    envoy(arguments).run(&mut out).unwrap();
    serde_saphyr::from_slice(&out).unwrap()
}

#[test]
fn what_is_printed_is_the_message() {
    let printed = printed(&[]);
    assert_eq!(json::read::<Bootstrap>(&printed).unwrap(), envoy(&[]).message());
}

#[test]
fn the_options_are_in_it() {
    let printed = printed(&[
        "--node-id=pod-1",
        "--fleet=edge",
        "--zone=eu-1a",
        "--node-name=worker-1",
        "--server=[::1]:9000",
        "--sotw",
        "--admin-address=0.0.0.0:9902",
    ]);
    assert_eq!(
        printed["node"],
        json!({"id": "pod-1", "cluster": "edge", "locality": {"zone": "eu-1a", "sub_zone": "worker-1"}})
    );
    assert_eq!(printed["dynamic_resources"]["ads_config"]["api_type"], "GRPC");
    assert_eq!(printed["admin"]["address"]["socket_address"], json!({"address": "0.0.0.0", "port_value": 9902}));
    let endpoint = &printed["static_resources"]["clusters"][0]["load_assignment"]["endpoints"][0]["lb_endpoints"][0];
    assert_eq!(endpoint["endpoint"]["address"]["socket_address"], json!({"address": "::1", "port_value": 9000}));
}

/// Envoy's `[::]` takes IPv6 only, unless it is told.
#[test]
fn an_admin_interface_everywhere_takes_both_families() {
    let admin = |address: &str| {
        printed(&[&format!("--admin-address={address}")])["admin"]["address"]["socket_address"]["ipv4_compat"].clone()
    };
    assert_eq!(admin("[::]:9901"), true);
    assert_eq!(["0.0.0.0:9901", "[::1]:9901", "127.0.0.1:9901"].map(admin), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn the_last_variant_counts() {
    let api_type = |arguments: &[&str]| printed(arguments)["dynamic_resources"]["ads_config"]["api_type"].clone();
    assert_eq!(api_type(&[]), "DELTA_GRPC");
    assert_eq!(api_type(&["--delta"]), "DELTA_GRPC");
    assert_eq!(api_type(&["--sotw"]), "GRPC");
    assert_eq!(api_type(&["--sotw", "--delta"]), "DELTA_GRPC");
}

/// The ready files say, with comments, what the command prints without them.
#[test]
fn the_ready_files_mean_the_same() {
    let in_cluster = ["--server=chancery.chancery:18000", "--fleet=edge"];
    let ready: [(&str, &[&str]); 3] = [
        (include_str!("../../../../envoy/ads-delta.yaml"), &["--delta"]),
        (include_str!("../../../../envoy/ads-sotw.yaml"), &["--sotw"]),
        (include_str!("../../../../manifests/examples/bootstrap.yaml"), &in_cluster),
    ];
    for (text, arguments) in ready {
        let file: Value = serde_saphyr::from_str(text).unwrap();
        assert_eq!(file, printed(arguments), "{arguments:?}");
    }
}

/// The example for people with listeners of their own takes clusters and endpoints from us and nothing else.
#[test]
fn the_example_with_own_listeners_has_no_misspelling() {
    let text = include_str!("../../../../envoy/cds-eds.yaml");
    let file: Value = serde_saphyr::from_str(text).unwrap();
    let bootstrap: Bootstrap = json::read(&file).unwrap();
    let dynamic = bootstrap.dynamic_resources.unwrap();
    assert!(dynamic.lds_config.is_none());
    let ours = envoy(&[]).message();
    let expected = ours.dynamic_resources.unwrap();
    assert_eq!((dynamic.ads_config, dynamic.cds_config), (expected.ads_config, expected.cds_config));
    let own = bootstrap.static_resources.unwrap();
    assert_eq!(own.listeners.len(), 1);
    assert_eq!(own.clusters, ours.static_resources.unwrap().clusters);
}
