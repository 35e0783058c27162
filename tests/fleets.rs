//! A real Envoy: what people configure beside Chancery works, and its fleet and its zone count. (What Chancery says, every
//! version takes: `tests/envoy_versions`.)

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use chancery::app::config::{EnvoyAddress, FleetLayer};
use chancery::app::render_options;
use chancery::pipeline::offline;
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::{Snapshot, World};
use data_plane_api::echo::client::EchoClient;
use rig::addresses::{POD_PORT, PodAddresses, free_address};
use rig::control_plane::ControlPlane;
use rig::envoy::{Proxy, Stats};
use rig::load::{call, dial};
use rig::pod::Pod;
use rig::{programs, soon};
use serde_json::Value;

/// The bootstrap for people who keep their own listeners and routes, as it stands in `envoy/` but for the ports.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envoy_with_its_own_routes_takes_clusters_and_endpoints() {
    let mut control_plane = ControlPlane::start().await;
    let input = PathBuf::from("tests/golden/settings/retries/in.yaml");
    let loaded = manifests::load(std::slice::from_ref(&input), Conversion::default()).unwrap();
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
    let loaded = manifests::load(std::slice::from_ref(&input), Conversion::default()).unwrap();
    control_plane.world = offline(loaded.events, render_options("cluster.local", free_address(), fleets)).world;
    control_plane.everyone = Snapshot::clone(&control_plane.world.everyone);
    control_plane.publish();
    let mut proxy = Proxy::start(control_plane.address, "edge", true);
    proxy.ready("edge").await;
    let taken = |stats: &Stats| stats.get("http.edge.rds.edge.update_success") > 0;
    proxy.until_stats("the routes", taken).await;
    proxy.rejected_nothing().await;
    let dump = proxy.envoy.config_dump().await.unwrap();
    let dumped = |key| all(&dump, key).to_string();
    assert!(dumped("address").contains(&format!("\"port_value\":{}", listener.port())));
    assert!(dumped("xff_num_trusted_hops").contains('1'));
    assert!(dumped("max_connection_duration").contains("1800s"));
    assert!(dumped("access_log").contains("%UPSTREAM_HOST%"));
}

/// Two Envoys in two zones, one snapshot.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_stay_in_the_zone_while_it_has_pods() {
    const SERVING: &str = "ready: true";
    const DRAINING: &str = "ready: false, serving: true, terminating: true";
    let mut addresses = PodAddresses::lease().unwrap();
    let mut pods = BTreeMap::new();
    for name in ["a-1", "a-2", "b-1"] {
        pods.insert(name, Pod::start(name, addresses.take().unwrap()).await);
    }
    let listeners = BTreeMap::from(["a", "b"].map(|fleet| (fleet.to_owned(), free_address())));
    let mut control_plane = ControlPlane::start().await;
    let mut publish = |conditions: &[(&str, &str)]| {
        let listed: Vec<_> =
            conditions.iter().map(|(pod, conditions)| (*pod, pods[pod].address().ip(), *conditions)).collect();
        control_plane.world = near(&listed, &listeners);
        control_plane.publish();
        control_plane.address
    };

    let xds = publish(&[("a-1", SERVING), ("a-2", SERVING), ("b-1", SERVING)]);
    let mut envoys = Vec::new();
    for (zone, delta) in [("a", true), ("b", false)] {
        let mut proxy = Proxy::start_in(Some(zone), xds, zone, delta);
        proxy.ready("http").await;
        proxy.until_hosts("shop/cart/50051", "HEALTHY", 3).await;
        envoys.push(proxy);
    }
    let [in_a, in_b] = ["a", "b"].map(|fleet| Caller { envoy: listeners[fleet] });
    assert_eq!(in_a.answers().await, ["a-1", "a-2"]);
    assert_eq!(in_b.answers().await, ["b-1"]);

    publish(&[("a-1", SERVING), ("a-2", DRAINING), ("b-1", SERVING)]);
    in_a.until_answers("one pod of the zone is left", &["a-1"]).await;
    assert_eq!(in_b.answers().await, ["b-1"]);
    publish(&[("a-1", DRAINING), ("a-2", DRAINING), ("b-1", SERVING)]);
    in_a.until_answers("no pod of the zone takes requests", &["b-1"]).await;
    publish(&[("b-1", SERVING)]);
    envoys[0].until_hosts("shop/cart/50051", "HEALTHY", 1).await;
    assert_eq!(in_a.answers().await, ["b-1"]);
    publish(&[("a-2", SERVING), ("b-1", SERVING)]);
    in_a.until_answers("the zone has a pod again", &["a-2"]).await;
    for proxy in &envoys {
        proxy.rejected_nothing().await;
    }
}

/// Whoever calls through one Envoy.
struct Caller {
    envoy: SocketAddr,
}

impl Caller {
    /// The pods that answer.
    async fn answers(&self) -> Vec<String> {
        let mut client = EchoClient::new(dial(self.envoy, "cart.shop:50051").await.unwrap());
        let mut pods = BTreeSet::new();
        for _ in 0..20 {
            pods.insert(call(&mut client, "hello").await.unwrap().to_string());
        }
        pods.into_iter().collect()
    }

    async fn until_answers(&self, why: &str, pods: &[&str]) {
        soon(why, async { while self.answers().await != pods {} }).await;
    }
}

/// A Service that prefers the zone, with pods whose zone is the first letter of their name, for two fleets that listen
/// here.
fn near(pods: &[(&str, IpAddr, &str)], listeners: &BTreeMap<String, SocketAddr>) -> World {
    let mut manifests = format!(
        r#"
apiVersion: v1
kind: Service
metadata: {{namespace: shop, name: cart, annotations: {{chancery.dev/enabled: "true"}}}}
spec: {{ports: [{{name: grpc, port: 50051}}], trafficDistribution: PreferSameZone}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{namespace: shop, name: cart-a, labels: {{kubernetes.io/service-name: cart}}}}
addressType: IPv4
ports: [{{name: grpc, port: {POD_PORT}}}]
endpoints:
"#
    );
    for (name, address, conditions) in pods {
        let zone = &name[..1];
        writeln!(manifests, "- {{addresses: [\"{address}\"], conditions: {{{conditions}}}, zone: {zone}}}").unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cart.yaml");
    fs::write(&file, manifests).unwrap();
    let loaded =
        manifests::load(&[file], Conversion { allow_loopback_endpoints: true, ..Conversion::default() }).unwrap();
    let fleet = |(name, address): (&String, &SocketAddr)| {
        (name.clone(), FleetLayer { listener: Some(EnvoyAddress(*address)), ..FleetLayer::default() })
    };
    let options = render_options("cluster.local", free_address(), listeners.iter().map(fleet));
    let world = offline(loaded.events, options).world;
    assert_eq!(world.fleets.len(), listeners.len());
    world
}

/// Every bootstrap that we ship is one that Envoy takes.
#[test]
fn every_bootstrap_is_valid() {
    let mut files: Vec<PathBuf> = fs::read_dir("envoy").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.push("manifests/examples/bootstrap.yaml".into());
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let envoy = programs::envoy().path;
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
