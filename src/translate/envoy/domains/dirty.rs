//! Which virtual hosts a change of claims may change.

use std::collections::BTreeSet;

use super::pattern::{EVERY_DOMAIN, covers_host, is_wildcard, split};
use super::{Domains, PortRoutes};
use crate::model::{Key, Requests};
use crate::xds::Name;

/// The virtual hosts that have to be rendered again after a change.
#[derive(Debug, Default)]
pub struct DirtyVirtualHosts {
    /// Of Service ports, by the names of their clusters.
    pub ports: BTreeSet<Name>,
    /// Of Services, whose two default ports share the requests.
    pub services: BTreeSet<Key>,
    /// Of domains that `hosts` of some port name, or did.
    pub domains: BTreeSet<Name>,
}

impl DirtyVirtualHosts {
    /// Marks the virtual host of a port, and that of its Service if it shares requests with another port.
    pub(super) fn mark_port(&mut self, port: &PortRoutes) {
        self.ports.insert(Name::clone(&port.name));
        if port.claims().any(|claim| claim.requests != Requests::All) {
            self.services.insert(port.key.clone());
        }
    }
}

impl Domains {
    /// Marks what a claim on this domain, new or gone, may change.
    pub(super) fn mark(&self, domain: &Name, dirty: &mut DirtyVirtualHosts) {
        self.mark_claimants(domain, dirty);
        let (host, port) = split(domain);
        if port.is_some() && self.by_hosts.contains(host) {
            self.mark_claimants(&Name::from(host), dirty);
        }
        if !self.by_hosts.contains(domain) {
            return;
        }
        if is_wildcard(host) {
            dirty.domains.insert(EVERY_DOMAIN.into());
            for covered in self.by_hosts.iter().filter(|one| covers_host(host, split(one).0)) {
                self.mark_claimants(covered, dirty);
            }
        } else {
            let with_ports = self.by_hosts.range(Name::from(host)..).take_while(|one| one.starts_with(host));
            for same in with_ports.filter(|one| split(one).0 == host) {
                self.mark_claimants(same, dirty);
            }
        }
    }

    /// Marks the virtual hosts of a domain and of all ports that claim it.
    fn mark_claimants(&self, domain: &Name, dirty: &mut DirtyVirtualHosts) {
        for claimant in self.claimants.get(domain).into_iter().flatten() {
            dirty.mark_port(&claimant.port);
        }
        if self.by_hosts.contains(domain) {
            dirty.domains.insert(Name::clone(domain));
            if split(domain).1.is_none() {
                let ports = self.ports_of_wildcards_over(domain);
                dirty.domains.extend(ports.iter().map(|port| Name::from(format!("{domain}:{port}"))));
            }
        }
    }
}
