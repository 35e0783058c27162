//! Churn under load: whatever comes, changes, moves and goes, and whichever server dies, no request fails, and in the end
//! an Envoy holds what the manifests say.
//!
//! ```text
//!  manifests ─▶ 2 × chancery serve ─xDS─▶ Envoy ◀── load, 200 requests a second
//!     ▲                                     │
//!  the story ── starts, drains ──▶ pods ◀───┘
//! ```
//!
//! - [`scene`]: all of the above, and what can be done to it.
//! - [`replicas`]: the servers, which are the real program.
//! - [`own`]: what the owner of the Envoy configures beside Chancery.
//!
//! With separate streams the program is still the real one, so its clusters and listeners say that their assignments and
//! routes come from ADS (see [`super::separate`]). Clusters and listeners come on streams of their own; so do the
//! assignment and the routes that [`own`] asks for, and most of the load goes there; the rest comes by ADS, where
//! nobody asks for clusters or listeners.

mod own;
mod replicas;
mod scene;

use rig::deployment::Workload as _;
use rig::manifests::Condition;
use scene::{Color, Left, Scene};

use crate::matrix::Combination;

every_combination!(super::nothing_fails);

async fn nothing_fails(combination: Combination) {
    let mut scene = Scene::start(&combination).await;
    scene.settled("the start").await;
    a_host_moves(&scene, &[Color::Green, Color::Blue, Color::Green]).await;
    others_come_and_change(&scene).await;
    pods_come_and_go(&mut scene).await;
    scene.holds_nothing_else("all that").await;
    a_host_moves(&scene, &[Color::Blue]).await;
    a_server_dies_and_nothing_is_new(&mut scene).await;
    others_go(&scene).await;
    a_server_dies(&mut scene).await;
    all_servers_die(&mut scene).await;
    scene.end().await;
}

async fn others_come_and_change(scene: &Scene) {
    for name in ["apples", "bananas", "cherries"] {
        scene.other(name, &[], &[1, 2]);
    }
    scene.settled("three more Services").await;
    // With separate streams, Envoy would wait 15 s for the assignment of the changed cluster: it comes on another stream,
    // where nothing new is due.
    if !scene.is_separate() {
        scene.other("apples", &[("lb-policy", "least-request")], &[1, 2]);
    }
    scene.other("bananas", &[("hosts", "bananas.test")], &[1, 2]);
    scene.other("cherries", &[], &[2, 3, 4]);
    scene.settled("changes of the cluster, the routes and the endpoints of a Service").await;
}

async fn others_go(scene: &Scene) {
    scene.remove_other("apples");
    scene.other("bananas", &[], &[]);
    scene.settled("a Service less, and one without endpoints").await;
}

async fn pods_come_and_go(scene: &mut Scene) {
    for _ in 0..2 {
        let new = scene.cart.start_pod().await.unwrap();
        let since = scene.cart.list(&new, Condition::Ready).unwrap();
        scene.answers("cart.shop:50051", &new, since).await;
        let old = scene.cart.pods().next().unwrap().name().to_owned();
        scene.cart.list(&old, Condition::Terminating).unwrap();
        scene.settled("a pod that drains").await;
        scene.end_pod(&old).await;
        scene.settled("a pod less").await;
    }
}

async fn a_host_moves(scene: &Scene, moves: &[Color]) {
    for to in moves {
        let since = scene.move_host(*to, Left::Goes);
        scene.answers("moving.test", to.pod(), since).await;
        scene.settled("a host that moved to a new Service while its old one went").await;
    }
}

/// The other server knows nothing of this Envoy, and sends an incremental one nothing that it holds.
async fn a_server_dies_and_nothing_is_new(scene: &mut Scene) {
    let before = scene.taken().await;
    let dead = scene.replicas.kill_the_used_one().await;
    scene.replicas.until_taken(1 - dead).await;
    if scene.is_incremental() {
        assert_eq!(scene.taken().await, before, "{}: Envoy took something again that it held", scene.what);
    }
    scene.settled("a change of servers").await;
    scene.replicas.start(dead).await;
}

/// The Service that the host leaves stays here: a new stream doesn't know which cluster the routes of its client name (see
/// the known faults on the page of the crate). Separate streams come back one by one, so there, where the host moves to
/// must be known before, too.
async fn a_server_dies(scene: &mut Scene) {
    if scene.is_separate() {
        scene.move_host(Color::Blue, Left::Stays);
        scene.settled("a Service that will get the host").await;
    }
    let dead = scene.replicas.kill_the_used_one().await;
    let since = scene.move_host(Color::Green, Left::Stays);
    scene.other("dates", &[], &[5]);
    scene.answers("moving.test", Color::Green.pod(), since).await;
    scene.settled("a change while one of two servers is dead").await;
    scene.replicas.start(dead).await;
    // Those who changed the server once come back to the one that was dead.
    scene.replicas.kill_the_used_one().await;
    let since = scene.move_host(Color::Blue, Left::Stays);
    scene.remove_other("bananas");
    scene.answers("moving.test", Color::Blue.pod(), since).await;
    scene.settled("a change after the other one died").await;
}

async fn all_servers_die(scene: &mut Scene) {
    let dead = scene.replicas.kill_the_used_one().await;
    let since = scene.move_host(Color::Green, Left::Stays);
    scene.other("elderberries", &[], &[6]);
    scene.remove_other("dates");
    // As above. What the new stream is told of it is a cluster that Envoy doesn't hold, with an assignment that it does.
    if !scene.is_separate() {
        scene.other("cherries", &[("lb-policy", "least-request")], &[2, 3, 4]);
    }
    let new = scene.cart.start_pod().await.unwrap();
    scene.cart.list(&new, Condition::Ready).unwrap();
    scene.replicas.start(dead).await;
    scene.answers("cart.shop:50051", &new, since).await;
    scene.settled("changes that no server saw happen").await;
}
