//! Which Service port owns which domain, and which path of a domain that several ports share.
//!
//! A port *claims* domains. Where claims exclude each other, there is a *conflict*, which one port *wins*. Where a claim on a
//! wildcard has no effect for a domain that it covers, its path is *shadowed* there.
//!
//! ```text
//! PortRoutes ──claims──▶ Domains ── claimants by domain, the strongest claim first
//!                           │
//!                           ├─ path table: prefix ─▶ owner of gRPC requests, owner of all others
//!                           │
//!            a domain of one port ───────▶ the virtual host of the port
//!            of one Service's defaults ──▶ the virtual host of the Service
//!            that several share ─────────▶ a virtual host of the domain, which goes on with the wildcards that cover it
//! ```

mod dirty;
mod paths;
mod pattern;
mod port_routes;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use dirty::DirtyVirtualHosts;
pub use paths::{ClaimKind, Conflict};
use paths::{Claimant, PathOwners, PathTable, routes};
use pattern::{EVERY_DOMAIN, authority, covering, is_wildcard, split};
pub use port_routes::{DomainClaim, PortRoutes};

use super::route::{EncodedVirtualHost, RouteTo};
use crate::model::Key;
use crate::translate::names;
use crate::translate::route::EVERY_PATH;
use crate::xds::Name;

/// A path that a port claims on a wildcard, and that leads to another port on one of the domains which the wildcard covers,
/// because that port claims the domain itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShadowedPath {
    /// The domain.
    pub domain: Name,
    /// The path prefix.
    pub prefix: Name,
    /// The wildcard on which it is claimed.
    pub wildcard: Name,
    /// The cluster of the port that claims it.
    pub loser: Name,
    /// The Service of that port.
    pub loser_key: Key,
    /// The cluster of the port that requests go to instead.
    pub winner: Name,
    /// The Service of that port.
    pub winner_key: Key,
}

/// Every domain that any port claims, with its claimants, the strongest claim first.
///
/// A name of a Service outranks any claim by `hosts`; among equals the older Service wins, then the one whose key comes
/// first, then the lower port. If the winner by `hosts` has `routes`, the domain is shared by all claimants that have some,
/// each with the path prefixes for which its claim is the strongest; and requests that none of them takes go where the
/// wildcards that cover the domain say, the most specific first. A claim counts only in the fleets that get the claimant, so
/// one domain may belong to different ports in different fleets.
///
/// The two default ports of a Service don't conflict: one takes gRPC requests, the other all others. Where a fleet gets only
/// one of them, that takes all.
#[derive(Debug, Default)]
pub struct Domains {
    claimants: BTreeMap<Name, Vec<Claimant>>,
    /// The domains that `hosts` of some port name.
    by_hosts: BTreeSet<Name>,
}

