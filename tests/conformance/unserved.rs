//! Types that aren't served (B07, D12), and names that are URLs (G04).

use chancery::xds::ResourceType::{Cluster, Endpoint};
use data_plane_api::discovery::{DeltaDiscoveryRequest, DiscoveryRequest};
use rig::ads::{changes, contents, delta_request, sotw_request};

use crate::world::{delta, node, serving, sotw};

const ECDS: &str = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
const RTDS: &str = "type.googleapis.com/envoy.service.runtime.v3.Runtime";
const VHDS: &str = "type.googleapis.com/envoy.config.route.v3.VirtualHost";

#[tokio::test]
async fn b07_in_delta_nobody_waits_for_what_is_not_served() {
    let server = serving(&[(Cluster, &["a=1"])]).await;
    let mut client = delta(&server).await;
    for (n, type_url) in [ECDS, RTDS, "example.com/Private"].into_iter().enumerate() {
        let request = delta_request(Cluster, &["r", "s"], &[]);
        let node = if n == 0 { node() } else { None };
        client.send(DeltaDiscoveryRequest { node, type_url: type_url.to_owned(), ..request }).await;
        let response = client.next().await;
        assert_eq!(response.type_url, type_url);
        assert_eq!(changes(&response), (vec![], vec!["r", "s"]));
        client.ack(&response).await;
    }
    client.ask(None, Cluster, &[]).await;
    assert_eq!(contents(&client.take().await), ["a=1"], "the types that are served go on");
    client.silent(Endpoint).await;
}

#[tokio::test]
async fn b07_in_the_state_of_the_world_an_unserved_type_is_met_with_silence() {
    let server = serving(&[(Cluster, &["a=1"])]).await;
    let mut client = sotw(&server).await;
    for type_url in [ECDS, RTDS, VHDS, "example.com/Private"] {
        let request = sotw_request(Cluster, &["r"]);
        client.send(DiscoveryRequest { node: node(), type_url: type_url.to_owned(), ..request }).await;
    }
    client.silent(Cluster).await;
}

#[tokio::test]
async fn d12_a_virtual_host_on_demand_is_an_alias_of_nothing() {
    let server = serving(&[(Cluster, &["a=1"])]).await;
    let mut client = delta(&server).await;
    let request = delta_request(Cluster, &["http/a.example"], &[]);
    client.send(DeltaDiscoveryRequest { node: node(), type_url: VHDS.to_owned(), ..request }).await;
    let response = client.next().await;
    let [resource] = &response.resources[..] else { panic!("one resource: {response:?}") };
    assert_eq!((resource.name.as_str(), &resource.aliases[..]), ("http/a.example", &["http/a.example".to_owned()][..]));
    assert!(resource.resource.is_none() && resource.version.is_empty());
    assert!(response.removed_resources.is_empty());
}

/// Chancery names nothing by URL and has no collections; so a glob is a name that doesn't exist.
#[tokio::test]
async fn g04_the_order_of_context_parameters_is_free_and_an_empty_glob_is_said_to_be_empty() {
    let mut server = serving(&[]).await;
    server.put(Endpoint, "xdstp://cp/T/cart?a=1&b=2", "here", &[]).publish();
    let mut client = delta(&server).await;
    let asked = ["xdstp://cp/T/cart?b=2&a=1", "xdstp://cp/T/carts/*?b=2&a=1", "xdstp://cp/T/other"];
    client.ask(node(), Endpoint, &asked).await;
    let response = client.take().await;
    assert_eq!(response.resources[0].name, "xdstp://cp/T/cart?a=1&b=2");
    assert_eq!(changes(&response), (vec!["here"], vec!["xdstp://cp/T/carts/*?a=1&b=2", "xdstp://cp/T/other"]));

    let mut client = sotw(&server).await;
    client.ask(node(), Endpoint, &asked).await;
    assert_eq!(contents(&client.next().await), ["here"]);
}
