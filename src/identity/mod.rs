//! Who a client is, and so what it may see.
//!
//! A client says who it is in the node of its first request. The node's id is its name in logs and never a key of any
//! state: several streams of one id are several clients. What it sees is decided by its [`Target`], and from
//! where it sees it by its [`Place`].

mod node;
#[cfg(test)]
mod tests;

use crate::xds::{ClientKind, Name, Place, Target};

pub use node::{BuildVersion, Locality, Metadata, Node, Value};

/// The node metadata by which a client says what it is, whatever the rest of its node looks like.
pub const CLIENT_METADATA: &str = "chancery.dev/client";

/// The longest name of a zone or of a Kubernetes node, in bytes (that of a node; a zone is the value of a label).
const MAX_PLACE_BYTES: usize = 253;

/// A client, as it introduced itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its `node.id`.
    pub node_id: String,
    /// What it runs, for the log: `envoy 1.40.0`, `gRPC Go`; empty if it didn't say.
    pub user_agent: String,
    /// What it sees.
    pub target: Target,
    /// Where it runs: its zone is `node.locality.zone`, its Kubernetes node `node.locality.sub_zone`.
    pub place: Place,
}

/// A client that can't be told from others. A retry doesn't help; its bootstrap must change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The first request of the stream has no node.
    #[error("node: missing in the first request of the stream; set node.id and node.cluster in the client's bootstrap")]
    NoNode,
    /// The node has no id.
    #[error("node.id: empty; set it in the client's bootstrap, for example to the name of its pod")]
    NoId,
    /// The metadata that decides what a client is has a word that isn't known.
    #[error("node.metadata[{CLIENT_METADATA}]: \"{0}\": expected envoy or grpc")]
    UnknownClient(String),
}

/// Who the client of this node is.
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

/// What is too long to be a name is kept for nobody.
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
    node.has_grpc_feature || node.user_agent_name.starts_with("gRPC")
}

fn user_agent(node: &Node) -> String {
    let version = match &node.user_agent_build_version.version {
        Some(version) => format!("{}.{}.{}", version.major_number, version.minor_number, version.patch),
        None => node.user_agent_version.clone(),
    };
    format!("{} {version}", node.user_agent_name).trim().to_owned()
}
