//! The part of the configuration that rendering depends on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::translate::envoy::ListenerOptions;
use crate::xds::Name;

/// What rendering depends on besides the model. It doesn't change while the process runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderOptions {
    /// The DNS domain of the cluster, without a dot at either end: `cluster.local`.
    pub cluster_domain: Arc<str>,
    /// How the Envoys listen whose fleet isn't in [`Self::fleets`].
    pub listener: ListenerOptions,
    /// How the Envoys of these fleets listen.
    pub fleets: BTreeMap<Name, ListenerOptions>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { cluster_domain: "cluster.local".into(), listener: ListenerOptions::default(), fleets: BTreeMap::new() }
    }
}
