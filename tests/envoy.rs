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
