//! IPv4 and IPv6: an Envoy finds its server at whichever address of a name answers, and `[::]` is both.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use chancery::app::render_options;
use chancery::pipeline::offline;
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::Snapshot;
use rig::addresses::free_address;
use rig::control_plane::ControlPlane;
use rig::envoy::{Variant, printed};
use rig::http::ask;
use rig::soon;

use crate::matrix::Combination;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envoy_1_36() {
    both(Combination::enter(0, Variant::AdsDelta).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envoy_1_38() {
    both(Combination::enter(1, Variant::AdsDelta).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envoy_1_40() {
    both(Combination::enter(2, Variant::AdsDelta).await).await;
}

async fn both(combination: Combination) {
    for server in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        answers_at_both(&combination, server).await;
    }
}

/// The server is at one address only of `localhost`, which Envoys resolve to both. Envoy's own two addresses take both.
async fn answers_at_both(combination: &Combination, server: IpAddr) {
    let [admin, listener] = [free_address(), free_address()].map(|free| everywhere(free.port()));
    let mut control_plane = ControlPlane::start_at((server, free_address().port()).into()).await;
    let input = PathBuf::from("tests/golden/settings/retries/in.yaml");
    let loaded = manifests::load(std::slice::from_ref(&input), Conversion::default()).unwrap();
    let world = offline(loaded.events, render_options("cluster.local", listener, [])).world;
    control_plane.everyone = Snapshot::clone(&world.everyone);
    control_plane.publish();
    let server = format!("--server=localhost:{}", control_plane.address.port());
    let bootstrap = printed(&["--fleet=test", &server, &format!("--admin-address={admin}")]);
    let mut proxy = combination.start(&bootstrap, (Ipv4Addr::LOCALHOST, admin.port()).into());
    proxy.ready("http").await;
    proxy.rejected_nothing().await;
    for address in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        for (what, port) in [("admin interface", admin.port()), ("listener", listener.port())] {
            let what = format!("{combination}, server at {server}: the {what} at {address}");
            soon(&what, async { while ask((address, port).into(), "/ready").await.is_none() {} }).await;
        }
    }
}

fn everywhere(port: u16) -> SocketAddr {
    (Ipv6Addr::UNSPECIFIED, port).into()
}
