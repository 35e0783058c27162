//! The bootstrap as a message, with its keys in the order of gRPC's own examples.

use serde::Serialize;

use super::{Grpc, HostPort};
use crate::translate::grpc::SERVER_LISTENER;

/// What gRPC reads (gRFC A27).
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Bootstrap<'a> {
    xds_servers: Vec<XdsServer>,
    node: Node<'a>,
    server_listener_resource_name_template: String,
}

#[derive(Debug, Serialize)]
struct XdsServer {
    server_uri: String,
    channel_creds: [Credentials; 1],
    server_features: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Credentials {
    r#type: &'static str,
}

#[derive(Debug, Serialize)]
struct Node<'a> {
    id: &'a str,
    // Even if nothing is known of it: grpc-js refuses a bootstrap without.
    locality: Locality<'a>,
}

#[derive(Debug, Serialize)]
struct Locality<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    zone: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    sub_zone: &'a str,
}

impl Grpc {
    /// The bootstrap.
    pub(in crate::cli) fn message(&self) -> Bootstrap<'_> {
        let Self { node_id, zone, node_name, server: servers, fail_on_deletion } = self;
        let mut server_features = vec!["xds_v3"];
        if !fail_on_deletion {
            server_features.push("ignore_resource_deletion");
        }
        let server = |server: &HostPort| XdsServer {
            server_uri: server.to_string(),
            channel_creds: [Credentials { r#type: "insecure" }],
            server_features: server_features.clone(),
        };
        Bootstrap {
            xds_servers: servers.iter().map(server).collect(),
            node: Node { id: node_id, locality: Locality { zone, sub_zone: node_name } },
            server_listener_resource_name_template: format!("{SERVER_LISTENER}%s"),
        }
    }
}
