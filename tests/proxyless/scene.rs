//! Services with their pods, the real control plane that is told of them, and clients of it.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;

use data_plane_api::admin_dump::ClientResourceStatus;
use rig::addresses::{PodAddresses, free_address};
use rig::manifests::{Condition, Listed, Services};
use rig::pod::Pod;
use rig::serve::Serve;
use rig::{network, soon};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::client::Client;
use crate::family::Family;
use crate::program::{Dial, PAUSE};

/// What the clients dial, if not said otherwise, after `xds:///`.
pub const DIALLED: &str = "cart.shop:50051";

/// How many scenes there are at a time: more clients on a small machine only wait for each other.
static ROOM: Semaphore = Semaphore::const_new(4);

/// Runs the body of the test `name` in a network of its own, where clients may connect to whatever they are told of: see
/// [`network::isolated`]. There is room for it before it begins, as for scenes.
pub fn isolated(name: &str, body: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _room = runtime.block_on(ROOM.acquire()).unwrap();
    network::isolated(name, body);
}

/// Everything but the clients.
pub struct Scene {
    /// The control plane, if it runs.
    pub server: Option<Serve>,
    /// What it is told. See [`Self::publish`].
    pub services: Services,
    address: SocketAddr,
    pods: BTreeMap<String, Pod>,
    started: BTreeMap<String, usize>,
    addresses: PodAddresses,
    manifests: TempDir,
    _room: SemaphorePermit<'static>,
}

impl Scene {
    /// The Service `cart` with so many pods, `cart-1` and on, all of them ready, and with these annotations.
    pub async fn of_cart(pods: usize, annotations: &[(&str, &str)]) -> Self {
        let mut scene = Self::start().await;
        scene.services.annotate("cart", annotations);
        scene.scale("cart", pods).await;
        scene
    }

    /// A control plane that knows of nothing.
    pub async fn start() -> Self {
        let room = ROOM.acquire().await.unwrap();
        let mut scene = Self {
            server: None,
            services: Services::default(),
            address: free_address(),
            pods: BTreeMap::new(),
            started: BTreeMap::new(),
            addresses: PodAddresses::lease().unwrap(),
            manifests: tempfile::tempdir().unwrap(),
            _room: room,
        };
        scene.publish();
        scene.start_again().await;
        scene
    }

    /// Starts further pods of a Service until there were `count` of them in all, and tells of them.
    pub async fn scale(&mut self, service: &str, count: usize) {
        while self.started.get(service).copied().unwrap_or_default() < count {
            self.start_pod(service, None).await;
        }
        self.publish();
    }

    /// Starts a pod of a Service, in a zone if one is named. See [`Self::publish`].
    pub async fn start_pod(&mut self, service: &str, zone: Option<&str>) {
        let started = self.started.entry(service.to_owned()).or_default();
        *started += 1;
        let name = format!("{service}-{started}");
        let pod = Pod::start(&name, self.addresses.take().unwrap()).await;
        let zone = zone.map(str::to_owned);
        let listed = Listed { zone, ..Listed::ready(&name, pod.address()) };
        self.services.list(service, listed);
        self.pods.insert(name, pod);
    }

    /// An address with this port at which nobody listens.
    pub fn free_address(&mut self, port: u16) -> SocketAddr {
        SocketAddr::new(self.addresses.take().unwrap().ip(), port)
    }

    /// Says that a pod of `cart` is being deleted. It goes on.
    pub fn terminate(&mut self, pod: &str) {
        let listed = self.services.listed("cart", pod).unwrap().clone();
        self.services.list("cart", Listed { condition: Condition::Terminating, ..listed });
        self.publish();
    }

    /// Tells of this pod of `cart` no more. It goes on.
    pub fn unlist(&mut self, pod: &str) {
        self.services.unlist("cart", pod);
        self.publish();
    }

    /// Tells the control plane what is so now, whether it runs or not.
    pub fn publish(&self) {
        // The source doesn't read files with other endings, and a rename shows nobody half a file.
        let draft = self.manifests.path().join("services.new");
        fs::write(&draft, self.services.manifests()).unwrap();
        fs::rename(draft, self.manifests.path().join("services.yaml")).unwrap();
    }

    /// A pod.
    pub fn pod(&self, pod: &str) -> &Pod {
        &self.pods[pod]
    }

    /// Where the control plane listens, whether it runs or not.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills the control plane, as a crash would.
    pub async fn crash(&mut self) {
        self.server.take().unwrap().kill().await;
    }

    /// Starts another control plane at the same address.
    pub async fn start_again(&mut self) {
        self.server = Some(self.replica(self.address).await);
    }

    /// Another control plane, at another address, which is told the same.
    pub async fn replica(&self, address: SocketAddr) -> Serve {
        let manifests = self.manifests.path().to_str().unwrap();
        let arguments = ["--manifests", manifests, "--allow-loopback-endpoints"];
        let server = Serve::start_at(env!("CARGO_BIN_EXE_chancery"), address, free_address(), &arguments);
        server.ready().await;
        server
    }

    /// A client of this control plane, which dials the Service `cart`.
    pub async fn client(&self, family: Family) -> Client {
        Client::start(family, self.dial()).await
    }

    /// How such a client dials.
    pub fn dial(&self) -> Dial<'static> {
        Dial { name: DIALLED, servers: vec![self.address], zone: None, idle_after: None, fails_on_deletion: false }
    }

    /// How many streams of ADS are open.
    pub async fn streams(&self) -> u64 {
        self.count(r#"chancery_xds_streams{client="grpc",variant="sotw"}"#).await
    }

    /// How many responses of this type (`cds` and so on) were accepted.
    pub async fn accepted(&self, resource_type: &str) -> u64 {
        self.count(&format!(r#"chancery_xds_acks_total{{type="{resource_type}"}}"#)).await
    }

    /// How many responses of this type were rejected.
    pub async fn rejected(&self, resource_type: &str) -> u64 {
        self.count(&format!(r#"chancery_xds_nacks_total{{type="{resource_type}",client="grpc"}}"#)).await
    }

    /// Returns when one of the numbers above is at least so much.
    pub async fn until(&self, what: &str, number: impl AsyncFn(&Self) -> u64, least: u64) {
        soon(&format!("{least} {what}"), async {
            while number(self).await < least {
                tokio::time::sleep(PAUSE).await;
            }
        })
        .await;
    }

    /// Fails the test unless this client has everything that it needs for one name, and rejected nothing: by its own word, and
    /// by that of the control plane.
    pub async fn is_accepted(&self, client: &Client) {
        let mut accepted: Vec<String> = Vec::new();
        for resource in client.resources().await {
            let status = resource.client_status();
            assert_eq!(status, ClientResourceStatus::Acked, "{resource:?}; log:\n{}", client.log());
            accepted.extend(resource.type_url.rsplit('.').next().map(str::to_owned));
        }
        accepted.sort_unstable();
        assert_eq!(accepted, ["Cluster", "ClusterLoadAssignment", "Listener", "RouteConfiguration"]);
        for resource_type in ["cds", "eds", "lds", "rds"] {
            assert_eq!(self.rejected(resource_type).await, 0, "of type {resource_type}; log:\n{}", client.log());
        }
    }

    async fn count(&self, counter: &str) -> u64 {
        self.server.as_ref().unwrap().count(counter).await
    }
}
