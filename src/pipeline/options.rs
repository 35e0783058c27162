//! What the server's configuration says about rendering.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::translate::envoy::ListenerAddress;
use crate::xds::Name;

/// What rendering depends on besides the model. It doesn't change while the process runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderOptions {
    /// The DNS domain of the cluster, without a dot at either end: `cluster.local`.
    pub cluster_domain: Arc<str>,
    /// Where the Envoys listen, unless their fleet has an address of its own.
    pub listener: ListenerAddress,
    /// The fleets with an address of their own.
    pub fleets: BTreeMap<Name, ListenerAddress>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { cluster_domain: "cluster.local".into(), listener: ListenerAddress::default(), fleets: BTreeMap::new() }
    }
}
