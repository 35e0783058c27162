//! An Envoy under load, its servers, and the cluster that they serve.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use chancery::app::render_options;
use chancery::pipeline::offline;
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::{ResourceType, Snapshot};
use rig::PATIENCE;
use rig::addresses::{POD_PORT, PodAddresses, free_address};
use rig::deployment::{Deployment, Workload as _};
use rig::envoy::{Proxy, Variant};
use rig::load::{Load, Plan};
use rig::manifests::{Condition, Listed, Manifests, Service, file, replace};
use rig::pod::Pod;
use tempfile::TempDir;

use super::own;
use super::replicas::Replicas;
use crate::matrix::Combination;
use rig::envoy::configuration::{Configuration, Gone, until_configured};

/// A Service with one pod that may have the host `moving.test`. One of the two has it; the other need not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// The one that has it at first.
    Blue,
    /// The other one.
    Green,
}

/// What becomes of the Service that a host moves away from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It goes at the same moment.
    Goes,
    /// It stays, without the host.
    Stays,
}

/// All of it. What is above ends first.
pub struct Scene {
    /// The version and the variant, for messages.
    pub what: String,
    began: Instant,
    version: &'static str,
    variant: Variant,
    loads: Vec<(Plan, Load)>,
    proxy: Proxy,
    /// The servers.
    pub replicas: Replicas,
    /// The steady Service, whose pods come and go.
    pub cart: Deployment<Pod>,
    colors: Vec<Pod>,
    /// Held, lest somebody else takes them.
    _addresses: PodAddresses,
    listener: SocketAddr,
    manifests: PathBuf,
    _directory: TempDir,
}

impl Scene {
    /// Starts it: `shop/cart` with two pods, `shop/blue` with one, two servers, Envoy and the load.
    pub async fn start(combination: &Combination) -> Self {
        let began = Instant::now();
        let directory = tempfile::tempdir().unwrap();
        let files = directory.path().to_owned();
        let written = Manifests::create(&files, Service::shop("cart", &[])).unwrap();
        let mut cart = Deployment::new("cart", (), written).unwrap();
        for _ in 0..2 {
            let pod = cart.start_pod().await.unwrap();
            cart.list(&pod, Condition::Ready).unwrap();
        }
        let mut addresses = PodAddresses::lease().unwrap();
        let mut colors = Vec::new();
        for color in [Color::Blue, Color::Green] {
            colors.push(Pod::start(color.pod(), addresses.take().unwrap()).await);
        }

        let (listener, routes_at, cluster_at, admin) = (free_address(), free_address(), free_address(), free_address());
        write_host(&files, Color::Blue, Left::Goes, &colors);
        let replicas = Replicas::start_all(&files, listener).await;
        let variant = combination.variant;
        let mut bootstrap = variant.bootstrap("churn", &replicas.addresses(), admin);
        own::add(&mut bootstrap, &expected(&files, listener), variant, routes_at, cluster_at);
        let mut proxy = combination.start(&bootstrap, admin);
        for name in ["http", "own-routes", "own-cluster"] {
            proxy.ready(name).await;
        }

        let mut loads = Vec::new();
        let callers = [
            (listener, "cart.shop:50051", 40),
            (routes_at, "moving.test", 100),
            (cluster_at, "cart.shop:50051", 20),
            (listener, "moving.test", 40),
        ];
        for (envoy, authority, rate) in callers {
            let plan = Plan { envoy, authority: authority.to_owned(), connections: 2, workers: 4, rate };
            let load = Load::start(&plan).await.unwrap();
            loads.push((plan, load));
        }
        let (what, version) = (combination.to_string(), combination.version);
        Self {
            what,
            began,
            version,
            variant,
            loads,
            proxy,
            replicas,
            cart,
            colors,
            _addresses: addresses,
            listener,
            manifests: files,
            _directory: directory,
        }
    }

    /// Writes the Service `shop/<name>` with these annotations, and with endpoints that nobody calls.
    pub fn other(&self, name: &str, annotations: &[(&str, &str)], endpoints: &[u8]) {
        let manifests = Manifests::create(&self.manifests, Service::shop(name, annotations)).unwrap();
        let address = |number| SocketAddr::from((Ipv4Addr::new(10, 0, 0, number), POD_PORT));
        let listed = endpoints.iter().map(|number| Listed::ready(&format!("{name}-{number}"), address(*number)));
        manifests.list(&listed.collect::<Vec<_>>()).unwrap();
    }

    /// Removes such a Service and its EndpointSlice.
    pub fn remove_other(&self, name: &str) {
        for file in [format!("{name}.yaml"), format!("{name}-endpoints-1.yaml")] {
            std::fs::remove_file(self.manifests.join(file)).unwrap();
        }
    }

    /// Makes the host `moving.test` that of this Service, which need not be there before, and says what becomes of the
    /// other one, both at once. Returns the moment before.
    pub fn move_host(&self, to: Color, other: Left) -> Instant {
        let now = Instant::now();
        write_host(&self.manifests, to, other, &self.colors);
        now
    }

