//! The effective settings of one port.

use std::collections::BTreeSet;

use crate::model::Policy;

/// What is in force for one port while its layers are laid over each other, and after.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effective {
    /// Whether the port is served at all.
    pub enabled: bool,
    /// How clients balance over it.
    pub policy: Policy,
    /// The keys that were laid on.
    pub annotated: BTreeSet<&'static str>,
    /// Whether its hosts (without hosts: its routes) were said without naming a port.
    pub has_service_hosts: bool,
}
