//! The identity of a client, from the node of its first request: its name, its view of the configuration, its place.
//!
//! The node's id is the client's name in logs and never a key of any state: several streams of one id are several clients.
//! Which snapshot it gets follows from its [`Target`], and how located resources look to it from its [`Place`].

mod node;
#[cfg(test)]
mod tests;

use crate::xds::{ClientKind, Name, Place, Target};

use node::Locality;

pub use node::Node;

/// The key of the node metadata that states the kind of a client, whatever the rest of its node says.
pub const CLIENT_METADATA: &str = "chancery.dev/client";

/// The longest name of a zone or of a Kubernetes node, in bytes (that of a node; a zone is the value of a label).
const MAX_PLACE_BYTES: usize = 253;

/// The identity of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its `node.id`.
    pub node_id: String,
    /// Its software, for the log: `envoy 1.40.0`, `gRPC Go`; empty if the node has none.
    pub user_agent: String,
    /// Which snapshot it gets.
    pub target: Target,
    /// Where it runs: its zone is `node.locality.zone`, its Kubernetes node `node.locality.sub_zone`.
    pub place: Place,
}

/// A node that doesn't identify a client. A retry doesn't help; the client's bootstrap must change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The first request of the stream has no node.
    #[error("node: missing in the first request of the stream; set node.id and node.cluster in the client's bootstrap")]
    NoNode,
    /// The node has no id.
    #[error("node.id: empty; set it in the client's bootstrap, for example to the name of its pod")]
    NoId,
    /// The metadata that states the kind of a client has an unknown value.
    #[error("node.metadata[{CLIENT_METADATA}]: \"{0}\": expected envoy or grpc")]
    UnknownClient(String),
}

/// The identity of the client with this node.
pub fn identify(node: Option<&Node>) -> Result<Client, IdentityError> {
    let node = node.ok_or(IdentityError::NoNode)?;
    if node.id.is_empty() {
        return Err(IdentityError::NoId);
    }
    let kind = match stated_kind(node)? {
        Some(kind) => kind,
        None if looks_like_grpc(node) => ClientKind::Grpc,
        None => ClientKind::Envoy,
    };
    Ok(Client {
        node_id: node.id.clone(),
        user_agent: user_agent(node),
        target: Target { kind, fleet: Name::from(node.cluster.as_str()) },
        place: place(&node.locality),
    })
}

/// The client's place. A text that is too long for a name counts as none.
fn place(Locality { zone, sub_zone }: &Locality) -> Place {
    let name = |text: &str| Name::from(if text.len() <= MAX_PLACE_BYTES { text } else { "" });
    Place { zone: name(zone), node: name(sub_zone) }
}

fn stated_kind(node: &Node) -> Result<Option<ClientKind>, IdentityError> {
    let Some(value) = &node.metadata.client else {
        return Ok(None);
    };
    match value.string_value.as_deref() {
        Some(word) if word == ClientKind::Envoy.as_str() => Ok(Some(ClientKind::Envoy)),
        Some(word) if word == ClientKind::Grpc.as_str() => Ok(Some(ClientKind::Grpc)),
        Some(word) => Err(IdentityError::UnknownClient(word.chars().take(80).collect())),
        None => Err(IdentityError::UnknownClient("not a string".to_owned())),
    }
}

fn looks_like_grpc(node: &Node) -> bool {
    node.features.is_grpc || node.user_agent_name.starts_with("gRPC")
}

fn user_agent(node: &Node) -> String {
    let version = match &node.user_agent_build_version.version {
        Some(version) => format!("{}.{}.{}", version.major_number, version.minor_number, version.patch),
        None => node.user_agent_version.clone(),
    };
    format!("{} {version}", node.user_agent_name).trim().to_owned()
}
