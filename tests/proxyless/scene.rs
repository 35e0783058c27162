//! Pods, a control plane that tells of them, and clients of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chancery::cli::demo::addresses::PodAddresses;
use chancery::xds::Snapshot;
use data_plane_api::admin_dump::ClientResourceStatus;
use test_support::control_plane::ControlPlane;
use test_support::pod::Pod;
use test_support::process::free_address;
use test_support::soon;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::client::{Client, PAUSE};
use crate::family::Family;
use crate::fixture::{Cart, DIALLED};

/// How many scenes there are at a time: more clients on a small machine only wait for each other.
static ROOM: Semaphore = Semaphore::const_new(4);

/// Everything but the clients.
pub struct Scene {
    /// What is said of the Service. See [`Self::publish`].
    pub cart: Cart,
    control_plane: Option<ControlPlane>,
    address: SocketAddr,
    pods: BTreeMap<String, Pod>,
    addresses: PodAddresses,
    started: usize,
    _room: SemaphorePermit<'static>,
}

impl Scene {
    /// A control plane that tells of so many pods, `cart-1` and on.
    pub async fn of_cart(pods: usize) -> Self {
        let mut scene = Self::start().await;
        scene.scale(pods).await;
        scene
    }

    /// A control plane that tells of nothing.
    pub async fn start() -> Self {
        let room = ROOM.acquire().await.unwrap();
        let address = free_address();
        Self {
            cart: Cart::default(),
            control_plane: Some(ControlPlane::start_at(address).await),
            address,
            pods: BTreeMap::new(),
            addresses: PodAddresses::lease().unwrap(),
            started: 0,
            _room: room,
        }
    }

    /// Starts further pods until there were `count` of them in all, and tells of them.
    pub async fn scale(&mut self, count: usize) {
        while self.started < count {
            self.started += 1;
            let name = format!("cart-{}", self.started);
            let pod = Pod::start(&name, self.addresses.take().unwrap()).await;
            self.cart.endpoints.push(pod.address());
            self.pods.insert(name, pod);
        }
        self.publish();
    }

    /// Tells of this pod no more. It goes on.
    pub fn unlist(&mut self, pod: &str) {
        let address = self.pods[pod].address();
        self.cart.endpoints.retain(|listed| *listed != address);
        self.publish();
    }

    /// Makes the control plane say that it knows everything, and that is nothing.
    pub fn publish_nothing(&mut self) {
        let control_plane = self.control_plane.as_mut().unwrap();
        control_plane.everyone = Snapshot::default();
        control_plane.publish();
    }

    /// Makes the control plane tell what is so now, if it runs.
    pub fn publish(&mut self) {
        if let Some(control_plane) = &mut self.control_plane {
            control_plane.everyone = self.cart.snapshot();
            control_plane.publish();
        }
    }

    /// A pod.
    pub fn pod(&self, pod: &str) -> &Pod {
        &self.pods[pod]
    }

    /// Where the control plane listens, whether it runs or not.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the control plane.
    pub async fn stop(&mut self) {
        self.control_plane.take().unwrap().stop().await;
    }

    /// Starts another control plane at the same address, which tells what is so now.
    pub async fn start_again(&mut self) {
        self.control_plane = Some(ControlPlane::start_at(self.address).await);
        self.publish();
    }

    /// A client of this control plane, which dials the Service.
    pub async fn client(&self, family: Family) -> Client {
        Client::start(family, DIALLED, &[self.address], None).await
    }

    /// One whose channel goes idle after so long without a call.
    pub async fn idle_client(&self, family: Family, after: Duration) -> Client {
        Client::start(family, DIALLED, &[self.address], Some(after)).await
    }

    /// How many streams of ADS are open.
    pub fn streams(&self) -> u64 {
        self.count(r#"chancery_xds_streams{client="grpc",variant="sotw"}"#)
    }

    /// How many responses of this type (`cds` and so on) were accepted.
    pub fn accepted(&self, resource_type: &str) -> u64 {
        self.count(&format!(r#"chancery_xds_acks_total{{type="{resource_type}"}}"#))
    }

    /// How many responses of this type were rejected.
    pub fn rejected(&self, resource_type: &str) -> u64 {
        self.count(&format!(r#"chancery_xds_nacks_total{{type="{resource_type}",client="grpc"}}"#))
    }

    /// Returns when `value`, of this scene, is `expected`.
    pub async fn until(&self, what: &str, value: impl Fn(&Self) -> u64, expected: u64) {
        soon(&format!("{expected} {what}"), async {
            while value(self) != expected {
                tokio::time::sleep(PAUSE).await;
            }
        })
        .await;
    }

    /// Fails the test unless this client says that its assignment was rejected, and nothing else.
    pub async fn is_rejected(&self, client: &Client) {
        let resources = client.resources().await;
        let rejected = resources.iter().filter(|resource| resource.client_status() == ClientResourceStatus::Nacked);
        let rejected: Vec<&str> = rejected.filter_map(|resource| resource.type_url.rsplit('.').next()).collect();
        assert_eq!(rejected, ["ClusterLoadAssignment"], "{resources:?}; log:\n{}", client.log());
    }

    /// Fails the test unless this client has everything that it needs, and rejected nothing: by its own word, and by that of
    /// the control plane.
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
            assert_eq!(self.rejected(resource_type), 0, "of type {resource_type}; log:\n{}", client.log());
        }
    }

    fn count(&self, counter: &str) -> u64 {
        self.control_plane.as_ref().unwrap().count(counter)
    }
}
