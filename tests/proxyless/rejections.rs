//! A client is sent what it can't take.

use data_plane_api::admin_dump::ClientResourceStatus;
use rig::soon;
use rig::spoiler::Spoiler;
use serde_json::Value;
use tokio::process::Command;

use crate::client::Client;
use crate::family::{Family, in_each_family};
use crate::program::{Dial, PAUSE};
use crate::scene::Scene;

in_each_family!(Rejections: is_seen_and_harms_nobody);

async fn is_seen_and_harms_nobody(family: Family) {
    let mut scene = Scene::of_cart(1, &[]).await;
    let spoiler = Spoiler::start(scene.address()).await;
    let mut client = Client::start(family, Dial { servers: vec![spoiler.address], ..scene.dial() }).await;
    let mut other = scene.client(family).await;
    client.reach(&["cart-1"]).await;
    other.reach(&["cart-1"]).await;
    client.begin(50).await;

    spoiler.spoil(true);
    scene.scale("cart", 2).await;
    other.reach(&["cart-1", "cart-2"]).await;
    scene.until("rejections", async |scene| scene.rejected("eds").await, 1).await;
    says_so(&client).await;
    complains(&scene).await;

    spoiler.spoil(false);
    let seen = scene.pod("cart-2").seen();
    scene.scale("cart", 3).await;
    scene.pod("cart-2").until_seen(seen + 10).await;
    scene.pod("cart-3").until_seen(10).await;
    let outcome = client.end().await;
    assert_eq!(outcome.errors, [], "log:\n{}", client.log());
    assert_eq!(scene.rejected("eds").await, 1);
}

/// Fails the test unless this client says that its assignment was rejected, and nothing else.
async fn says_so(client: &Client) {
    let resources = client.resources().await;
    let rejected = resources.iter().filter(|resource| resource.client_status() == ClientResourceStatus::Nacked);
    let rejected: Vec<&str> = rejected.filter_map(|resource| resource.type_url.rsplit('.').next()).collect();
    assert_eq!(rejected, ["ClusterLoadAssignment"], "{resources:?}; log:\n{}", client.log());
}

/// Returns when the control plane says to its user that a client rejected the Service's assignment.
async fn complains(scene: &Scene) {
    let server = scene.server.as_ref().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["status", "--admin", &server.admin.to_string()])
        .output()
        .await
        .unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("rejected eds"), "{status}");
    soon("a complaint", async {
        loop {
            let (_, rejected) = server.get("/api/v1/rejected").await.unwrap();
            let rejected: Value = serde_json::from_str(&rejected).unwrap();
            let mut rejected = rejected.as_array().unwrap().iter();
            if rejected.any(|one| one["reason"] == "RejectedByClient" && one.to_string().contains("cart")) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
}
