use clap::{Args, Command, FromArgMatches};
use serde_json::{Value, json};

use super::*;

fn printed(arguments: &[&str]) -> String {
    let command = Grpc::augment_args(Command::new("grpc").no_binary_name(true));
    let grpc = Grpc::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap();
    let mut out = Vec::new();
    grpc.run(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn read(arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(arguments)).unwrap()
}

#[test]
fn without_options_it_is_for_a_chancery_on_this_machine() {
    assert_eq!(
        read(&[]),
        json!({
            "xds_servers": [{
                "server_uri": "127.0.0.1:18000",
                "channel_creds": [{"type": "insecure"}],
                "server_features": ["xds_v3", "ignore_resource_deletion"],
            }],
            // grpc-js refuses a bootstrap without a locality.
            "node": {"id": "grpc", "locality": {}},
            "server_listener_resource_name_template": "grpc/server?xds.resource.listening_address=%s",
        })
    );
}

#[test]
fn the_options_are_in_it() {
    let options = ["--node-id=pod-1", "--zone=eu-1a", "--node-name=worker-1", "--fail-on-deletion"];
    let bootstrap = read(&options);
    assert_eq!(bootstrap["node"], json!({"id": "pod-1", "locality": {"zone": "eu-1a", "sub_zone": "worker-1"}}));
    assert_eq!(bootstrap["xds_servers"][0]["server_features"], json!(["xds_v3"]));
    // As where Kubernetes put nothing in the place of $(ZONE).
    assert_eq!(read(&["--zone=", "--node-name="])["node"]["locality"], json!({}));
}

#[test]
fn servers_keep_their_order_and_are_alike() {
    let bootstrap = read(&["--server=b:1,a:2", "--server", "[::1]:3"]);
    let servers = bootstrap["xds_servers"].as_array().unwrap();
    assert_eq!(servers.iter().map(|server| &server["server_uri"]).collect::<Vec<_>>(), ["b:1", "a:2", "[::1]:3"]);
    let features = |server: &Value| (server["channel_creds"].clone(), server["server_features"].clone());
    assert!(servers.iter().all(|server| features(server) == features(&servers[0])), "{bootstrap}");
}

/// Nothing in it has a meaning to JSON, to Kubernetes or to gRPC but what is meant.
#[test]
fn references_and_odd_names_arrive_as_they_are() {
    let text = printed(&["--node-id=$(POD_NAME)", "--zone=a\"b\\c\n"]);
    assert!(text.contains(r#""id": "$(POD_NAME)""#), "{text}");
    let bootstrap: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(bootstrap["node"]["locality"]["zone"], "a\"b\\c\n");
}

/// The example is, to the letter, what the command prints.
#[test]
fn the_ready_file_is_what_is_printed() {
    let references = ["--node-id=$(POD_NAME)", "--zone=$(ZONE)", "--node-name=$(NODE_NAME)"];
    let ready = include_str!("../../../../manifests/examples/grpc-bootstrap.json");
    assert_eq!(ready, printed(&[&["--server=chancery.chancery:18000"], &references[..]].concat()));
}
