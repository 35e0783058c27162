//! The forms of a name: each leads to the Service's pods. What is none of them leads nowhere, and harms nobody.

use std::collections::BTreeMap;

use chancery::xds::ResourceType;
use data_plane_api::admin_dump::ClientResourceStatus;
use data_plane_api::client_status::ConfigStatus;
use rig::PATIENCE;

use crate::client::{Ask, Client};
use crate::family::{Family, in_each_family};
use crate::program::{AUTHORITY, PAUSE, resources};
use crate::scene::{DIALLED, Scene};

in_each_family!(
    NameForms: each_leads_to_the_pods,
    CompleteNames: complete_names_lead_there_too else complete_names_are_no_hosts,
    PortNames: ports_by_name_lead_there_too else ports_by_name_are_no_urls,
    UnknownNamesHarmNobody: others_lead_nowhere,
);

/// Those with a number or without a port.
const FORMS: [&str; 8] = [
    "cart.shop",
    "cart.shop.svc:50051",
    "cart.shop.svc",
    "cart.shop.svc.cluster.local:50051",
    "cart.shop.svc.cluster.local",
    "CART.Shop:50051",
    "Cart.SHOP.svc.Cluster.Local",
    "cart.shop.svc.cluster.local.:50051",
];

/// Those that end with a dot, as complete names do in DNS.
const COMPLETE: [&str; 2] = ["cart.shop.", "cart.shop.svc.cluster.local."];

const WITH_PORT_NAME: [&str; 3] = ["cart.shop:grpc", "cart.shop.svc:GRPC", "cart.shop.svc.cluster.local:grpc"];

/// Names of nothing.
const OTHERS: [&str; 11] = [
    "carts.shop:50051",
    "cart.elsewhere:50051",
    "cart.shop:50052",
    "cart.shop:http",
    "cart.shop:0",
    "cart.shop:050051",
    "cart:50051",
    "cart.shop.pod:50051",
    "cart.shop.svc.cluster.example:50051",
    // A cluster's.
    "shop/cart/50051",
    "*",
];

async fn each_leads_to_the_pods(family: Family) {
    lead_to_the_pods(family, &FORMS).await;
}

async fn ports_by_name_lead_there_too(family: Family) {
    lead_to_the_pods(family, &WITH_PORT_NAME).await;
}

async fn complete_names_lead_there_too(family: Family) {
    lead_to_the_pods(family, &COMPLETE).await;
}

/// It takes the name for a host, and Java's hosts don't end with a dot.
async fn complete_names_are_no_hosts(family: Family) {
    let scene = Scene::of_cart(1, &[]).await;
    let mut client = scene.client(family).await;
    for target in dial(&mut client, &COMPLETE).await {
        let outcome = client.call_with(1, Ask { on: Some(&target), ..Ask::default() }).await;
        let is_refused = outcome.errors.iter().any(|failure| failure.message.contains("Invalid host name"));
        assert!(is_refused, "{target}: {outcome:?}; log:\n{}", client.log());
    }
}

/// It finds the pods, and can't connect to them: it takes the name for an authority, whose port is a number.
async fn ports_by_name_are_no_urls(family: Family) {
    let scene = Scene::of_cart(1, &[]).await;
    let mut client = scene.client(family).await;
    for target in dial(&mut client, &WITH_PORT_NAME).await {
        let outcome = client.call_with(1, Ask { on: Some(&target), ..Ask::default() }).await;
        let is_refused = outcome.errors.iter().any(|failure| failure.message.contains("Invalid URL"));
        assert!(is_refused, "{target}: {outcome:?}; log:\n{}", client.log());
    }
    are_accepted(&scene, &client, &WITH_PORT_NAME).await;
}

/// The port for gRPC is the default of gRPC clients, whatever other ports there are.
async fn lead_to_the_pods(family: Family, names: &[&str]) {
    let mut scene = Scene::of_cart(1, &[]).await;
    scene.services.add_other_ports("cart");
    scene.publish();
    let mut client = scene.client(family).await;
    for target in dial(&mut client, names).await {
        let outcome = client.call_with(1, Ask { on: Some(&target), ..Ask::default() }).await;
        assert_eq!(outcome.pods.get("cart-1"), Some(&1), "{target}: {outcome:?}; log:\n{}", client.log());
    }
    are_accepted(&scene, &client, names).await;
}

