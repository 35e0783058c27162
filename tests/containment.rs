//! A mistake in one Service never harms another, and Envoy accepts whatever is served.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::BTreeMap;
use std::net::SocketAddr;

use chancery::app::render_options;
use chancery::model::settings::{PREFIX, Setting};
use chancery::pipeline::{Offline, offline};
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::{ResourceType, Snapshot, World, resource_to_json};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rig::addresses::free_address;
use rig::control_plane::ControlPlane;
use rig::envoy::Proxy;
use rig::envoy::configuration::{Configuration, Gone, until_configured};
use rig::programs;
use serde_json::{Value, json};

/// Texts that some keys take and others don't.
const TEXTS: [&str; 40] = [
    "",
    "0",
    "1",
    "2",
    "3",
    "0.5",
    "100",
    "101",
    "1024",
    "65537",
    "8388608",
    "8388609",
    "4294967294",
    "4294967295",
    "4294967296",
    "-1",
    "1ms",
    "1s",
    "30s",
    "8760h",
    "9000h",
    "0s",
    "off",
    "on",
    "true",
    "false",
    "none",
    "unlimited",
    "grpc",
    "http1",
    "auto",
    "maglev",
    "ring-hash",
    "weighted-round-robin",
    "http:/x",
    "tcp",
    "source-ip",
    "shop.v1.Cart",
    "\u{1F980}",
    "{}",
];

/// Services as they should be, in the words of their owners.
const OTHERS: [(&str, &[(&str, &str)]); 4] = [
    ("plain", &[]),
    ("hosted", &[("hosts", "shop.example.com"), ("retry-on", "unavailable")]),
    ("shared", &[("hosts", "api.example.com"), ("routes", "shop.v1.Shared")]),
    ("hashed", &[("lb-policy", "maglev"), ("hash-on", "header:x-user"), ("outlier-detection", "on")]),
];

/// What Envoy would refuse, if it were rendered as it is said. Chance alone seldom comes upon these.
const REFUSED: [&[(&str, &str)]; 8] = [
    &[
        ("lb-policy", "ring-hash"),
        ("hash-on", "source-ip"),
        ("ring-hash-min-size", "4096"),
        ("ring-hash-max-size", "16"),
    ],
    &[("lb-policy", "ring-hash"), ("hash-on", "source-ip"), ("ring-hash-max-size", "16")],
    &[("lb-policy", "maglev"), ("hash-on", "source-ip"), ("maglev-table-size", "65536")],
    &[("lb-policy", "maglev"), ("hash-on", "source-ip"), ("maglev-table-size", "5000017")],
    &[("outlier-base-ejection-time", "10m"), ("outlier-max-ejection-time", "5m")],
    &[("protocol", "http1"), ("health-check", "grpc")],
    &[("retry-backoff", "2s,1s")],
    &[("lb-policy", "least-request"), ("least-request-choice-count", "1")],
];

/// How many wild Services an Envoy gets at a time, and how often.
const WILD: usize = 30;
const ROUNDS: usize = 12;

/// Annotations, by their names after the prefix: settings and others, for all ports and for one, good values and bad ones.
fn annotations() -> impl Strategy<Value = BTreeMap<String, String>> {
    let settings: Vec<&'static Setting> = Setting::all().collect();
    let one = select(settings).prop_flat_map(|setting| {
        let name = prop_oneof![
            8 => Just(setting.key.to_owned()),
            1 => Just(format!("{}.grpc", setting.key)),
            1 => Just(format!("{}.1", setting.key)),
            1 => Just(format!("x-{}", setting.key)),
        ];
        // The words and bounds of what it accepts are in there.
        let accepts = setting.accepts();
        let words: Vec<String> = accepts.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let text = prop_oneof![
            4 => Just(setting.example.to_owned()),
            1 => Just(setting.default.to_owned()),
            4 => select(words),
            3 => select(&TEXTS[..]).prop_map(str::to_owned),
            1 => any::<String>(),
        ];
        (name, text)
    });
    vec(one, 0..12).prop_map(|all| all.into_iter().collect())
}

fn service(name: &str, created: &str, annotations: &BTreeMap<String, String>) -> Value {
    let prefixed: BTreeMap<String, &String> =
        annotations.iter().map(|(name, text)| (format!("{PREFIX}{name}"), text)).collect();
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {
            "namespace": "shop", "name": name, "annotations": prefixed, "creationTimestamp": created,
        },
        "spec": { "ports": [{ "name": "grpc", "port": 50051 }] },
    })
}

fn slice(service: &str, number: usize) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "namespace": "shop", "name": format!("{service}-1"), "labels": { "kubernetes.io/service-name": service },
        },
        "addressType": "IPv4", "ports": [{ "name": "grpc", "port": 50051 }],
        "endpoints": [{ "addresses": [format!("127.0.0.{}", number + 1)], "zone": "a" }],
    })
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().chain(&[("enabled", "true")]).map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
}

