//! What a change costs on the wire.

use chancery::xds::ResourceType::Endpoint;
use prost::Message;
use rig::ads::{self, envoy};
use rig::control_plane::ControlPlane;

use super::client::name;

/// The bytes of the one response to a change, for a client that asks for so many names of so many Services.
async fn bytes_of_a_change(names: usize, services: usize) -> usize {
    let mut control_plane = ControlPlane::start().await;
    for number in 0..services {
        control_plane.put(Endpoint, &name(number), "1", &[]);
    }
    control_plane.publish();
    let names: Vec<String> = (0..names).map(name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut stream = ads::delta(control_plane.address).await.unwrap();
    stream.ask(Some(envoy("e", "f")), Endpoint, &names).await;
    stream.take().await;
    control_plane.put(Endpoint, &name(7), "2", &[]).publish();
    let response = stream.next().await;
    assert_eq!(ads::names(&response), [name(7)]);
    response.encoded_len()
}

#[tokio::test]
async fn a_change_is_all_that_is_sent_of_it() {
    let bytes = bytes_of_a_change(10, 10).await;
    assert_eq!(bytes_of_a_change(1000, 1000).await, bytes);
    assert_eq!(bytes_of_a_change(10, 1000).await, bytes);
}
