//! Services and pods, a control plane that renders them, and an Envoy that holds what it says.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use chancery::app::render_options;
use chancery::model::Reason;
use chancery::pipeline::{Offline, offline};
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::Snapshot;
use rig::addresses::{POD_PORT, PodAddresses};
use rig::control_plane::ControlPlane;
use rig::envoy::configuration::{Configuration, Gone, until_configured};
use rig::envoy::{Proxy, Stats};
use rig::manifests::{Condition, Listed, Services};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::caller::Caller;
use rig::pod::Pod;
use rig::programs;

/// How many scenes there are at a time: more Envoys on a small machine only wait for each other.
static ROOM: Semaphore = Semaphore::const_new(4);

/// Everything. All Services are of the namespace `shop`, listen on the port of pods, and opt in. What is above ends first.
pub struct Scene {
    /// The Envoy.
    pub proxy: Proxy,
    control_plane: ControlPlane,
    pods: BTreeMap<String, Pod>,
    services: Services,
    /// How many pods of each Service were started.
    started: BTreeMap<String, usize>,
    addresses: PodAddresses,
    listener: SocketAddr,
    version: String,
    fleet: String,
    manifests: PathBuf,
    _directory: TempDir,
    _room: SemaphorePermit<'static>,
}

impl Scene {
    /// The Service `cart` with so many pods, `cart-1` and on, all of them ready, and with these annotations, as Envoy has it.
    pub async fn of_cart(pods: usize, annotations: &[(&str, &str)]) -> Self {
        let mut scene = Self::start().await;
        scene.service("cart", annotations);
        scene.scale("cart", pods).await;
        scene.settled().await;
        scene
    }

    /// An Envoy without Services.
    pub async fn start() -> Self {
        Self::start_fleet("edge").await
    }

    /// An Envoy of this fleet without Services.
    pub async fn start_fleet(fleet: &str) -> Self {
        let room = ROOM.acquire().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let control_plane = ControlPlane::start().await;
        let proxy = Proxy::start(control_plane.address, fleet, true);
        let version = programs::envoy().version;
        let mut addresses = PodAddresses::lease().unwrap();
        let mut scene = Self {
            proxy,
            control_plane,
            pods: BTreeMap::new(),
            services: Services::default(),
            started: BTreeMap::new(),
            // Nobody else takes it, unlike a port of 127.0.0.1, from which others connect.
            listener: addresses.take().unwrap(),
            addresses,
            version: format!("{}.{}", version.major, version.minor),
            fleet: fleet.to_owned(),
            manifests: directory.path().join("manifests.yaml"),
            _directory: directory,
            _room: room,
        };
        scene.publish();
        scene.proxy.ready("http").await;
        scene
    }

    /// Adds a Service without pods, or gives it these annotations and no others. See [`Self::settled`].
    pub fn service(&mut self, service: &str, annotations: &[(&str, &str)]) {
        self.services.annotate(service, annotations);
        self.publish();
    }

    /// Gives the Service `cart` these annotations and no others, and returns when Envoy has it so.
    pub async fn annotate(&mut self, annotations: &[(&str, &str)]) {
        self.service("cart", annotations);
        self.settled().await;
    }

    /// Starts further pods of a Service until there were `count` of them in all, and lists all of these as ready.
    pub async fn scale(&mut self, service: &str, count: usize) {
        while self.started.get(service).copied().unwrap_or_default() < count {
            let pod = self.start_pod(service).await;
            self.list(service, &pod, Some(Condition::Ready));
        }
    }

    /// Starts a pod, `<service>-<n>`, that isn't listed yet.
    pub async fn start_pod(&mut self, service: &str) -> String {
        let started = self.started.entry(service.to_owned()).or_default();
        *started += 1;
        let name = format!("{service}-{started}");
        let pod = Pod::start(&name, self.addresses.take().unwrap()).await;
        self.pods.insert(name.clone(), pod);
        name
    }

    /// An address of which no pod is, for a server of another kind. See [`Self::list_at`].
    pub fn free_address(&mut self) -> SocketAddr {
        self.addresses.take().unwrap()
    }

    /// Lists a server of another kind as a ready pod. From then on [`Self::list`] knows it.
    pub fn list_at(&mut self, service: &str, pod: &str, address: SocketAddr) {
        let listed = Listed::ready(pod, address);
        self.services.list(service, listed);
        self.publish();
    }

