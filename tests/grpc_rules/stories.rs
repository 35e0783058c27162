//! The program, and clients that ask as the gRPC libraries do: by name, one type after the other.

use std::fs;
use std::path::PathBuf;

use chancery::xds::ResourceType::{self, Cluster, Endpoint, Listener, Route};
use data_plane_api::cluster;
use data_plane_api::core::{address, socket_address};
use data_plane_api::discovery::{DiscoveryRequest, DiscoveryResponse};
use data_plane_api::endpoint::ClusterLoadAssignment;
use data_plane_api::http_connection_manager::{HttpConnectionManager, RouteSpecifier};
use data_plane_api::listener;
use data_plane_api::route::RouteConfiguration;
use prost::Name as _;
use prost_types::Any;
use rig::ads::{self, Sotw, sotw_request};
use rig::serve::Serve;
use rig::soon;
use serde_json::Value;
use tempfile::TempDir;

use crate::served::unpack;

/// `chancery serve`, and the directory of manifests that it serves.
struct World {
    server: Serve,
    directory: TempDir,
}

impl World {
    /// One with these Services in the namespace `shop`.
    async fn with(services: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap().to_owned();
        for name in services {
            write(&directory, name);
        }
        let server = Serve::start(env!("CARGO_BIN_EXE_chancery"), &["--manifests", &path]);
        server.ready().await;
        Self { server, directory }
    }

    fn add(&self, service: &str) {
        write(&self.directory, service);
    }

    fn remove(&self, service: &str) {
        fs::remove_file(file(&self.directory, service)).unwrap();
    }

    async fn client(&self) -> Sotw {
        ads::sotw(self.server.xds).await.unwrap()
    }

