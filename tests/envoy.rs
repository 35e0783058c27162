//! A real Envoy: what people configure beside Chancery works. (What Chancery says is in `tests/envoys`.)

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::fs;
use std::path::PathBuf;

use chancery::app::render_options;
use chancery::pipeline::offline;
use chancery::source::lower::Lowering;
use chancery::source::manifests;
use chancery::xds::Snapshot;
use serde_json::Value;
use test_support::control_plane::ControlPlane;
use test_support::fleet::Proxy;
use test_support::process::free_address;
use test_support::soon;

/// The bootstrap for people who keep their own listeners and routes, as it stands in `envoy/` but for the ports.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envoy_with_its_own_routes_takes_clusters_and_endpoints() {
    let mut control_plane = ControlPlane::start().await;
    let input = PathBuf::from("tests/golden/settings/retries/in.yaml");
    let loaded = manifests::load(std::slice::from_ref(&input), Lowering::default()).unwrap();
    let world = offline(loaded.events, render_options("cluster.local", free_address(), [])).world;
    control_plane.everyone = Snapshot::clone(&world.everyone);
    control_plane.publish();
    let (admin, listener) = (free_address(), free_address());
    let ports = [("18000", control_plane.address), ("10000", listener), ("9901", admin)];
    let mut bootstrap = fs::read_to_string("envoy/cds-eds.yaml").unwrap();
    for (port, address) in ports {
        let (from, to) = (format!("port_value: {port}"), format!("port_value: {}", address.port()));
        assert!(bootstrap.contains(&from), "no {from}");
        bootstrap = bootstrap.replace(&from, &to);
    }
    let mut proxy = Proxy::start_with(&serde_saphyr::from_str(&bootstrap).unwrap(), admin);
    proxy.ready("own").await;
    soon("the clusters", async {
        while !proxy.envoy.clusters().await.unwrap().to_string().contains("shop/annotated/50051") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
    proxy.rejected_nothing().await;
    let dump = proxy.envoy.config_dump().await.unwrap();
    let annotated = all(&dump, "typed_extension_protocol_options").to_string();
    assert!(annotated.contains("unavailable"), "the annotated retry policy isn't in the cluster: {annotated}");
    assert!(all(&dump, "dynamic_listeners").as_array().is_some_and(Vec::is_empty), "Envoy asked for listeners");
}

/// What the configuration says of a fleet is what its Envoys do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envoy_of_a_configured_fleet_listens_as_it_says() {
    let mut control_plane = ControlPlane::start().await;
    let listener = free_address();
    let layer = format!(
        "{{listener: '{listener}', listener-name: edge, trusted-hops: 1, access-log: true, max-connection-duration: 30m}}"
    );
    let fleets = [("edge".to_owned(), serde_saphyr::from_str(&layer).unwrap())];
    let input = PathBuf::from("tests/golden/domains/shared-by-routes/in.yaml");
    let loaded = manifests::load(std::slice::from_ref(&input), Lowering::default()).unwrap();
    control_plane.world = offline(loaded.events, render_options("cluster.local", free_address(), fleets)).world;
    control_plane.everyone = Snapshot::clone(&control_plane.world.everyone);
    control_plane.publish();
    let mut proxy = Proxy::start(control_plane.address, "edge", true);
    proxy.ready("edge").await;
    let taken = |stats: &chancery::cli::demo::envoy::Stats| stats.get("http.edge.rds.edge.update_success") > 0;
    proxy.until_stats("the routes", taken).await;
    proxy.rejected_nothing().await;
    let dump = proxy.envoy.config_dump().await.unwrap();
    let dumped = |key| all(&dump, key).to_string();
    assert!(dumped("address").contains(&format!("\"port_value\":{}", listener.port())));
    assert!(dumped("xff_num_trusted_hops").contains('1'));
    assert!(dumped("max_connection_duration").contains("1800s"));
    assert!(dumped("access_log").contains("%UPSTREAM_HOST%"));
}

/// Every bootstrap that we ship is one that Envoy takes.
#[test]
fn every_bootstrap_is_valid() {
    let mut files: Vec<PathBuf> = fs::read_dir("envoy").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.push("manifests/examples/bootstrap.yaml".into());
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let envoy = test_support::fleet::program().path;
        let output = std::process::Command::new(envoy).args(["--mode", "validate", "-c"]).arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", file.display());
    }
}

/// Every value under this key, wherever it is.
fn all(value: &Value, key: &str) -> Value {
    let mut found = Vec::new();
    visit(value, key, &mut |value| found.push(value.clone()));
    Value::Array(found)
}

fn visit(value: &Value, key: &str, see: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == key {
                    see(value);
                }
                visit(value, key, see);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, key, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