/// The owner of a whole domain.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Owner<'a> {
    /// One port.
    Port(&'a PortRoutes),
    /// The default ports of one Service.
    Service(&'a Key),
}

impl Domains {
    /// Enters the claims of a port. Adds to `dirty` the virtual hosts that may have changed by it.
    pub fn insert(&mut self, port: &Arc<PortRoutes>, dirty: &mut DirtyVirtualHosts) {
        dirty.mark_port(port);
        for DomainClaim { domain, requests, by_hosts } in port.claims() {
            let claimants = self.claimants.entry(Name::clone(domain)).or_insert_with(|| Vec::with_capacity(1));
            let claimant = Claimant { by_hosts, requests, port: Arc::clone(port) };
            let position = claimants.partition_point(|other| other.compare(&claimant) == Ordering::Less);
            claimants.insert(position, claimant);
            if by_hosts {
                self.by_hosts.insert(Name::clone(domain));
            }
            self.mark(domain, dirty);
        }
    }

    /// Withdraws the claims of a port that was [inserted](Self::insert); for `dirty` see there.
    pub fn remove(&mut self, port: &PortRoutes, dirty: &mut DirtyVirtualHosts) {
        dirty.mark_port(port);
        for DomainClaim { domain, .. } in port.claims() {
            self.mark(domain, dirty);
            let Some(claimants) = self.claimants.get_mut(domain) else { continue };
            claimants.retain(|claimant| claimant.port.name != port.name);
            if !claimants.iter().any(|claimant| claimant.by_hosts) {
                self.by_hosts.remove(domain);
            }
            if claimants.is_empty() {
                self.claimants.remove(domain);
            }
        }
    }

    /// The virtual host of a port in the route configuration of `fleet`: the domains that it owns. `None` if it owns none.
    pub fn port_virtual_host(&self, port: &PortRoutes, fleet: &str) -> Option<EncodedVirtualHost> {
        port.virtual_host(|DomainClaim { domain, requests: _, by_hosts }| match self.owner(domain, fleet) {
            Some(Owner::Port(owner)) if owner.name == port.name && by_hosts => self.envoy_domains(domain, fleet),
            Some(Owner::Port(owner)) if owner.name == port.name => {
                pattern::envoy_domains(domain, port.any_port.contains(domain))
            }
            _ => Vec::new(),
        })
    }

    /// The virtual host of a Service in the route configuration of `fleet`: the domains whose requests its two default ports
    /// share. `None` if there are none.
    pub fn service_virtual_host(
        &self,
        grpc: &PortRoutes,
        http: &PortRoutes,
        fleet: &str,
    ) -> Option<EncodedVirtualHost> {
        let is_shared = |domain: &&Name| self.owner(domain, fleet) == Some(Owner::Service(&grpc.key));
        let any_port = |domain| grpc.any_port.contains(domain) || http.any_port.contains(domain);
        let bare = grpc.bare.iter().filter(is_shared);
        let bare = bare.flat_map(|domain| pattern::envoy_domains(domain, any_port(domain)));
        let hosts = grpc.hosts.iter().filter(is_shared).flat_map(|domain| self.envoy_domains(domain, fleet));
        let domains: Vec<Name> = bare.chain(hosts).collect();
        if domains.is_empty() {
            return None;
        }
        let routes = [(grpc, true), (http, false)].map(|(port, grpc_only)| RouteTo {
            prefix: EVERY_PATH,
            grpc_only,
            authority: None,
            cluster: &port.name,
            action: &port.action,
        });
        Some(EncodedVirtualHost::new(&names::service(&grpc.key), &domains, routes))
    }

    /// The virtual host of a domain in the route configuration of `fleet`; `None` if nobody claims it, or somebody owns all
    /// of it.
    ///
    /// That of every domain begins with what the wildcards without a port have: Envoy doesn't find an authority with a port
    /// by them, as a domain can't have two wildcards.
    pub fn domain_virtual_host(&self, domain: &Name, fleet: &str) -> Option<EncodedVirtualHost> {
        let is_owned = |domain: &Name| self.owner(domain, fleet).is_some();
        if is_owned(domain) || self.implying_host(domain, fleet).is_some_and(|host| is_owned(&host)) {
            return None;
        }
        let mut all = if **domain == *EVERY_DOMAIN { self.wildcards(fleet) } else { Vec::new() };
        if let Some((table, _)) = self.table_with_wildcards(domain, fleet) {
            all.push((None, table));
        }
        if all.is_empty() {
            return None;
        }
        Some(EncodedVirtualHost::new(domain, &self.envoy_domains(domain, fleet), routes(&all)))
    }

    /// The conflicts that `port` loses in the route configuration of `fleet`.
    pub fn conflicts(&self, port: &PortRoutes, fleet: &str) -> Vec<Conflict> {
        let mut conflicts = BTreeSet::new();
        for DomainClaim { domain, .. } in port.claims().filter(|claim| claim.by_hosts) {
            conflicts.extend(paths::conflicts(domain, &self.claimants_in(domain, fleet), port));
        }
        conflicts.into_iter().collect()
    }

    /// The paths that ports claim on a wildcard and that lead elsewhere on this domain, in the route configuration of
    /// `fleet`. The path `/` of every domain is what others leave, so nobody loses it; that of another wildcard is lost to a
    /// port that came later.
    pub fn shadowed(&self, domain: &Name, fleet: &str) -> Vec<ShadowedPath> {
        self.table_with_wildcards(domain, fleet).map(|(_, shadowed)| shadowed).unwrap_or_default()
    }

    /// The path table of a domain that some `hosts` name, and after it those of the wildcards that cover it; with what of
    /// these is shadowed. A host with a port that is only implied has the table of the host.
    fn table_with_wildcards<'a>(&'a self, domain: &Name, fleet: &str) -> Option<(PathTable<'a>, Vec<ShadowedPath>)> {
        let mut covering = covering(domain);
        let mut table = if self.by_hosts.contains(domain) { self.table(domain, fleet) } else { PathTable::default() };
        if table.is_empty() {
            let host = self.implying_host(domain, fleet)?;
            covering.retain(|wildcard| **wildcard != *host);
            table = self.table(&host, fleet);
        }
        let mut shadowed = Vec::new();
        for wildcard in covering.into_iter().filter(|wildcard| self.by_hosts.contains(wildcard)) {
            for (prefix, winner, loser) in table.extend(self.table(&wildcard, fleet)) {
                let is_left = *prefix == *EVERY_PATH && (*wildcard == *EVERY_DOMAIN || !loser.is_older(winner));
                if is_left || winner.key == loser.key {
                    continue;
                }
                shadowed.push(ShadowedPath {
                    domain: Name::clone(domain),
                    prefix: prefix.into(),
                    wildcard: Name::clone(&wildcard),
                    loser: Name::clone(&loser.name),
                    loser_key: loser.key.clone(),
                    winner: Name::clone(&winner.name),
                    winner_key: winner.key.clone(),
                });
            }
        }
        shadowed.sort_unstable();
        shadowed.dedup();
        Some((table, shadowed))
    }

    /// The host without a port that has the requests for this host with a port, which nobody claims: where a wildcard with
    /// that port covers it, Envoy would find the wildcard before the host with any port.
    fn implying_host(&self, domain: &Name, fleet: &str) -> Option<Name> {
        let (host, port) = split(domain);
        let host: Name = host.into();
        let is_claimed = |one: &Name| self.by_hosts.contains(one) && !self.claimants_in(one, fleet).is_empty();
        let is_covered = || covering(domain).iter().any(|wildcard| split(wildcard).1 == port && is_claimed(wildcard));
        let is_free = self.claimants_in(domain, fleet).is_empty();
        (port.is_some() && is_free && is_claimed(&host) && is_covered()).then_some(host)
    }

    /// The ports of the wildcards with a port that cover this domain without one.
    fn ports_of_wildcards_over(&self, domain: &Name) -> BTreeSet<&str> {
        let mut ports = BTreeSet::new();
        for wildcard in covering(domain) {
            let from = format!("{wildcard}:");
            let with_port = self.by_hosts.range(Name::from(from.as_str())..).take_while(|one| one.starts_with(&from));
            ports.extend(with_port.filter_map(|one| split(one).1));
        }
        ports
    }

    /// Of each wildcard without a port: the authorities with a port that it stands for, and its path table; the most specific
    /// first.
    fn wildcards(&self, fleet: &str) -> Vec<(Option<String>, PathTable<'_>)> {
        let from = self.by_hosts.range(Name::from("*.")..);
        let wildcards = from.take_while(|domain| is_wildcard(domain)).filter(|domain| split(domain).1.is_none());
        let tables = wildcards.filter_map(|domain| {
            let table = self.table(domain, fleet);
            (!table.is_empty()).then_some(())?;
            Some((domain.len(), authority(domain)?, table))
        });
        let mut tables: Vec<_> = tables.collect();
        tables.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
        tables.into_iter().map(|(_, authority, table)| (Some(authority), table)).collect()
    }

    fn table<'a>(&'a self, domain: &Name, fleet: &str) -> PathTable<'a> {
        PathTable::of(&self.claimants_in(domain, fleet))
    }

    /// The owner of a whole domain, if there is one.
    fn owner<'a>(&'a self, domain: &Name, fleet: &str) -> Option<Owner<'a>> {
        let table = self.table(domain, fleet);
        let PathOwners { grpc, other, .. } = table.only()?;
        let (grpc, other) = (grpc?, other?);
        if grpc.claim_kind() == ClaimKind::Shared || other.claim_kind() == ClaimKind::Shared {
            return None;
        }
        if grpc.port.name == other.port.name {
            Some(Owner::Port(&grpc.port))
        } else {
            (grpc.port.key == other.port.key).then_some(Owner::Service(&grpc.port.key))
        }
    }

    /// The domains of an Envoy's virtual host that a domain becomes: without a port it means any port.
    ///
    /// A domain with a port that is [implied](Self::implying_host) is among them where nothing comes after the domain's own
    /// routes; else it is a virtual host of its own, because other wildcards come after it.
    fn envoy_domains(&self, domain: &Name, fleet: &str) -> Vec<Name> {
        let any_port = split(domain).1.is_none() && self.by_hosts.contains(domain);
        let mut domains = pattern::envoy_domains(domain, any_port);
        if any_port && self.owner(domain, fleet).is_some() {
            let ports = self.ports_of_wildcards_over(domain).into_iter();
            let implied = ports.map(|port| Name::from(format!("{domain}:{port}")));
            domains.extend(implied.filter(|with_port| self.implying_host(with_port, fleet).is_some()));
        }
        domains
    }

    /// The claimants of a domain in a fleet, the strongest claim first.
    fn claimants_in<'a>(&'a self, domain: &Name, fleet: &str) -> Vec<&'a Claimant> {
        let claimants = self.claimants.get(domain).map_or(&[][..], Vec::as_slice);
        claimants.iter().filter(|claimant| claimant.port.fleets.includes(fleet)).collect()
    }
}

#[cfg(test)]
mod tests;