/// What clients get of the steady Services and of these wild ones, which are younger.
fn world(wild: &[BTreeMap<String, String>], listener: SocketAddr) -> World {
    let mut documents = Vec::new();
    for (number, (name, annotations)) in OTHERS.iter().enumerate() {
        documents.push(service(name, "2026-01-01T00:00:00Z", &pairs(annotations)));
        documents.push(slice(name, number));
    }
    for (number, annotations) in wild.iter().enumerate() {
        let name = format!("wild-{number}");
        let mut annotations = annotations.clone();
        annotations.entry("enabled".to_owned()).or_insert_with(|| "true".to_owned());
        documents.push(service(&name, "2026-02-01T00:00:00Z", &annotations));
        documents.push(slice(&name, number + OTHERS.len()));
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("all.yaml");
    let documents: Vec<String> = documents.iter().map(Value::to_string).collect();
    std::fs::write(&file, documents.join("\n---\n")).unwrap();
    let conversion = Conversion { allow_loopback_endpoints: true, ..Conversion::default() };
    let loaded = manifests::load(&[file], conversion).unwrap();
    let Offline { world, .. } = offline(loaded.events, render_options("cluster.local", listener, []));
    world
}

/// What of the world comes of the steady Services: their clusters and assignments, and every route to them. Virtual hosts are
/// apart that a wild Service has a route in, too.
fn of_others(world: &World) -> (BTreeMap<String, Value>, BTreeMap<String, Value>) {
    let is_wild = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("shop/wild-"));
    let (mut all, mut shared) = (BTreeMap::new(), BTreeMap::new());
    for resource_type in [ResourceType::Cluster, ResourceType::Endpoint, ResourceType::Listener] {
        for resource in world.everyone.get(resource_type).iter().filter(|one| !one.name().starts_with("shop/wild-")) {
            let what = format!("{} {}", resource_type.as_str(), resource.name());
            all.insert(what, json!([resource.version().to_string(), resource_to_json(resource).unwrap()]));
        }
    }
    for resource in world.everyone.get(ResourceType::Route).iter() {
        let configuration = resource_to_json(resource).unwrap();
        for host in configuration["virtual_hosts"].as_array().unwrap().iter().filter(|host| !is_wild(&host["name"])) {
            let mut host = host.clone();
            // Of a shared domain, a path that nobody had is anybody's.
            let routes = host["routes"].as_array_mut().unwrap();
            let count = routes.len();
            routes.retain(|route| !is_wild(&route["route"]["cluster"]));
            let into = if routes.len() == count { &mut all } else { &mut shared };
            if !routes.is_empty() {
                into.insert(format!("host {}", host["name"]), host);
            }
        }
    }
    (all, shared)
}

/// Where the routes of a virtual host lead.
fn clusters(host: &Value) -> Vec<&Value> {
    host["routes"].as_array().unwrap().iter().map(|route| &route["route"]["cluster"]).collect()
}

/// Fails if this wild Service changes what clients get of the others.
fn nothing_changes(wild: BTreeMap<String, String>) -> Result<(), TestCaseError> {
    let listener = "127.0.0.1:10000".parse().unwrap();
    let (before, _) = of_others(&world(&[], listener));
    let (mut after, shared) = of_others(&world(&[wild], listener));
    for (name, host) in shared {
        if before.contains_key(&name) {
            after.insert(name, host);
            continue;
        }
        // A more specific domain is new. Requests that the wild Service doesn't take there go where they went before.
        let mut covering = before.values().filter(|other| other["routes"].is_array());
        prop_assert!(covering.any(|other| clusters(other).ends_with(&clusters(&host))), "{host}");
    }
    prop_assert_eq!(after, before);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_one_service_says_nothing_changes_for_the_others(wild in annotations()) {
        nothing_changes(wild)?;
    }
}

/// Found by chance: a domain that is more specific than one of theirs leads on to them.
#[test]
fn a_more_specific_domain_changes_nothing_for_the_others() {
    let wild = pairs(&[("hosts", "shop.example.com:8080"), ("routes", "shop.v1.Cart, /shop.v1.Wishlist/")]);
    nothing_changes(wild).unwrap();
}

/// The same wild Services in every run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_services_say_envoy_accepts_it() {
    let mut runner = TestRunner::deterministic();
    let mut control_plane = ControlPlane::start().await;
    let listener = free_address();
    let version = programs::envoy().version;
    let mut proxy = Proxy::start(control_plane.address, "test", true);
    for round in 0..ROUNDS {
        let mut wild = vec(annotations(), WILD).new_tree(&mut runner).unwrap().current();
        wild.extend(REFUSED.map(pairs));
        let world = world(&wild, listener);
        control_plane.everyone = Snapshot::clone(&world.everyone);
        control_plane.world = world;
        control_plane.publish();
        proxy.ready("http").await;
        let goal = Configuration::of_snapshot(&control_plane.everyone, &format!("{}.{}", version.major, version.minor));
        until_configured(&proxy, &format!("round {round}: {wild:?}"), &goal, Gone::Now).await;
    }
    proxy.rejected_nothing().await;
}
