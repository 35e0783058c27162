//! A merged and resolved Service: the input of `translate`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Defaults, Key, Location, Policy};

/// A Service that takes part, with one resolved policy per port.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its namespace and name.
    pub key: Key,
    /// When it was created (see [`super::object::Service::created`]).
    pub created: i64,
    /// Its TCP ports, in the order of their numbers, each number once.
    pub ports: Vec<Port>,
    /// The ports that are meant when nobody names one.
    pub defaults: Defaults,
}

impl Service {
    /// The port of this number.
    pub fn port(&self, number: u16) -> Option<&Port> {
        self.ports.iter().find(|port| port.number == number)
    }
}

/// One port of a [`Service`].
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// Its number, 1 to 65535.
    pub number: u16,
    /// Its name; may be empty.
    pub name: Arc<str>,
    /// How clients balance over it.
    pub policy: Policy,
    /// Whether its hosts (without hosts: its routes) were said without naming a port. Then they are those of the Service,
    /// and its two default ports share the requests under them.
    pub has_service_hosts: bool,
    /// The keys of the annotations that shaped the policy, on the Service or its Namespace.
    pub annotated: BTreeSet<&'static str>,
    /// Where its `hosts` and its `routes` were written, for those who are told that another Service has one of them.
    pub written: BTreeMap<&'static str, Written>,
}

impl Port {
    /// Where an item of its `hosts` or its `routes` was written; in our annotation of this key, as far as anybody knows.
    pub fn field_of(&self, key: &str, item: &str) -> Location {
        self.written.get(key).map_or_else(|| Location::setting(key), |written| written.field_of(item).clone())
    }
}

/// Where a list was written: in an annotation of ours, or in the words of another product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The field.
    pub field: Location,
    /// The fields of those items that stand elsewhere, each for itself.
    pub items: BTreeMap<Arc<str>, Location>,
}

impl Written {
    /// The field in which an item was written.
    pub fn field_of(&self, item: &str) -> &Location {
        self.items.get(item).unwrap_or(&self.field)
    }
}

/// The fleets of Envoys that get a port.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fleets {
    /// Every fleet (`*`).
    #[default]
    All,
    /// Those of these names.
    Named(BTreeSet<Arc<str>>),
}

impl Fleets {
    /// Whether the fleet of this name gets it. The empty name stands for "a fleet that nobody names".
    pub fn includes(&self, fleet: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(fleet),
        }
    }
}