    /// Makes the EndpointSlice of a Service say this of a pod, which need not be a pod of its own, or say nothing of it. See
    /// [`Self::settled`].
    pub fn list(&mut self, service: &str, pod: &str, condition: Option<Condition>) {
        match condition {
            Some(condition) => {
                let known = self.services.listed(service, pod).map(|listed| listed.address);
                let address = known.unwrap_or_else(|| self.pods[pod].address());
                self.services.list(service, Listed { condition, ..Listed::ready(pod, address) });
            }
            None => self.services.unlist(service, pod),
        }
        self.publish();
    }

    /// Labels a pod with its weight.
    pub fn weigh(&mut self, pod: &str, weight: u32) {
        self.services.weigh(pod, weight);
        self.publish();
    }

    /// The address of a pod, as it is listed, whether it runs or not.
    pub fn address_of(&self, service: &str, pod: &str) -> SocketAddr {
        self.services.listed(service, pod).unwrap().address
    }

    /// A pod that runs.
    pub fn pod(&self, pod: &str) -> &Pod {
        &self.pods[pod]
    }

    /// All pods that run.
    pub fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.values()
    }

    /// A pod vanishes. It stays listed until somebody says otherwise.
    pub fn kill(&mut self, pod: &str) {
        self.pods.remove(pod).unwrap().kill();
    }

    /// Starts a pod anew that vanished, at its address.
    pub async fn revive(&mut self, service: &str, pod: &str) {
        let revived = Pod::start(pod, self.address_of(service, pod)).await;
        self.pods.insert(pod.to_owned(), revived);
    }

    /// A new connection to Envoy, which calls `cart.shop`.
    pub async fn caller(&self) -> Caller {
        self.caller_of(&format!("cart.shop:{POD_PORT}")).await
    }

    /// A new connection to Envoy, which calls this authority.
    pub async fn caller_of(&self, authority: &str) -> Caller {
        Caller::connect(self.listener, authority, None).await
    }

    /// A new connection to Envoy from this local address, which calls `cart.shop`.
    pub async fn caller_from(&self, address: IpAddr) -> Caller {
        Caller::connect(self.listener, &format!("cart.shop:{POD_PORT}"), Some(address)).await
    }

    /// What Envoy counts.
    pub async fn stats(&self) -> Stats {
        self.proxy.envoy.stats().await.unwrap()
    }

    /// One of Envoy's counters of the cluster of `cart`.
    pub async fn count(&self, counter: &str) -> u64 {
        self.stats().await.of_cluster(&cluster("cart"), counter)
    }

    /// Returns when `holds` is true of one of Envoy's counters or gauges of the cluster of `cart`.
    pub async fn until_count(&self, counter: &str, mut holds: impl FnMut(u64) -> bool) {
        let name = cluster("cart");
        self.proxy.until_stats(counter, |stats| holds(stats.of_cluster(&name, counter))).await;
    }

    /// Returns when Envoy holds everything as it was said here, and has rejected nothing.
    pub async fn settled(&self) {
        let goal = Configuration::of_snapshot(self.snapshot(), &self.version);
        until_configured(&self.proxy, "the scene", &goal, Gone::Now).await;
    }

    fn snapshot(&self) -> &Snapshot {
        let world = &self.control_plane.world;
        world.fleets.get(self.fleet.as_str()).unwrap_or(&world.everyone)
    }

    fn publish(&mut self) {
        std::fs::write(&self.manifests, self.services.manifests()).unwrap();
        let conversion = Conversion { allow_loopback_endpoints: true, ..Conversion::default() };
        let loaded = manifests::load(std::slice::from_ref(&self.manifests), conversion).unwrap();
        let Offline { world, mut rejected, .. } =
            offline(loaded.events, render_options("cluster.local", self.listener, []));
        // What hardly anybody wants is in force all the same.
        rejected.retain(|rejected| rejected.reason != Reason::DoubtfulAnnotation);
        assert_eq!(rejected, []);
        self.control_plane.everyone = Snapshot::clone(&world.everyone);
        self.control_plane.world = world;
        self.control_plane.publish();
    }
}

/// The cluster of a Service.
pub fn cluster(service: &str) -> String {
    format!("shop/{service}/{POD_PORT}")
}
