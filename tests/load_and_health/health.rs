//! gRPC health checking.

use chancery::xds::ResourceType::Cluster;
use rig::control_plane::ControlPlane;
use rig::soon;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::{ADS, channel, with_clusters};

async fn check(client: &mut HealthClient<Channel>, service: &str) -> Result<ServingStatus, Status> {
    let response = client.check(HealthCheckRequest { service: service.to_owned() }).await?;
    Ok(response.into_inner().status())
}

#[tokio::test]
async fn health_says_whether_there_is_something_to_serve() {
    let mut control_plane = ControlPlane::start().await;
    let mut client = HealthClient::new(channel(control_plane.address).await);
    let mut watches = Vec::new();
    for service in ["", ADS] {
        assert_eq!(check(&mut client, service).await.unwrap(), ServingStatus::NotServing);
        let mut watch = client.watch(HealthCheckRequest { service: service.to_owned() }).await.unwrap().into_inner();
        assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
        watches.push(watch);
    }
    control_plane.put(Cluster, "a", "1", &[]).publish();
    for (watch, service) in watches.iter_mut().zip(["", ADS]) {
        let status = soon("a change", watch.message()).await.unwrap().unwrap().status();
        assert_eq!(status, ServingStatus::Serving);
        assert_eq!(check(&mut client, service).await.unwrap(), ServingStatus::Serving);
    }
    // Another publication is no change.
    control_plane.put(Cluster, "b", "1", &[]).publish();
    let stopping = tokio::spawn(control_plane.stop());
    for watch in &mut watches {
        let status = soon("a change", watch.message()).await.unwrap().unwrap().status();
        assert_eq!(status, ServingStatus::NotServing);
        assert!(soon("the end", watch.message()).await.unwrap().is_none());
    }
    drop((client, watches));
    stopping.await.unwrap();
}

#[tokio::test]
async fn the_health_of_what_is_not_served_is_unknown() {
    let control_plane = with_clusters(&["a"]).await;
    let mut client = HealthClient::new(channel(control_plane.address).await);
    let mut watch = client.watch(HealthCheckRequest { service: "shop.Cart".into() }).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::ServiceUnknown);
    let status = check(&mut client, "shop.Cart").await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(status.message().starts_with("service: "), "{status}");
    assert_eq!(check(&mut client, "").await.unwrap(), ServingStatus::Serving);
}
