//! The main job on a real Kubernetes API, told as a story: from RBAC to the outage of the API server.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chancery::xds::ResourceType;
use data_plane_api::echo::client::EchoClient;
use rig::addresses::{POD_PORT, free_address};
use rig::cluster::Cluster;
use rig::deployment::Workload;
use rig::envoy::Proxy;
use rig::load::{self, Load, Plan, Record};
use rig::manifests::{Condition, Listed, Service, file};
use rig::network::{self, pod_address};
use rig::pod::Pod;
use rig::serve::Serve;
use rig::{PATIENCE, ads, soon};
use serde_json::{Value, json};
use tonic::Code;

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");
const MANIFESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests");
const CART: &str = "shop/cart/50051";

/// The Service `shop/<name>`, opted in, which repeats on another pod what a pod refused or lost: the pods of this test
/// end for good, and Envoy may have a request under way to one of them.
fn service(name: &str) -> Service {
    Service::shop(name, &[("retry-on", "connect-failure,refused-stream,unavailable,reset")])
}

/// Pods with the EndpointSlices that list them, written to the API.
struct Cart<'a> {
    cluster: &'a Cluster,
    started: u16,
    listed: Vec<Listed>,
}

impl<'a> Cart<'a> {
    fn new(cluster: &'a Cluster) -> Self {
        Self { cluster, started: 0, listed: Vec::new() }
    }

    async fn start_pod(&mut self) -> Pod {
        self.started += 1;
        let address = SocketAddr::new(pod_address(self.started).into(), POD_PORT);
        Pod::start(&format!("cart-{}", self.started), address).await
    }

    /// Says this of a pod in the slices; `None` takes it out.
    async fn list(&mut self, pod: &Pod, condition: Option<Condition>) {
        self.listed.retain(|listed| listed.pod != pod.name());
        if let Some(condition) = condition {
            self.listed.push(Listed { condition, ..Listed::ready(pod.name(), pod.address()) });
        }
        apply_slices(self.cluster, &service("cart"), &self.listed).await;
    }
}

async fn apply_slices(cluster: &Cluster, service: &Service, pods: &[Listed]) {
    cluster.apply(&file(service.slices(pods))).await;
}

async fn apply_service(cluster: &Cluster, service: &Service) {
    cluster.apply(&service.manifest()).await;
}

/// One call through Envoy.
async fn call(envoy: SocketAddr) -> load::Outcome {
    let channel = load::dial(envoy, "cart.shop:50051").await.unwrap();
    load::call(&mut EchoClient::new(channel), "hello").await
}

fn lost_nothing(record: &Record, since: Instant) {
    let failures: Vec<_> = record.failures(since).take(5).collect();
    let count = record.since(since).len();
    assert!(failures.is_empty(), "of {count} requests failed: {failures:?}");
    assert!(count > 500, "only {count} requests");
}

#[test]
fn from_rbac_to_an_outage() {
    network::isolated("from_rbac_to_an_outage", story());
}

