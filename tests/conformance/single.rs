//! Streams of the services that have one type each (B06, A05), and of the one whose type is secret (O03, D10).

use chancery::xds::ResourceType::{self, Cluster, Endpoint, Listener, Route, Secret};
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use rig::ads::{self, changes, contents, delta_request, names, sotw_request};
use tonic::Code;

use crate::world::{delta, node, serving};

/// A type that is served, and isn't this one.
const fn other(resource_type: ResourceType) -> ResourceType {
    match resource_type {
        Cluster => Endpoint,
        Endpoint | Listener | Route | Secret => Cluster,
    }
}

#[tokio::test]
async fn b06_a_service_of_one_type_needs_no_type_url_and_takes_no_other() {
    let everything = ResourceType::ALL.map(|resource_type| (resource_type, &["a=1"][..]));
    let server = serving(&everything).await;
    for resource_type in ResourceType::ALL {
        for type_url in ["", resource_type.type_url()] {
            let type_url = type_url.to_owned();
            let mut stream = ads::sotw_of(server.address, resource_type).await.unwrap();
            let request =
                DiscoveryRequest { node: node(), type_url: type_url.clone(), ..sotw_request(Cluster, &["a"]) };
            stream.send(request).await;
            let response = stream.next().await;
            assert_eq!((response.type_url.as_str(), contents(&response)), (resource_type.type_url(), vec!["a=1"]));

            let mut stream = ads::delta_of(server.address, resource_type).await.unwrap();
            stream.send(DeltaDiscoveryRequest { node: node(), type_url, ..delta_request(Cluster, &["a"], &[]) }).await;
            let response = stream.next().await;
            assert_eq!((response.type_url.as_str(), contents(&response)), (resource_type.type_url(), vec!["a=1"]));
        }
        for type_url in [other(resource_type).type_url(), "no.such/Type"] {
            let mut stream = ads::sotw_of(server.address, resource_type).await.unwrap();
            let type_url = type_url.to_owned();
            stream.send(DiscoveryRequest { node: node(), type_url, ..sotw_request(Cluster, &["a"]) }).await;
            let status = stream.end().await.unwrap();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.message().starts_with("type_url: "), "{status}");
            assert!(status.message().contains(resource_type.type_url()), "{status}");
        }
    }
}

#[tokio::test]
async fn b06_polling_is_unimplemented() {
    let server = serving(&[(Cluster, &["a=1"])]).await;
    for resource_type in ResourceType::ALL {
        let status = ads::fetch(server.address, resource_type).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{status}");
        assert!(status.message().contains("Fetch"), "{status}");
    }
}

/// No answer on a stream of clusters says how far the routes are on another. So time has to do: a cluster that is gone
/// stays for five seconds, and the routes that replace those that named it go out at once.
#[tokio::test]
async fn a05_on_streams_of_their_own_old_clusters_stay_until_routes_have_moved() {
    let mut server = serving(&[(Cluster, &["x=1", "y=1"]), (Route, &["http=1>x"])]).await;
    let mut clusters = ads::delta_of(server.address, Cluster).await.unwrap();
    clusters.ask(node(), Cluster, &[]).await;
    clusters.take().await;
    let mut routes = ads::delta_of(server.address, Route).await.unwrap();
    routes.ask(node(), Route, &["http"]).await;
    routes.take().await;

    server.lose(Cluster, &["x"]);
    server.have(Route, &["http=2>y"]);
    server.have(Cluster, &["y=2"]);
    server.publish();
    // What changes isn't held up by what goes.
    assert_eq!(changes(&clusters.take().await), (vec!["y=2"], vec![]));
    assert_eq!(contents(&routes.take().await), ["http=2"]);
    clusters.change(Cluster, &["marker"], &[]).await;
    assert_eq!(clusters.take().await.removed_resources, ["marker"], "x is still there");
    assert_eq!(clusters.take().await.removed_resources, ["x"]);
}

#[tokio::test]
async fn o03_secrets_are_for_those_who_name_them_and_rotation_is_a_change() {
    let mut server = serving(&[(Secret, &["a=1", "b=1"])]).await;
    let mut stream = ads::delta_of(server.address, Secret).await.unwrap();
    stream.ask(node(), Secret, &["*"]).await;
    stream.change(Secret, &["a"], &[]).await;
    assert_eq!(names(&stream.take().await), ["a"], "a wildcard is worth nothing");
    server.have(Secret, &["a=rotated", "b=rotated"]);
    server.publish();
    assert_eq!(contents(&stream.take().await), ["a=rotated"]);

    // Who belongs to another fleet has other secrets.
    let other = Some(ads::envoy("envoy-2", "other"));
    server.world.fleets.insert("other".into(), std::sync::Arc::default());
    server.publish();
    let mut stream = ads::sotw_of(server.address, Secret).await.unwrap();
    stream.ask(other, Secret, &["a"]).await;
    server.world.fleets.clear();
    server.publish();
    assert_eq!(contents(&stream.next().await), ["a=rotated"], "it came only with the fleet's right to it");
}

#[tokio::test]
async fn d10_a_secret_that_is_gone_is_not_removed() {
    let mut server = serving(&[(Secret, &["a=1"]), (Cluster, &["c=1"])]).await;
    let mut client = delta(&server).await;
    client.ask(node(), Secret, &["a", "missing"]).await;
    assert_eq!(changes(&client.take().await), (vec!["a=1"], vec![]));
    server.lose(Secret, &["a"]).publish();
    client.silent(Cluster).await;
}