    /// Ends a pod that drains, and takes it out of the slices when it is gone.
    pub async fn end_pod(&mut self, pod: &str) {
        self.cart.drain(pod, PATIENCE).await.unwrap();
        self.cart.unlist(pod).unwrap();
    }

    /// Returns when this pod has answered every kind of caller of this authority.
    pub async fn answers(&self, authority: &str, pod: &str, since: Instant) {
        for (_, load) in self.loads.iter().filter(|(plan, _)| plan.authority == authority) {
            if let Err(error) = load.journal().until_answered(pod, since, PATIENCE).await {
                panic!("{}: {error}; servers:\n{}", self.what, self.replicas.logs());
            }
        }
    }

    /// Returns when Envoy holds what the manifests say; with separate streams clusters that are gone may linger. No request
    /// failed so far.
    pub async fn settled(&self, after: &str) {
        self.until(after, if self.is_separate() { Gone::Later } else { Gone::Now }).await;
    }

    /// The same, and nothing lingers.
    pub async fn holds_nothing_else(&self, after: &str) {
        self.until(after, Gone::Now).await;
    }

    async fn until(&self, after: &str, gone: Gone) {
        let goal = Configuration::of_snapshot(&expected(&self.manifests, self.listener), self.version);
        let what = format!("{}, after {after}", self.what);
        until_configured(&self.proxy, &what, &goal, gone).await;
        self.nothing_failed(after).await;
    }

    /// Whether Envoy is told only what changed.
    pub const fn is_incremental(&self) -> bool {
        self.variant.is_delta()
    }

    /// Whether clusters, routes and so on come on streams of their own.
    pub const fn is_separate(&self) -> bool {
        self.variant.is_separate()
    }

    /// How often Envoy took something for each of the clusters that the manifests know, and for what is its owner's,
    /// whether or not it was new.
    pub async fn taken(&self) -> BTreeMap<String, u64> {
        let snapshot = expected(&self.manifests, self.listener);
        let clusters: Vec<_> = snapshot.get(ResourceType::Cluster).iter().map(|cluster| cluster.name()).collect();
        let is_known = |stat: &str| stat.contains("own-") || clusters.iter().any(|name| stat.contains(&***name));
        let stats = self.proxy.envoy.stats().await.unwrap();
        let known = stats.ending_in(".update_success").filter(|(stat, _)| is_known(stat));
        known.map(|(stat, value)| (stat.to_owned(), value)).collect()
    }

    /// Returns when Envoy holds exactly what the manifests say, and stops the load. None of its requests failed.
    pub async fn end(mut self) {
        self.holds_nothing_else("all of it").await;
        for (plan, load) in std::mem::take(&mut self.loads) {
            let record = load.stop().await;
            assert_eq!(record.failed(), 0, "{}: {plan:?}", self.what);
            let enough = u64::from(plan.rate);
            assert!(record.answered() > enough, "{}: only {} requests: {plan:?}", self.what, record.answered());
        }
    }

    async fn nothing_failed(&self, after: &str) {
        for (plan, load) in &self.loads {
            let failures: BTreeSet<String> = load.journal().record().failures(self.began).map(str::to_owned).collect();
            if failures.is_empty() {
                continue;
            }
            let failed = load.journal().record().failed();
            let stats = self.proxy.envoy.stats().await.unwrap();
            let why = [".no_cluster", ".no_route", ".upstream_cx_connect_fail", ".upstream_cx_none_healthy"];
            let why = why.iter().flat_map(|end| stats.ending_in(end)).filter(|(_, count)| *count > 0);
            let why: Vec<_> = why.collect();
            panic!("{}, after {after}: {failed} requests failed: {plan:?} {failures:?} {why:?}", self.what);
        }
    }
}

impl Color {
    /// The name of its pod.
    pub const fn pod(self) -> &'static str {
        match self {
            Self::Blue => "blue-1",
            Self::Green => "green-1",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
        }
    }
}

/// All objects in one file, so that everything happens at once.
fn write_host(files: &Path, to: Color, other: Left, pods: &[Pod]) {
    let mut documents = Vec::new();
    for color in [Color::Blue, Color::Green] {
        let annotations: &[_] = match other {
            _ if color == to => &[("hosts", "moving.test")],
            Left::Stays => &[],
            Left::Goes => continue,
        };
        let service = Service::shop(color.name(), annotations);
        let pods = pods.iter().filter(|pod| pod.name() == color.pod());
        let listed: Vec<_> = pods.map(|pod| Listed::ready(pod.name(), pod.address())).collect();
        documents.push(service.manifest());
        documents.extend(service.slices(&listed));
    }
    replace(&files.join("moving.yaml"), &file(documents)).unwrap();
}

/// What the manifests say that the Envoy should hold.
fn expected(files: &Path, listener: SocketAddr) -> Arc<Snapshot> {
    let loaded =
        manifests::load(&[files.to_owned()], Conversion { allow_loopback_endpoints: true, ..Conversion::default() })
            .unwrap();
    let offline = offline(loaded.events, render_options("cluster.local", listener, []));
    assert_eq!(offline.rejected, []);
    offline.world.everyone
}
