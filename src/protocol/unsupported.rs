//! Resource types that Chancery doesn't serve, on streams that carry others too.
//!
//! A client may ask for any type on an ADS stream: extensions (ECDS), runtime layers (RTDS), virtual hosts (VHDS), types
//! of its own. None has resources, and the stream goes on. In the state of the world no response says so; in delta the
//! names are reported as removed, so that the client doesn't wait for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::name_list::NameList;
use super::subscription::{WILDCARD, cost};
use crate::xds::Name;

/// How many unsupported types a stream may ask for and get responses of. Envoy has fewer types than that.
const MAX_TYPES: usize = 16;

const VIRTUAL_HOST: &str = "type.googleapis.com/envoy.config.route.v3.VirtualHost";

/// A delta response that says that resources don't exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotFoundResponse {
    /// The type URL of the request.
    pub type_url: Arc<str>,
    /// The nonce.
    pub nonce: String,
    /// The names of the request, in order, each once; never empty.
    pub names: Vec<Name>,
}

impl NotFoundResponse {
    /// Whether the names are aliases, which are answered by a resource without content (xDS protocol, "VHDS"): Envoy
    /// holds a request until that answer, and a removal wouldn't release it.
    pub fn is_of_aliases(&self) -> bool {
        &*self.type_url == VIRTUAL_HOST
    }
}

/// The unsupported types that one stream asked for.
#[derive(Debug, Default)]
pub(super) struct UnsupportedTypes(BTreeMap<Arc<str>, Pending>);

/// One type of them.
#[derive(Debug, Default)]
struct Pending {
    /// The names of requests that got no response yet.
    names: BTreeSet<Name>,
    /// The nonce of the response that the client hasn't ACKed yet.
    nonce: Option<String>,
}

impl UnsupportedTypes {
    /// Takes in a delta request.
    pub fn on_request(&mut self, type_url: &str, nonce: &str, subscribe: &NameList, unsubscribe: &NameList) {
        if !self.0.contains_key(type_url) && self.0.len() == MAX_TYPES {
            return;
        }
        let pending = self.0.entry(type_url.into()).or_default();
        pending.nonce.take_if(|sent| sent == nonce);
        pending.names.extend(subscribe.iter().filter(|name| *name != WILDCARD).map(Name::from));
        for name in unsubscribe.iter() {
            pending.names.remove(name);
        }
    }

    /// About what the names without a response cost in memory.
    pub fn bytes(&self) -> usize {
        self.0.values().flat_map(|pending| &pending.names).map(|name| cost(name)).sum()
    }

    /// The next response that is due, with this nonce.
    pub fn poll(&mut self, nonce: impl FnOnce() -> String) -> Option<NotFoundResponse> {
        let (type_url, pending) =
            self.0.iter_mut().find(|(_, pending)| pending.nonce.is_none() && !pending.names.is_empty())?;
        let nonce = nonce();
        pending.nonce = Some(nonce.clone());
        Some(NotFoundResponse {
            type_url: Arc::clone(type_url),
            nonce,
            names: std::mem::take(&mut pending.names).into_iter().collect(),
        })
    }
}