async fn story() {
    let mut cluster = Cluster::start().await;

    // Without rights nothing is served, and the log says which right is missing.
    let listener = free_address();
    let serve = Serve::start(
        CHANCERY,
        &["--kubeconfig", cluster.chancery_kubeconfig().to_str().unwrap(), "--envoy-listener", &listener.to_string()],
    );
    serve.logged("forbidden").await;
    assert_eq!(ads::delta(serve.xds).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(serve.get("/readyz").await.unwrap().0, 503);
    assert_eq!(serve.get("/livez").await.unwrap().0, 200);

    // With the rights of manifests/, and no others, it becomes ready by itself.
    cluster.kubectl(&["apply", "-k", MANIFESTS]).await;
    serve.ready().await;
    let nodes = ["auth", "can-i", "list", "secrets", "--as", "system:serviceaccount:chancery:chancery", "-A"];
    assert!(!cluster.kubectl_says(&nodes).await.contains("yes"), "it may read secrets");

    // A Service that opts in is served; one that doesn't isn't.
    cluster.kubectl(&["create", "namespace", "shop"]).await;
    let mut cart = Cart::new(&cluster);
    apply_service(&cluster, &service("cart")).await;
    apply_service(&cluster, &Service { annotations: BTreeMap::new(), ..service("other") }).await;
    let mut pods = Vec::new();
    for _ in 0..3 {
        let pod = cart.start_pod().await;
        cart.list(&pod, Some(Condition::Ready)).await;
        pods.push(pod);
    }
    let mut proxy = Proxy::start(serve.xds, "edge", true);
    proxy.ready("http").await;
    proxy.until_hosts(CART, "HEALTHY", 3).await;
    assert!(proxy.envoy.hosts("shop/other/50051").await.unwrap().is_empty());
    call(listener).await.unwrap();

    // All slices of a Service are one assignment.
    let many: Vec<Listed> =
        (0..1000_u16).map(|n| Listed::ready(&format!("many-{n}"), (pod_address(1000 + n), POD_PORT).into())).collect();
    apply_service(&cluster, &service("many")).await;
    assert_eq!(service("many").slices(&many).len(), 10);
    apply_slices(&cluster, &service("many"), &many).await;
    proxy.until_hosts("shop/many/50051", "HEALTHY", 1000).await;

    // Each pod is replaced under load: the new one ready, the old one draining, then gone. No request is lost.
    let plan = Plan { envoy: listener, authority: "cart.shop:50051".to_owned(), connections: 4, workers: 8, rate: 500 };
    let load_began = Instant::now();
    let load = Load::start(&plan).await.unwrap();
    for pod in &mut pods {
        let fresh = cart.start_pod().await;
        let began = Instant::now();
        cart.list(&fresh, Some(Condition::Ready)).await;
        load.journal().until_answered(fresh.name(), began, PATIENCE).await.unwrap();
        let began = Instant::now();
        cart.list(pod, Some(Condition::Terminating)).await;
        load.journal().until_quiet(pod.name(), began, PATIENCE).await.unwrap();
        cart.list(pod, None).await;
        Workload::drain(std::mem::replace(pod, fresh), PATIENCE).await.unwrap();
    }
    proxy.until_hosts(CART, "HEALTHY", 3).await;

    // The API server is gone for 20 s: nothing is pushed, nothing is lost, and it shows.
    let pushed = responses_sent(&serve).await;
    let began = Instant::now();
    drop(cart);
    cluster.kill_api().await;
    serve.logged("out of touch").await;
    soon("staleness to show", async {
        while metric(&serve, "chancery_source_staleness_seconds").await < 5.0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
    assert_eq!(serve.get("/readyz").await.unwrap().0, 200);
    // The length of the outage is what is tested here.
    tokio::time::sleep(Duration::from_secs(20).saturating_sub(began.elapsed())).await;
    assert!((responses_sent(&serve).await - pushed).abs() < 0.5, "something was pushed during the outage");
    proxy.until_hosts(CART, "HEALTHY", 3).await;

    // It returns, and what changed meanwhile arrives.
    cluster.start_api().await;
    let returned = Instant::now();
    apply_slices(&cluster, &service("many"), &many[..10]).await;
    for slice in 2..=10 {
        cluster.kubectl(&["delete", "endpointslice", "-n", "shop", &format!("many-{slice}")]).await;
    }
    proxy.until_hosts("shop/many/50051", "HEALTHY", 10).await;
    println!("{:?} after the API server was back, all that changed was there", returned.elapsed());
    serve.logged("in touch again").await;
    lost_nothing(&load.stop().await, load_began);

    // Opting out, deleting the Service and deleting the Namespace each take it away, from the routes first.
    cluster.kubectl(&["annotate", "service", "-n", "shop", "cart", "chancery.dev/enabled-"]).await;
    until_gone(&proxy, CART).await;
    assert!(call(listener).await.unwrap_err().contains("Unimplemented"), "a route is left (gRPC's word for 404)");
    cluster.kubectl(&["annotate", "service", "-n", "shop", "cart", "chancery.dev/enabled=true"]).await;
    proxy.until_hosts(CART, "HEALTHY", 3).await;
    cluster.kubectl(&["delete", "service", "-n", "shop", "cart"]).await;
    until_gone(&proxy, CART).await;
    cluster.delete_namespace("shop").await;
    until_gone(&proxy, "shop/many/50051").await;
    proxy.rejected_nothing().await;

    late_start(&mut cluster).await;
}

/// Another replica, and what the examples need.
async fn late_start(cluster: &mut Cluster) {
    // A start while the API server is down: clients are refused until it is back, never served an empty world.
    cluster.kill_api().await;
    let late = Serve::for_cluster(CHANCERY, &cluster.chancery_kubeconfig());
    late.logged("out of touch").await;
    assert_eq!(ads::delta(late.xds).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(late.get("/readyz").await.unwrap().0, 503);
    cluster.start_api().await;
    late.ready().await;
    ads::delta(late.xds).await.unwrap();

    // The examples apply, and their Service reaches the fleet that it names, and no other.
    cluster.kubectl(&["apply", "-k", &format!("{MANIFESTS}/examples")]).await;
    grpc_client_has_its_bootstrap(cluster).await;
    let mut edge = Proxy::start(late.xds, "edge", false);
    edge.ready("http").await;
    soon("the example's cluster", async {
        while !edge.envoy.clusters().await.unwrap().to_string().contains(CART) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let mut other = ads::delta(late.xds).await.unwrap();
    other.ask(Some(ads::envoy("other", "other")), ResourceType::Cluster, &[]).await;
    assert!(other.next().await.resources.is_empty());
    edge.rejected_nothing().await;
}

/// The gRPC client of the examples has the bootstrap where Kubernetes puts in what it refers to, which is defined before it.
async fn grpc_client_has_its_bootstrap(cluster: &Cluster) {
    let frontend = cluster.kubectl(&["get", "deployment", "frontend", "-n", "shop", "-o", "json"]).await;
    let frontend: Value = serde_json::from_str(&frontend).unwrap();
    let env = frontend["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
    let (bootstrap, before) = env.split_last().unwrap();
    let text = include_str!("../manifests/examples/grpc-bootstrap.json");
    assert_eq!(*bootstrap, json!({"name": "GRPC_XDS_BOOTSTRAP_CONFIG", "value": text}));
    let defined: BTreeSet<&str> = before.iter().map(|variable| variable["name"].as_str().unwrap()).collect();
    let referred: BTreeSet<&str> = text.split("$(").skip(1).map(|rest| rest.split_once(')').unwrap().0).collect();
    assert_eq!(defined, referred);
}

async fn until_gone(proxy: &Proxy, cluster: &str) {
    soon(&format!("{cluster} to go"), async {
        while proxy.envoy.clusters().await.unwrap().to_string().contains(cluster) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// How many responses were sent so far, of all types to all clients.
async fn responses_sent(serve: &Serve) -> f64 {
    metric(serve, "chancery_xds_responses_total").await
}

/// The sum of a metric over its labels.
async fn metric(serve: &Serve, name: &str) -> f64 {
    let (_, text) = serve.get("/metrics").await.unwrap();
    let lines = text.lines().filter(|line| line.starts_with(name));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}
