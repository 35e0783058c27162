//! A real Envoy: which address of a pod it takes, and which pods it takes where only the own node counts.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use chancery::app::config::{EnvoyAddress, FleetLayer};
use chancery::app::render_options;
use chancery::pipeline::offline;
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::World;
use data_plane_api::echo::EchoRequest;
use data_plane_api::echo::client::EchoClient;
use data_plane_api::json;
use rig::addresses::{POD_PORT, PodAddresses, free_address};
use rig::control_plane::ControlPlane;
use rig::envoy::{Proxy, Stats, VERSIONS, Variant};
use rig::load::{call, dial};
use rig::pod::Pod;
use rig::{programs, soon};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;

/// The Service, with this annotation.
fn service(families: [&str; 2], annotation: &str) -> String {
    format!(
        r#"
apiVersion: v1
kind: Service
metadata: {{namespace: shop, name: cart, annotations: {{chancery.dev/enabled: "true", {annotation}}}}}
spec: {{ports: [{{name: grpc, port: 50051}}], ipFamilies: [{}]}}
"#,
        families.join(", ")
    )
}

/// The slice of one pod for the family of this address.
fn slice(address: IpAddr, port: u16) -> String {
    let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
    format!(
        r#"---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{namespace: shop, name: cart-{family}, labels: {{kubernetes.io/service-name: cart}}}}
addressType: {family}
ports: [{{name: grpc, port: {port}}}]
endpoints: [{{addresses: ["{address}"], conditions: {{ready: true}}, targetRef: {{kind: Pod, name: cart-a}}}}]
"#
    )
}

/// The Service and a slice for each family, all of one pod.
fn dual_stack(families: [&str; 2], port: u16, v4: IpAddr) -> String {
    let service = service(families, "chancery.dev/retry-on: none");
    service + &slice(v4, port) + &slice(Ipv6Addr::LOCALHOST.into(), port)
}

/// What clients get of these manifests, those of these fleets at these addresses.
fn world(manifests: &str, listeners: &BTreeMap<&str, SocketAddr>) -> World {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cart.yaml");
    fs::write(&file, manifests).unwrap();
    let loaded =
        manifests::load(&[file], Conversion { allow_loopback_endpoints: true, ..Conversion::default() }).unwrap();
    let fleet = |(name, address): (&&str, &SocketAddr)| {
        ((*name).to_owned(), FleetLayer { listener: Some(EnvoyAddress(*address)), ..FleetLayer::default() })
    };
    offline(loaded.events, render_options("cluster.local", free_address(), listeners.iter().map(fleet))).world
}

/// Those who answer calls through this Envoy, or `error`.
async fn answers(envoy: SocketAddr, calls: usize) -> BTreeSet<String> {
    let mut client = EchoClient::new(dial(envoy, "cart.shop:50051").await.unwrap());
    let mut who = BTreeSet::new();
    for _ in 0..calls {
        who.insert(call(&mut client, "hello").await.map_or_else(|_| "error".to_owned(), |pod| pod.to_string()));
    }
    who
}

fn one(name: &str) -> BTreeSet<String> {
    [name.to_owned()].into()
}

/// A pod has an address in each family, and is reached by the one that answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_is_reached_by_whichever_of_its_addresses_answers() {
    let mut addresses = PodAddresses::lease().unwrap();
    let port = free_address().port();
    let _v6 = Pod::start("v6", (Ipv6Addr::LOCALHOST, port).into()).await;
    let listeners = BTreeMap::from([("edge", free_address())]);
    let mut control_plane = ControlPlane::start().await;
    let mut publish = |families, v4: IpAddr| {
        control_plane.world = world(&dual_stack(families, port, v4), &listeners);
        control_plane.publish();
        control_plane.address
    };
    let at = listeners["edge"];
    let v4_first = ["IPv4", "IPv6"];

    // Nobody listens there.
    let refused = addresses.take().unwrap().ip();
    let xds = publish(v4_first, refused);
    let mut proxy = Proxy::start(xds, "edge", true);
    proxy.ready("http").await;
    proxy.until_hosts("shop/cart/50051", "HEALTHY", 1).await;
    assert_eq!(answers(at, 20).await, one("v6"));

    // Nobody accepts there: what fills the queue stays in it, and whoever comes next hears nothing.
    let silent = addresses.take().unwrap().ip();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(silent, port)).unwrap();
    let queue = socket.listen(1).unwrap();
    let mut waiting = Vec::new();
    for _ in 0..2 {
        waiting.push(TcpStream::connect((silent, port)).await.unwrap());
    }
    publish(v4_first, silent);
    until_host(&proxy, silent).await;
    assert_eq!(answers(at, 20).await, one("v6"));
    drop((queue, waiting));

    // Both answer: then the Service's first family it is.
    let both = addresses.take().unwrap().ip();
    let _v4 = Pod::start("v4", (both, port).into()).await;
    publish(v4_first, both);
    until_host(&proxy, both).await;
    assert_eq!(answers(at, 20).await, one("v4"));
    publish(["IPv6", "IPv4"], both);
    until_host(&proxy, Ipv6Addr::LOCALHOST.into()).await;
    assert_eq!(answers(at, 20).await, one("v6"));
    proxy.rejected_nothing().await;
}

