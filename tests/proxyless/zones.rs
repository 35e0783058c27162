//! Which zone a call goes to.

use std::collections::BTreeSet;

use data_plane_api::client_status::GenericXdsConfig;
use data_plane_api::endpoint::{ClusterLoadAssignment, LocalityLbEndpoints};
use prost::{Message as _, Name as _};
use rig::soon;

use crate::client::Client;
use crate::family::{Family, in_each_family};
use crate::program::Dial;
use crate::scene::Scene;

in_each_family!(
    Zones: stays_the_clients_own_while_it_has_pods,
    Zones: is_any_for_a_client_that_knows_none_of_its_own,
);

/// Calls a second.
const RATE: u64 = 100;

async fn stays_the_clients_own_while_it_has_pods(family: Family) {
    let mut scene = Scene::start().await;
    scene.services.annotate("cart", &[("zone-routing", "prefer-zone")]);
    for zone in ["a", "a", "b"] {
        scene.start_pod("cart", Some(zone)).await;
    }
    scene.publish();
    let mut client = Client::start(family, Dial { zone: Some("a"), ..scene.dial() }).await;
    client.reach(&["cart-1", "cart-2"]).await;
    client.begin(RATE).await;
    scene.pod("cart-2").until_seen(scene.pod("cart-2").seen() + 10).await;
    end(&mut scene, "cart-2").await;
    scene.pod("cart-1").until_seen(scene.pod("cart-1").seen() + 20).await;
    assert_eq!(scene.pod("cart-3").seen(), 0, "one pod of the zone is enough");

    end(&mut scene, "cart-1").await;
    scene.pod("cart-3").until_seen(20).await;

    scene.start_pod("cart", Some("a")).await;
    scene.publish();
    scene.pod("cart-4").until_seen(10).await;
    soon("calls to the own zone only", async {
        loop {
            let [near, far] = ["cart-4", "cart-3"].map(|pod| scene.pod(pod).seen());
            scene.pod("cart-4").until_seen(near + 20).await;
            if scene.pod("cart-3").seen() == far {
                return;
            }
        }
    })
    .await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    scene.is_accepted(&client).await;
    assert_eq!(localities(&client).await, [("a".to_owned(), 0), ("b".to_owned(), 1)]);
}

async fn is_any_for_a_client_that_knows_none_of_its_own(family: Family) {
    let mut scene = Scene::start().await;
    scene.services.annotate("cart", &[("zone-routing", "prefer-zone")]);
    for zone in ["a", "a", "b", "b"] {
        scene.start_pod("cart", Some(zone)).await;
    }
    scene.publish();
    let mut client = scene.client(family).await;
    client.reach(&["cart-1", "cart-2", "cart-3", "cart-4"]).await;
    let outcome = client.call(200).await;
    assert_eq!(outcome.errors, []);
    let in_a: u64 = ["cart-1", "cart-2"].iter().filter_map(|pod| outcome.pods.get(*pod)).sum();
    // A client picks a zone by chance for each call: outside of this once in ten million runs.
    assert!((62..=138).contains(&in_a), "{:?}", outcome.pods);
    scene.is_accepted(&client).await;
    assert_eq!(localities(&client).await, [("a".to_owned(), 0), ("b".to_owned(), 0)]);
}

/// What Kubernetes does to a pod that is deleted.
async fn end(scene: &mut Scene, pod: &str) {
    scene.terminate(pod);
    scene.pod(pod).drain();
    soon("the pod's end", scene.pod(pod).drained()).await;
    scene.unlist(pod);
}

/// The zones in the client's assignment, and the priority of each. Fails the test if there is one locality twice, of which some
/// clients keep one.
async fn localities(client: &Client) -> Vec<(String, u32)> {
    let resources = client.resources().await;
    // grpc-js says the name alone.
    let is_assignment = |resource: &&GenericXdsConfig| resource.type_url.ends_with(&ClusterLoadAssignment::full_name());
    let held = resources.iter().find(is_assignment).unwrap().xds_config.as_ref().unwrap();
    let assignment = ClusterLoadAssignment::decode(&*held.value).unwrap();
    let mut seen = BTreeSet::new();
    let locality = |part: &LocalityLbEndpoints| {
        let locality = part.locality.clone().unwrap();
        assert!(seen.insert((locality.region, locality.zone.clone(), locality.sub_zone)), "twice: {assignment:?}");
        (locality.zone, part.priority)
    };
    let mut localities: Vec<(String, u32)> = assignment.endpoints.iter().map(locality).collect();
    localities.dedup();
    localities
}