    /// Returns when the listeners are these that gRPC clients have asked for and get.
    async fn until_wanted(&self, names: &[&str]) {
        soon(&format!("{names:?} and no other"), async {
            loop {
                let (_, dump) = self.server.get("/config_dump?client=grpc").await.unwrap();
                let dump: Value = serde_json::from_str(&dump).unwrap();
                let listeners = dump["listeners"].as_array().unwrap();
                if listeners.iter().map(|one| one["name"].as_str().unwrap()).eq(names.iter().copied()) {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
        .await;
    }
}

fn file(directory: &TempDir, service: &str) -> PathBuf {
    directory.path().join(format!("{service}.yaml"))
}

/// By a rename, so that nobody reads half of it.
fn write(directory: &TempDir, service: &str) {
    let manifest = format!(
        r#"
apiVersion: v1
kind: Service
metadata:
  name: {service}
  namespace: shop
  annotations:
    chancery.dev/enabled: "true"
    chancery.dev/retry-on: unavailable
spec:
  ports: [{{name: grpc, port: 50051, appProtocol: grpc}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: {service}-1
  namespace: shop
  labels: {{kubernetes.io/service-name: {service}}}
addressType: IPv4
ports: [{{name: grpc, port: 50051, protocol: TCP}}]
endpoints:
  - addresses: [10.0.0.1]
    conditions: {{ready: true}}
"#
    );
    let draft = directory.path().join(format!(".{service}"));
    fs::write(&draft, manifest).unwrap();
    fs::rename(draft, file(directory, service)).unwrap();
}

/// The names of the resources in a response.
fn names(response: &DiscoveryResponse) -> Vec<String> {
    response.resources.iter().map(name).collect()
}

fn name(any: &Any) -> String {
    if any.type_url == listener::Listener::type_url() {
        unpack::<listener::Listener>(any).name
    } else if any.type_url == cluster::Cluster::type_url() {
        unpack::<cluster::Cluster>(any).name
    } else if any.type_url == RouteConfiguration::type_url() {
        unpack::<RouteConfiguration>(any).name
    } else {
        unpack::<ClusterLoadAssignment>(any).cluster_name
    }
}

/// Asks for a type as a gRPC client, and takes what comes.
async fn get(client: &mut Sotw, first: bool, resource_type: ResourceType, wanted: &[&str]) -> DiscoveryResponse {
    client.ask(first.then(|| ads::grpc("pod-1")), resource_type, wanted).await;
    let response = client.take(wanted).await;
    assert_eq!(response.type_url, resource_type.type_url());
    response
}

/// The name of the route configuration that a listener leads to.
fn routes_of(response: &DiscoveryResponse) -> String {
    let listener: listener::Listener = unpack(&response.resources[0]);
    let manager: HttpConnectionManager = unpack(&listener.api_listener.unwrap().api_listener.unwrap());
    match manager.route_specifier {
        Some(RouteSpecifier::Rds(rds)) => rds.route_config_name,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_dials_a_name_is_led_to_the_pods() {
    let world = World::with(&["cart", "other"]).await;
    for dialled in ["cart.shop:50051", "cart.shop", "cart.shop.svc:grpc", "CART.shop.svc.cluster.local:50051"] {
        let mut client = world.client().await;
        let listener = get(&mut client, true, Listener, &[dialled]).await;
        assert_eq!(names(&listener), [dialled]);
        let routes = routes_of(&listener);
        assert_eq!(routes, "cart.shop.svc.cluster.local:50051");
        assert_eq!(names(&get(&mut client, false, Route, &[&routes]).await), [routes]);
        assert_eq!(names(&get(&mut client, false, Cluster, &["shop/cart/50051"]).await), ["shop/cart/50051"]);
        let assignment = get(&mut client, false, Endpoint, &["shop/cart/50051"]).await;
        let assignment: ClusterLoadAssignment = unpack(&assignment.resources[0]);
        assert_eq!(assignment.endpoints[0].lb_endpoints.len(), 1);
    }
}

#[tokio::test]
async fn a_name_waits_for_its_service_and_goes_with_it() {
    let world = World::with(&["other"]).await;
    let mut client = world.client().await;
    assert_eq!(names(&get(&mut client, true, Listener, &["cart.shop:50051", "other.shop"]).await), ["other.shop"]);

    world.add("cart");
    let both = ["cart.shop:50051", "other.shop"];
    assert_eq!(names(&client.take(&["cart.shop:50051"]).await), both);
    let routes = ["cart.shop.svc.cluster.local:50051"];
    assert_eq!(names(&get(&mut client, false, Route, &routes).await), routes);

    world.remove("cart");
    let response = client.take(&["cart.shop:50051"]).await;
    assert_eq!((response.type_url.as_str(), names(&response)), (Listener.type_url(), vec![]));

    world.add("cart");
    let response = loop {
        let response = client.next().await;
        if response.type_url == Listener.type_url() {
            break response;
        }
        // The routes are back, too, and first if the answer above is still on its way.
        client.ack(&response, &routes).await;
    };
    assert_eq!(names(&response), ["cart.shop:50051"]);
}

#[tokio::test]
async fn clients_get_what_they_ask_for_and_nothing_of_each_other() {
    let world = World::with(&["cart", "mail"]).await;
    let (mut one, mut other) = (world.client().await, world.client().await);
    assert_eq!(names(&get(&mut one, true, Listener, &["cart.shop"]).await), ["cart.shop"]);
    assert_eq!(
        names(&get(&mut other, true, Listener, &["mail.shop", "mail.shop:grpc"]).await),
        ["mail.shop", "mail.shop:grpc"]
    );
    world.until_wanted(&["cart.shop", "mail.shop", "mail.shop:grpc"]).await;
    assert_eq!(names(&get(&mut one, false, Cluster, &["shop/cart/50051"]).await), ["shop/cart/50051"]);
    // What the other one has is there, but not for this one.
    one.ask(None, Cluster, &["shop/cart/50051", "shop/mail/50051"]).await;
    assert_eq!(names(&one.take(&["shop/cart/50051", "shop/mail/50051"]).await).len(), 2);
    // A second target's routes come at once, though the client has yet to ask for their cluster.
    let routes = ["cart.shop.svc.cluster.local:50051", "mail.shop.svc.cluster.local:50051"];
    assert_eq!(names(&get(&mut one, false, Route, &routes[..1]).await), routes[..1]);

    drop(other);
    world.until_wanted(&["cart.shop"]).await;
    drop(one);
    world.until_wanted(&[]).await;
}

/// If a name that a client holds were missing in the first response of a new stream, its calls would fail.
#[tokio::test]
async fn who_comes_back_is_told_of_all_that_it_holds_at_once() {
    let world = World::with(&["cart", "mail"]).await;
    let wanted = ["cart.shop", "mail.shop"];
    for _ in 0..20 {
        let mut client = world.client().await;
        let again = DiscoveryRequest {
            node: Some(ads::grpc("pod-1")),
            version_info: "of another stream".to_owned(),
            ..sotw_request(Listener, &wanted)
        };
        client.send(again).await;
        assert_eq!(names(&client.next().await), wanted);
    }
}

#[tokio::test]
async fn names_that_mean_nothing_are_waited_for_beside_the_others() {
    let world = World::with(&["cart"]).await;
    let mut client = world.client().await;
    let wanted = [
        "nobody.shop:50051",
        "cart.shop:81",
        "cart.shop:http",
        "cart.shop.svc.other.domain:50051",
        "xdstp://authority/envoy.config.listener.v3.Listener/cart.shop:50051?b=1&a=2",
        "",
        "cart.shop:grpc",
    ];
    assert_eq!(names(&get(&mut client, true, Listener, &wanted).await), ["cart.shop:grpc"]);
    world.add("nobody");
    assert_eq!(names(&client.take(&wanted).await), ["cart.shop:grpc", "nobody.shop:50051"]);
}

#[tokio::test]
async fn a_server_gets_its_listener_whatever_it_is_of() {
    let world = World::with(&[]).await;
    let mut client = world.client().await;
    let wanted = [
        "grpc/server?xds.resource.listening_address=0.0.0.0:8080",
        "grpc/server?xds.resource.listening_address=[::]:8080",
    ];
    let response = get(&mut client, true, Listener, &wanted).await;
    let address = |any: &Any| {
        let listener: listener::Listener = unpack(any);
        let Some(address::Address::SocketAddress(socket)) = listener.address.unwrap().address else {
            panic!("no socket")
        };
        (socket.address, socket.port_specifier)
    };
    let port = || Some(socket_address::PortSpecifier::PortValue(8080));
    let addresses: Vec<_> = response.resources.iter().map(address).collect();
    assert_eq!(addresses, [("0.0.0.0".to_owned(), port()), ("::".to_owned(), port())]);
}

#[tokio::test]
async fn envoys_notice_nothing_of_it() {
    let world = World::with(&["cart"]).await;
    let mut envoy = world.client().await;
    envoy.ask(Some(ads::envoy("envoy-1", "edge")), Listener, &[]).await;
    assert_eq!(names(&envoy.take(&[]).await), ["http"]);
    let mut client = world.client().await;
    get(&mut client, true, Listener, &["cart.shop"]).await;
    envoy.silent(Cluster).await;
}

#[tokio::test]
async fn what_a_client_refuses_is_traced_to_the_service() {
    let world = World::with(&["cart"]).await;
    let mut client = world.client().await;
    let wanted = ["cart.shop.svc.cluster.local:50051"];
    client.ask(Some(ads::grpc("pod-1")), Route, &wanted).await;
    let response = client.next().await;
    client.nack(&response, &wanted, "retry_on: can't be").await;
    soon("the complaint", async {
        loop {
            let (_, rejected) = world.server.get("/api/v1/rejected").await.unwrap();
            if rejected.contains("RejectedByClient") {
                assert!(rejected.contains("chancery.dev/retry-on") && rejected.contains("\"cart\""), "{rejected}");
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await;
}