/// Returns when this is the only host of the cluster.
async fn until_host(proxy: &Proxy, address: IpAddr) {
    soon(&format!("the host {address}"), async {
        loop {
            let hosts = proxy.envoy.hosts("shop/cart/50051").await.unwrap_or_default();
            if let [(host, _)] = hosts.as_slice()
                && host.contains(&address.to_string())
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// An Envoy of each version, each of a fleet of its own, and a client of it.
async fn of_each_version(
    xds: SocketAddr,
    listeners: &BTreeMap<&str, SocketAddr>,
) -> Vec<(&'static str, Proxy, EchoClient<Channel>)> {
    let mut proxies = Vec::new();
    for version in VERSIONS {
        let admin = free_address();
        let bootstrap = json::of(&Variant::AdsDelta.bootstrap(version, &[xds], admin)).unwrap();
        let mut proxy = Proxy::start_program(&programs::envoy_of(version), &bootstrap, admin);
        proxy.ready("http").await;
        let healthy = |stats: &Stats| stats.of_cluster("shop/cart/50051", "membership_healthy") == 1;
        proxy.until_stats("the host to be found healthy", healthy).await;
        let client = EchoClient::new(dial(listeners[version], "cart.shop:50051").await.unwrap());
        proxies.push((version, proxy, client));
    }
    proxies
}

/// Slices of two families are written one after the other. Envoy takes the second address for a host that it knows already,
/// and a stream that is open to the first one goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_comes_later_is_used_and_streams_go_on() {
    let mut addresses = PodAddresses::lease().unwrap();
    let port = free_address().port();
    let _v6 = Pod::start("v6", (Ipv6Addr::LOCALHOST, port).into()).await;
    let first = addresses.take().unwrap().ip();
    let v4 = Pod::start("v4", (first, port).into()).await;

    let listeners: BTreeMap<_, _> = VERSIONS.into_iter().map(|version| (version, free_address())).collect();
    let mut control_plane = ControlPlane::start().await;
    let of_one = service(["IPv4", "IPv6"], "chancery.dev/retry-on: none") + &slice(first, port);
    control_plane.world = world(&of_one, &listeners);
    control_plane.publish();
    let mut proxies = of_each_version(control_plane.address, &listeners).await;
    let mut streams = Vec::new();
    for (version, _, client) in &mut proxies {
        let (says, said) = mpsc::channel(1);
        says.send(EchoRequest::default()).await.unwrap();
        let mut answers = client.stream(ReceiverStream::new(said)).await.unwrap().into_inner();
        assert_eq!(answers.message().await.unwrap().unwrap().pod, "v4", "{version}");
        streams.push((says, answers));
    }

    control_plane.world = world(&(of_one + &slice(Ipv6Addr::LOCALHOST.into(), port)), &listeners);
    control_plane.publish();
    v4.drain();
    for ((version, proxy, client), (says, answers)) in proxies.iter_mut().zip(&mut streams) {
        soon(&format!("an answer from the second address through Envoy {version}"), async {
            while !call(client, "hello").await.is_ok_and(|pod| &*pod == "v6") {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
        says.send(EchoRequest::default()).await.unwrap();
        assert_eq!(answers.message().await.unwrap().unwrap().pod, "v4", "{version}: the stream goes on");
        proxy.until_hosts("shop/cart/50051", "HEALTHY", 1).await;
        proxy.rejected_nothing().await;
    }
}

/// A host that Envoy makes anew for its second address stays as healthy as it was found to be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_second_addresses_come_and_go() {
    const TURNS: usize = 10;
    let mut addresses = PodAddresses::lease().unwrap();
    let first = addresses.take().unwrap();
    let _v4 = Pod::start("v4", first).await;
    let listeners: BTreeMap<_, _> = VERSIONS.into_iter().map(|version| (version, free_address())).collect();
    let mut control_plane = ControlPlane::start().await;
    let of_one = service(["IPv4", "IPv6"], "chancery.dev/health-check: tcp, chancery.dev/retry-on: none")
        + &slice(first.ip(), POD_PORT);
    let of_both = of_one.clone() + &slice(Ipv6Addr::LOCALHOST.into(), POD_PORT);
    let worlds = [world(&of_one, &listeners), world(&of_both, &listeners)];
    control_plane.world = worlds[0].clone();
    control_plane.publish();
    let mut proxies = of_each_version(control_plane.address, &listeners).await;
    for turn in 1..=TURNS {
        control_plane.world = worlds[turn % 2].clone();
        control_plane.publish();
        for (version, proxy, client) in &mut proxies {
            let updated =
                |stats: &Stats| stats.of_cluster("shop/cart/50051", "update_success") > turn.try_into().unwrap();
            let calls = async {
                loop {
                    let outcome = call(client, "hello").await;
                    assert_eq!(outcome.as_deref(), Ok("v4"), "Envoy {version}, turn {turn}");
                }
            };
            tokio::select! {
                () = proxy.until_stats("the update", updated) => {}
                () = calls => {}
            }
        }
    }
    for (version, proxy, _) in &proxies {
        let stats = proxy.envoy.stats().await.unwrap();
        assert_eq!(
            stats.of_cluster("shop/cart/50051", "update_no_rebuild"),
            0,
            "Envoy {version} takes each for another"
        );
    }
}

/// `internalTrafficPolicy: Local`: who says its node has the pods there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_stay_on_the_node_of_whoever_says_it() {
    let mut addresses = PodAddresses::lease().unwrap();
    let (mut pods, mut endpoints) = (Vec::new(), Vec::new());
    for node in ["n1", "n2"] {
        let address = addresses.take().unwrap();
        pods.push(Pod::start(node, address).await);
        endpoints.push((node, address.ip()));
    }
    let service = |policy: &str, pods: &[(&str, IpAddr)]| {
        let pods: Vec<String> = pods
            .iter()
            .map(|(node, address)| {
                format!("{{addresses: [\"{address}\"], conditions: {{ready: true}}, nodeName: {node}}}")
            })
            .collect();
        format!(
            r#"
apiVersion: v1
kind: Service
metadata: {{namespace: shop, name: cart, annotations: {{chancery.dev/enabled: "true"}}}}
spec: {{ports: [{{name: grpc, port: 50051}}], internalTrafficPolicy: {policy}}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{namespace: shop, name: cart-a, labels: {{kubernetes.io/service-name: cart}}}}
addressType: IPv4
ports: [{{name: grpc, port: {POD_PORT}}}]
endpoints: [{}]
"#,
            pods.join(", ")
        )
    };
    let fleets = [("on-n1", Some("n1")), ("on-n2", Some("n2")), ("on-n3", Some("n3")), ("nowhere", None)];
    let listeners = BTreeMap::from(fleets.map(|(fleet, _)| (fleet, free_address())));
    let mut control_plane = ControlPlane::start().await;
    control_plane.world = world(&service("Local", &endpoints), &listeners);
    control_plane.publish();
    let mut proxies = BTreeMap::new();
    for (number, (fleet, node)) in fleets.into_iter().enumerate() {
        let mut proxy = Proxy::start_on(node, None, control_plane.address, fleet, number % 2 == 0);
        proxy.ready("http").await;
        proxies.insert(fleet, proxy);
    }
    for (fleet, hosts) in [("on-n1", 1), ("on-n2", 1), ("on-n3", 0), ("nowhere", 2)] {
        proxies[fleet].until_hosts("shop/cart/50051", "HEALTHY", hosts).await;
    }
    assert_eq!(answers(listeners["on-n1"], 20).await, one("n1"));
    assert_eq!(answers(listeners["on-n2"], 20).await, one("n2"));
    assert_eq!(answers(listeners["on-n3"], 3).await, one("error"), "as kube-proxy drops the connection");
    assert_eq!(answers(listeners["nowhere"], 20).await.len(), 2);

    // The pod on the second node moves to the third.
    let moved = [endpoints[0], ("n3", endpoints[1].1)];
    control_plane.world = world(&service("Local", &moved), &listeners);
    control_plane.publish();
    proxies["on-n2"].until_hosts("shop/cart/50051", "HEALTHY", 0).await;
    proxies["on-n3"].until_hosts("shop/cart/50051", "HEALTHY", 1).await;
    assert_eq!(answers(listeners["on-n3"], 20).await, one("n2"));

    control_plane.world = world(&service("Cluster", &moved), &listeners);
    control_plane.publish();
    for proxy in proxies.values() {
        proxy.until_hosts("shop/cart/50051", "HEALTHY", 2).await;
        proxy.rejected_nothing().await;
    }
}
