//! One Service on an API server, `serve` before it, and a client that hears of its endpoints.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chancery::xds::ResourceType;
use data_plane_api::json;
use rig::ads::{self, Delta};
use rig::api::{Api, Asked};
use rig::serve::Serve;
use serde_json::{Value, json as object};
use tokio::time::timeout;

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");
const CART: &str = "shop/cart/50051";

/// How soon what is true is served once it can be read (again).
pub const SOON: Duration = Duration::from_secs(5);

/// The words of the log.
pub const LOST: &str = "Source is out of touch";
pub const FOUND: &str = "Source is in touch again";

pub struct Scene {
    pub api: Api,
    pub serve: Serve,
    client: Client,
}

/// A client that hears of the endpoints of `cart`.
pub struct Client(Delta);

impl Scene {
    /// `cart` has one endpoint, 10.0.0.1, and that is served.
    pub async fn begin() -> Self {
        let api = Api::start().await;
        fill(&api);
        Self::before(api, &[]).await
    }

    /// Begins to serve what is in this API server.
    pub async fn before(api: Api, arguments: &[&str]) -> Self {
        let kubeconfig = api.kubeconfig().to_str().unwrap().to_owned();
        let serve = Serve::start(CHANCERY, &[&["--kubeconfig", &kubeconfig], arguments].concat());
        serve.ready().await;
        let client = Client::of(&serve).await;
        let mut scene = Self { api, serve, client };
        scene.until_served(1).await;
        scene
    }

    /// Gives `cart` the one endpoint 10.0.0.n.
    pub fn write(&self, n: u8) {
        self.api.put("endpointslices", slice(n));
    }

    /// Returns when 10.0.0.n is what is served; fails the test if that isn't [`SOON`].
    pub async fn until_served(&mut self, n: u8) {
        let served = timeout(SOON, self.client.until(n)).await;
        assert!(served.is_ok(), "10.0.0.{n} isn't served; log:\n{}", self.serve.log());
    }

    /// How often this stands in the log.
    pub fn logged(&self, text: &str) -> usize {
        self.serve.log().matches(text).count()
    }

    pub async fn staleness(&self) -> f64 {
        let (_, metrics) = self.serve.get("/metrics").await.unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix("chancery_source_staleness_seconds "));
        line.unwrap().parse().unwrap()
    }

    pub async fn readyz(&self) -> (u16, String) {
        self.serve.get("/readyz").await.unwrap()
    }

    /// Watches for so long how many requests are made: fewer than two a second.
    pub async fn few_requests(&self, window: Duration) {
        let since = Instant::now();
        // How much is asked in a time can't be seen any sooner.
        tokio::time::sleep(window).await;
        let asked = self.api.asked(since);
        let most = usize::try_from(window.as_secs() * 2).unwrap();
        let told = |asked: &Asked| format!("{:?} {} {}", asked.at - since, asked.verb, asked.resource);
        let told: Vec<_> = asked.iter().map(told).collect();
        assert!(told.len() < most, "{} requests in {window:?}: {told:#?}; log:\n{}", told.len(), self.serve.log());
    }
}

impl Client {
    /// Begins to listen.
    pub async fn of(serve: &Serve) -> Self {
        let client = ads::delta(serve.xds).await.unwrap();
        client.ask(Some(ads::envoy("envoy", "edge")), ResourceType::Endpoint, &[CART]).await;
        Self(client)
    }

    /// Returns when it hears of 10.0.0.n and no other.
    pub async fn until(&mut self, n: u8) {
        let expected = BTreeSet::from([format!("10.0.0.{n}")]);
        while addresses(&self.0.take().await) != expected {}
    }
}

/// The objects of the scene.
pub fn fill(api: &Api) {
    api.put("namespaces", object!({ "metadata": { "name": "shop" } }));
    api.put("services", service("cart", &object!({ "chancery.dev/enabled": "true" })));
    api.put("endpointslices", slice(1));
}

pub fn service(name: &str, annotations: &Value) -> Value {
    object!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "namespace": "shop", "name": name, "annotations": annotations },
        "spec": { "ports": [{ "name": "grpc", "port": 50051 }] },
    })
}

pub fn slice(n: u8) -> Value {
    object!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "namespace": "shop", "name": "cart-1", "labels": { "kubernetes.io/service-name": "cart" },
        },
        "addressType": "IPv4",
        "ports": [{ "name": "grpc", "port": 50051, "protocol": "TCP" }],
        "endpoints": [{ "addresses": [format!("10.0.0.{n}")], "conditions": { "ready": true } }],
    })
}

/// The addresses in an assignment, however it nests them.
fn addresses(response: &data_plane_api::discovery::DeltaDiscoveryResponse) -> BTreeSet<String> {
    let resources = response.resources.iter().filter_map(|resource| resource.resource.as_ref());
    let mut addresses = BTreeSet::new();
    for resource in resources {
        let text = json::to_json(&resource.type_url, &resource.value).unwrap().to_string();
        let found = text.split("\"address\":\"").skip(1).filter_map(|rest| rest.split('"').next());
        addresses.extend(found.map(str::to_owned));
    }
    addresses
}
