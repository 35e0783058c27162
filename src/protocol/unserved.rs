//! Types that Chancery doesn't serve, on streams that carry others too.
//!
//! A client may ask for anything on an ADS stream: extensions (ECDS), runtime layers (RTDS), virtual hosts (VHDS), types
//! of its own. There is no resource of them, and the stream goes on. In the state of the world that is said by silence;
//! in delta the names come back as absent, so that nobody waits for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::name_list::NameList;
use super::subscription::{WILDCARD, cost};
use crate::xds::Name;

/// How many types that aren't served a stream may ask for, and be answered. Envoy has fewer types than that.
const MAX_TYPES: usize = 16;

const VIRTUAL_HOST: &str = "type.googleapis.com/envoy.config.route.v3.VirtualHost";

/// A delta response that says there are no resources of these names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// The type that was asked for.
    pub type_url: Arc<str>,
    /// Its nonce.
    pub nonce: String,
    /// The names that were asked for, in order, each once; never empty.
    pub names: Vec<Name>,
}

impl Absence {
    /// Whether the names are aliases, of which it is said by a resource without content that there is nothing behind
    /// them (xDS protocol, "VHDS"): a request waits in Envoy for that answer, and a removal wouldn't end its wait.
    pub fn is_of_aliases(&self) -> bool {
        &*self.type_url == VIRTUAL_HOST
    }
}

/// What one stream asked for and won't get.
#[derive(Debug, Default)]
pub(super) struct Unserved(BTreeMap<Arc<str>, Wait>);

#[derive(Debug, Default)]
struct Wait {
    names: BTreeSet<Name>,
    unanswered: Option<String>,
}

impl Unserved {
    /// Takes in a delta request for such a type.
    pub fn on_request(&mut self, type_url: &str, nonce: &str, subscribe: &NameList, unsubscribe: &NameList) {
        if !self.0.contains_key(type_url) && self.0.len() == MAX_TYPES {
            return;
        }
        let wait = self.0.entry(type_url.into()).or_default();
        wait.unanswered.take_if(|unanswered| unanswered == nonce);
        wait.names.extend(subscribe.iter().filter(|name| *name != WILDCARD).map(Name::from));
        for name in unsubscribe.iter() {
            wait.names.remove(name);
        }
    }

    /// About what the names that wait for their answer cost in memory.
    pub fn bytes(&self) -> usize {
        self.0.values().flat_map(|wait| &wait.names).map(|name| cost(name)).sum()
    }

    /// The type whose names can be answered now, and the names; `nonce` is what the answer will have.
    pub fn poll(&mut self, nonce: impl FnOnce() -> String) -> Option<Absence> {
        let (type_url, wait) =
            self.0.iter_mut().find(|(_, wait)| wait.unanswered.is_none() && !wait.names.is_empty())?;
        let nonce = nonce();
        wait.unanswered = Some(nonce.clone());
        Some(Absence {
            type_url: Arc::clone(type_url),
            nonce,
            names: std::mem::take(&mut wait.names).into_iter().collect(),
        })
    }
}
