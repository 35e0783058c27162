//! The resource types that Chancery serves.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One kind of xDS resource.
///
/// The order of the variants is the order in which a change that spans several of them is pushed: CDS, EDS, LDS, RDS
/// (xDS protocol, "Eventual consistency considerations"), and last what they may refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ResourceType {
    /// `envoy.config.cluster.v3.Cluster`, served by CDS.
    #[serde(rename = "cds")]
    Cluster,
    /// `envoy.config.endpoint.v3.ClusterLoadAssignment`, served by EDS.
    #[serde(rename = "eds")]
    Endpoint,
    /// `envoy.config.listener.v3.Listener`, served by LDS.
    #[serde(rename = "lds")]
    Listener,
    /// `envoy.config.route.v3.RouteConfiguration`, served by RDS.
    #[serde(rename = "rds")]
    Route,
    /// `envoy.extensions.transport_sockets.tls.v3.Secret`, served by SDS.
    #[serde(rename = "sds")]
    Secret,
}

impl ResourceType {
    /// How many kinds there are.
    pub const COUNT: usize = 5;

    /// Every kind, in push order.
    pub const ALL: [Self; Self::COUNT] = [Self::Cluster, Self::Endpoint, Self::Listener, Self::Route, Self::Secret];

    /// The type URL that stands in requests, responses and every `Any`.
    pub const fn type_url(self) -> &'static str {
        match self {
            Self::Cluster => "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            Self::Endpoint => "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
            Self::Listener => "type.googleapis.com/envoy.config.listener.v3.Listener",
            Self::Route => "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
            Self::Secret => "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        }
    }

    /// The kind of this type URL, if Chancery serves it.
    pub fn from_type_url(type_url: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource_type| resource_type.type_url() == type_url)
    }

    /// The short word for it in metrics, logs and the names of golden files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cds",
            Self::Endpoint => "eds",
            Self::Listener => "lds",
            Self::Route => "rds",
            Self::Secret => "sds",
        }
    }

    /// Whether a first request without names means "everything" (legacy wildcard; xDS protocol, "How the client
    /// specifies what resources to return": only LDS and CDS have it).
    ///
    /// The same two kinds are sent whole in state-of-the-world responses, where absence deletes ("Grouping Resources
    /// into Responses").
    pub const fn is_whole_world(self) -> bool {
        matches!(self, Self::Cluster | Self::Listener)
    }

    /// Whether `*` means anything for this kind. Secrets are only sent to clients that name them: that one exists is
    /// part of the secret.
    pub const fn has_wildcard(self) -> bool {
        !matches!(self, Self::Secret)
    }

    /// Whether a client is told that a resource it holds is gone.
    ///
    /// Envoy rejects a removal of a secret (envoy issue 32832), and could do nothing sensible with it: what refers to
    /// the secret has to go first.
    pub const fn is_ever_removed(self) -> bool {
        !matches!(self, Self::Secret)
    }

    /// The kind that a resource of this kind refers to by name, and that a client asks for because of it.
    ///
    /// A Cluster names its assignment, a Listener its route configuration. (A route names clusters too, but nobody
    /// *asks* for clusters because of a route.)
    pub const fn dependency(self) -> Option<Self> {
        match self {
            Self::Cluster => Some(Self::Endpoint),
            Self::Listener => Some(Self::Route),
            Self::Endpoint | Self::Route | Self::Secret => None,
        }
    }

    /// Position in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::ResourceType;

    #[test]
    fn programs_read_the_same_words() {
        for resource_type in ResourceType::ALL {
            assert_eq!(serde_json::to_value(resource_type).unwrap(), resource_type.as_str());
        }
    }
}
