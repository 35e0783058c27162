//! Real Envoys: everything that the golden cases render is accepted, in delta and in the state of the world, and what
//! people configure beside it works.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chancery::app::render_options;
use chancery::pipeline::offline;
use chancery::source::lower::Lowering;
use chancery::source::manifests;
use chancery::xds::{ResourceType, Snapshot, resource_to_json};
use serde_json::Value;
use test_support::control_plane::ControlPlane;
use test_support::fleet::Proxy;
use test_support::process::free_address;
use test_support::soon;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_golden_world_is_accepted_in_delta() {
    every_golden_world_is_accepted(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_golden_world_is_accepted_in_the_state_of_the_world() {
    every_golden_world_is_accepted(false).await;
}

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

/// One Envoy goes through all worlds, one after the other, so that each is also a change of the one before.
async fn every_golden_world_is_accepted(delta: bool) {
    let mut control_plane = ControlPlane::start().await;
    let listener = free_address();
    let worlds = golden_worlds(listener);
    assert!(worlds.len() >= 15, "only {} golden worlds", worlds.len());
    let mut proxy = None;
    for (name, snapshot) in worlds {
        control_plane.everyone = Snapshot::clone(&snapshot);
        control_plane.publish();
        let proxy = proxy.get_or_insert_with(|| Proxy::start(control_plane.address, "golden", delta));
        proxy.ready("http").await;
        soon(&format!("{name} to be active in Envoy"), async {
            while !holds(&proxy.envoy.config_dump().await.unwrap_or_default(), &snapshot) {
                proxy.rejected_nothing().await;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
        proxy
            .until_stats(&format!("{name} to be warm"), |stats| stats.get("cluster_manager.warming_clusters") == 0)
            .await;
        proxy.rejected_nothing().await;
    }
}

/// The snapshots of all golden cases, those of named fleets too, by the name of the case.
fn golden_worlds(listener: SocketAddr) -> Vec<(String, Arc<Snapshot>)> {
    let mut worlds = Vec::new();
    for input in inputs(Path::new("tests/golden")) {
        let loaded =
            manifests::load(std::slice::from_ref(&input), Lowering { allow_loopback_endpoints: true }).unwrap();
        let world = offline(loaded.events, render_options("cluster.local", listener, [])).world;
        let case = input.parent().unwrap().display().to_string();
        worlds.extend(world.fleets.iter().map(|(fleet, snapshot)| (format!("{case} ({fleet})"), Arc::clone(snapshot))));
        worlds.push((case, world.everyone));
    }
    worlds
}

fn inputs(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let is_input = |path: &PathBuf| path.file_name().is_some_and(|name| name == "in.yaml");
    let (directories, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
    files.into_iter().filter(is_input).chain(directories.iter().flat_map(|path| inputs(path))).collect()
}

/// Whether Envoy's active configuration is this snapshot: its clusters, its listener, its virtual hosts and its endpoints.
fn holds(dump: &Value, snapshot: &Snapshot) -> bool {
    let json = |resource_type| {
        let resources = snapshot.get(resource_type).iter();
        resources.map(|resource| resource_to_json(resource).unwrap()).collect::<Value>()
    };
    let clusters: BTreeSet<String> =
        snapshot.get(ResourceType::Cluster).iter().map(|cluster| cluster.name().to_string()).collect();
    let addresses = found(&json(ResourceType::Endpoint), "address", &["socket_address", "address"]);
    let eds = all(dump, "dynamic_endpoint_configs");
    found(&all(dump, "dynamic_active_clusters"), "cluster", &["name"]) == clusters
        && found(&all(dump, "dynamic_route_configs"), "virtual_hosts", &["name"])
            == found(&json(ResourceType::Route), "virtual_hosts", &["name"])
        && found(&eds, "address", &["socket_address", "address"]) == addresses
        && found(&all(dump, "dynamic_listeners"), "active_state", &["listener", "name"]).len() == 1
}

/// Every value under this key, wherever it is.
fn all(value: &Value, key: &str) -> Value {
    let mut found = Vec::new();
    visit(value, key, &mut |value| found.push(value.clone()));
    Value::Array(found)
}

/// The texts at `path` in (the items of) every value under this key.
fn found(value: &Value, key: &str, path: &[&str]) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    visit(value, key, &mut |value| {
        let items = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for item in items {
            let text = path.iter().try_fold(&item, |value, key| value.get(key)).and_then(Value::as_str);
            texts.extend(text.map(str::to_owned));
        }
    });
    texts
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
