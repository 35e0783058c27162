//! The services beside discovery on the xDS port, over a real socket: load reporting, health, reflection.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod envoy;
mod health;
mod load;
mod reflection;

use std::net::SocketAddr;
use std::time::Duration;

use chancery::server::ServerLimits;
use chancery::xds::ResourceType::Cluster;
use rig::control_plane::ControlPlane;
use rig::soon;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use load::{Reporter, sends_all};
use reflection::Reflection;

const ADS: &str = "envoy.service.discovery.v3.AggregatedDiscoveryService";

/// A control plane with these clusters.
async fn with_clusters(names: &[&str]) -> ControlPlane {
    let mut control_plane = ControlPlane::start().await;
    for name in names {
        control_plane.put(Cluster, name, "1", &[]);
    }
    control_plane.publish();
    control_plane
}

async fn channel(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    soon("a connection to the server", endpoint.connect()).await.unwrap()
}

#[tokio::test]
async fn open_streams_do_not_hold_up_the_end_of_the_server() {
    let control_plane = with_clusters(&["a"]).await;
    let mut reporter = Reporter::start(control_plane.address, sends_all("e")).await;
    reporter.next().await;
    let mut health = HealthClient::new(channel(control_plane.address).await);
    let watch = health.watch(HealthCheckRequest::default()).await.unwrap();
    let mut reflection = Reflection::open(control_plane.address).await;
    reflection.ask(MessageRequest::ListServices(String::new())).await;
    control_plane.stop().await;
    assert!(reporter.responses.message().await.unwrap().is_none());
    drop((watch, reflection));
}

/// All of them are on the connection of the discovery stream, which would otherwise never get away.
#[tokio::test]
async fn open_streams_do_not_keep_an_old_connection() {
    let age = Duration::from_millis(300);
    let limits = ServerLimits { max_connection_age: Some(age), ..ServerLimits::default() };
    let mut control_plane = ControlPlane::start_limited(limits).await;
    control_plane.put(Cluster, "a", "1", &[]).publish();
    let mut reporter = Reporter::start(control_plane.address, sends_all("e")).await;
    reporter.next().await;
    let mut health = HealthClient::new(channel(control_plane.address).await);
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    watch.message().await.unwrap().unwrap();
    let mut reflection = Reflection::open(control_plane.address).await;
    reflection.ask(MessageRequest::ListServices(String::new())).await;
    assert!(soon("the end of the reports", reporter.responses.message()).await.unwrap().is_none());
    assert!(soon("the end of the watch", watch.message()).await.unwrap().is_none());
    assert!(soon("the end of the answers", reflection.answers.message()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_reporter_takes_one_of_the_places_for_streams() {
    let limits = ServerLimits { max_streams: 1, ..ServerLimits::default() };
    let mut control_plane = ControlPlane::start_limited(limits).await;
    control_plane.put(Cluster, "a", "1", &[]).publish();
    let mut reporter = Reporter::start(control_plane.address, sends_all("e")).await;
    reporter.next().await;
    let status = Reporter::open(control_plane.address).await.err().unwrap();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
}
