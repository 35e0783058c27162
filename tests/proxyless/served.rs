//! gRPC servers that serve as xDS says.
//!
//! There is nothing to say to them but that they may serve; so a server must serve as soon as it has asked, and from then on,
//! whatever becomes of the control plane.

use std::net::SocketAddr;

use rig::addresses::free_address;
use rig::manifests::Listed;
use rig::soon;
use serde_json::json;

use crate::family::{Family, in_each_family};
use crate::scene::Scene;
use crate::server::{Server, answer, call};

in_each_family!(
    Servers: waits_for_the_control_plane_and_serves_without_it,
    ServerAddresses: serves_at_every_address,
    OneAddress: serves_nowhere_else else serves_everywhere,
    ServingModes: says_that_it_serves else serves_without_a_word,
);

async fn waits_for_the_control_plane_and_serves_without_it(family: Family) {
    let mut scene = Scene::start().await;
    scene.crash().await;
    let address = free_address();
    let server = Server::start(family, &address.to_string(), "server", &scene.dial()).await;
    call(address).await.unwrap_err();
    scene.start_again().await;
    assert_eq!(answer(address).await, "server");

    scene.services.annotate("cart", &[]);
    let listed = Listed::ready("server", address);
    scene.services.list("cart", listed);
    scene.publish();
    let mut client = scene.client(family).await;
    client.reach(&["server"]).await;
    client.begin(50).await;
    scene.crash().await;
    assert_eq!(client.call(20).await.errors, []);
    scene.start_again().await;
    // The client's and the server's.
    scene.until("accepted listeners", async |scene| scene.accepted("lds").await, 2).await;
    assert_eq!(client.call(20).await.errors, []);
    assert_eq!(client.end().await.errors, [], "log:\n{}", client.log());
    scene.is_accepted(&client).await;
    server.has_its_listener().await;
    server.end().await;
}

async fn serves_at_every_address(family: Family) {
    let scene = Scene::start().await;
    for host in ["0.0.0.0", "[::]"] {
        let port = free_address().port();
        let server = Server::start(family, &format!("{host}:{port}"), "server", &scene.dial()).await;
        assert_eq!(answer(SocketAddr::from(([127, 0, 0, 1], port))).await, "server");
        server.has_its_listener().await;
        server.end().await;
    }
    assert_eq!(scene.rejected("lds").await, 0);
}

async fn serves_nowhere_else(family: Family) {
    let (_scene, _server, elsewhere) = serves_here(family).await;
    call(elsewhere).await.unwrap_err();
}

async fn serves_everywhere(family: Family) {
    let (_scene, _server, elsewhere) = serves_here(family).await;
    assert_eq!(call(elsewhere).await.unwrap(), "server", "{family:?} listens where it is told, now");
}

/// A server at one address, and another address of this machine.
async fn serves_here(family: Family) -> (Scene, Server, SocketAddr) {
    let scene = Scene::start().await;
    let here = free_address();
    let server = Server::start(family, &here.to_string(), "server", &scene.dial()).await;
    assert_eq!(answer(here).await, "server");
    (scene, server, SocketAddr::from(([127, 0, 0, 2], here.port())))
}

async fn says_that_it_serves(family: Family) {
    let scene = Scene::start().await;
    let address = free_address();
    let mut server = Server::start(family, &address.to_string(), "server", &scene.dial()).await;
    let said = soon("the server to say that it serves", server.says()).await;
    assert_eq!(said, Some(json!({ "serving": true })));
    assert_eq!(call(address).await.unwrap(), "server");
}

async fn serves_without_a_word(family: Family) {
    let scene = Scene::start().await;
    let address = free_address();
    let server = Server::start(family, &address.to_string(), "server", &scene.dial()).await;
    assert_eq!(answer(address).await, "server");
    assert!(server.end().await.is_empty(), "{family:?} says that it serves now");
}