/// Dials these names, beside the one that each client dials, and says what was dialled.
async fn dial(client: &mut Client, names: &[&str]) -> Vec<String> {
    let targets: Vec<String> = names.iter().map(|name| format!("xds:///{name}")).collect();
    assert_eq!(client.dial(targets.iter().map(String::as_str)).await, BTreeMap::new());
    targets
}

/// Fails the test unless the client took the listeners of these names, and nothing was rejected.
async fn are_accepted(scene: &Scene, client: &Client, names: &[&str]) {
    let mut taken = listeners(client).await;
    taken.remove(DIALLED);
    let accepted = names.iter().map(|name| ((*name).to_owned(), ClientResourceStatus::Acked));
    assert_eq!(taken, accepted.collect());
    nothing_was_rejected(scene).await;
}

async fn others_lead_nowhere(family: Family) {
    let mut scene = Scene::of_cart(1, &[]).await;
    let mut client = scene.client(family).await;
    client.reach(&["cart-1"]).await;
    client.begin(20).await;
    let mut targets = OTHERS.map(|name| format!("xds:///{name}")).to_vec();
    // Asked for by another name, which isn't ours; and not asked for at all, as the bootstrap has no such authority.
    targets.push(format!("xds://{AUTHORITY}/{DIALLED}"));
    let stranger = format!("xds://stranger/{DIALLED}");
    targets.push(stranger.clone());
    assert_eq!(client.dial(targets.iter().map(String::as_str)).await, BTreeMap::new());

    let theirs = format!("xdstp://{AUTHORITY}/envoy.config.listener.v3.Listener/{DIALLED}");
    let unknown = OTHERS.iter().copied().chain([theirs.as_str()]);
    let unknown: BTreeMap<_, _> = unknown.map(|name| (name.to_owned(), ClientResourceStatus::DoesNotExist)).collect();
    let mut expected = unknown.clone();
    expected.insert(DIALLED.to_owned(), ClientResourceStatus::Acked);
    let mut watched = BTreeMap::new();
    // After 15 s, in all families.
    let given_up = async {
        while watched != expected {
            tokio::time::sleep(PAUSE).await;
            watched = listeners(&client).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, given_up).await.is_ok();
    assert!(in_time, "{watched:?}; log:\n{}", client.log());
    are_pending(&scene, unknown.keys()).await;
    let outcome = client.call_with(1, Ask { on: Some(&stranger), ..Ask::default() }).await;
    let says_why = |message: &str| message.to_lowercase().contains("authority") && message.contains("not found");
    assert!(outcome.errors.iter().any(|failure| says_why(&failure.message)), "{outcome:?}");

    // Whoever dialled the good name heard nothing of it, and hears of everything else.
    scene.scale("cart", 2).await;
    scene.pod("cart-2").until_seen(10).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    nothing_was_rejected(&scene).await;
    let (_, rejected) = scene.server.as_ref().unwrap().get("/api/v1/rejected").await.unwrap();
    assert_eq!(rejected, "[]");
}

/// The listeners that a client watches.
async fn listeners(client: &Client) -> BTreeMap<String, ClientResourceStatus> {
    let resources = client.resources().await.into_iter();
    let listeners = resources.filter(|resource| resource.type_url.ends_with(".Listener"));
    listeners.map(|listener| (listener.name.clone(), listener.client_status())).collect()
}

/// Fails the test unless the control plane knows that these listeners are waited for.
async fn are_pending(scene: &Scene, names: impl Iterator<Item = &String>) {
    let told = resources(scene.address()).await.unwrap();
    let told: Vec<_> = told.iter().filter(|one| one.type_url == ResourceType::Listener.type_url()).collect();
    // A wildcard isn't a name.
    for name in names.filter(|name| *name != "*") {
        let statuses: Vec<_> = told.iter().filter(|one| one.name == *name).map(|one| one.config_status()).collect();
        assert_eq!(statuses, [ConfigStatus::NotSent], "{name}");
    }
}

async fn nothing_was_rejected(scene: &Scene) {
    for resource_type in ["cds", "eds", "lds", "rds"] {
        assert_eq!(scene.rejected(resource_type).await, 0, "of type {resource_type}");
    }
}
