//! Who has a domain when several Service ports want it, and who has which path of a domain that they share.
//!
//! ```text
//! PortRoutes ──claims──▶ Domains ── claims by domain, the strongest first
//!                           │
//!                           ├─ table: prefix ─▶ who takes gRPC requests, who takes the others
//!                           │
//!            a domain of one port ───────▶ the virtual host of the port
//!            of one Service's defaults ──▶ the virtual host of the Service
//!            that several share ─────────▶ a virtual host of the domain, which goes on with the wildcards that cover it
//! ```

mod pattern;
mod port_routes;
mod rows;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pattern::{EVERY_DOMAIN, authority, covering, covers_host, is_wildcard, split};
pub use port_routes::{DomainClaim, PortRoutes};
use rows::{Claim, Row, Rows, routes};
pub use rows::{Contest, Title};

use super::route::{EVERY_PATH, EncodedVirtualHost, RouteTo};
use crate::model::{Key, Requests};
use crate::translate::names;
use crate::xds::Name;

/// The virtual hosts that a change may have changed.
#[derive(Debug, Default)]
pub struct Affected {
    /// Of Service ports, by the names of their clusters.
    pub ports: BTreeSet<Name>,
    /// Of Services, whose two default ports share the requests.
    pub services: BTreeSet<Key>,
    /// Of domains that somebody's `hosts` ask for, or did.
    pub domains: BTreeSet<Name>,
}

/// A path that a port wants of a wildcard, and that doesn't lead to it on one of the domains which the wildcard covers,
/// because somebody asked for that domain in particular.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hidden {
    /// The domain.
    pub domain: Name,
    /// The path prefix.
    pub prefix: Name,
    /// The wildcard by which it is wanted.
    pub wildcard: Name,
    /// The cluster of the port that wants it.
    pub loser: Name,
    /// The Service of that port.
    pub loser_key: Key,
    /// The cluster of the port that requests go to instead.
    pub winner: Name,
    /// The Service of that port.
    pub winner_key: Key,
}

/// Every domain that anybody wants, with those who want it, the strongest claim first.
///
/// A name of a Service outranks any claim by `hosts`; among equals the older Service has it, then the one whose key comes
/// first, then the lower port. If whoever has it by `hosts` has `routes`, it is shared by all who have some, each with the
/// path prefixes for which its claim is the strongest; and requests that none of them takes go where the wildcards that
/// cover the domain say, the most specific first. A claim counts only in the fleets that get the claimant, so one domain may
/// belong to different ports in different fleets.
///
/// The two default ports of a Service don't contend: one takes gRPC requests, the other all others. Where a fleet gets only
/// one of them, that takes all.
#[derive(Debug, Default)]
pub struct Domains {
    claims: BTreeMap<Name, Vec<Claim>>,
    /// Those that somebody's `hosts` ask for.
    by_hosts: BTreeSet<Name>,
}

/// Who has a whole domain.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sole<'a> {
    /// One port.
    Port(&'a PortRoutes),
    /// The default ports of one Service.
    Service(&'a Key),
}

impl Domains {
    /// Enters the claims of a port. Adds to `affected` the virtual hosts that may have changed by it.
    pub fn insert(&mut self, port: &Arc<PortRoutes>, affected: &mut Affected) {
        affected.of(port);
        for DomainClaim { domain, requests, by_hosts } in port.claims() {
            let claims = self.claims.entry(Name::clone(domain)).or_insert_with(|| Vec::with_capacity(1));
            let claim = Claim { by_hosts, requests, port: Arc::clone(port) };
            let position = claims.partition_point(|other| other.compare(&claim) == Ordering::Less);
            claims.insert(position, claim);
            if by_hosts {
                self.by_hosts.insert(Name::clone(domain));
            }
            self.touch(domain, affected);
        }
    }

    /// Withdraws the claims of a port that was [inserted](Self::insert); for `affected` see there.
    pub fn remove(&mut self, port: &PortRoutes, affected: &mut Affected) {
        affected.of(port);
        for DomainClaim { domain, .. } in port.claims() {
            self.touch(domain, affected);
            let Some(claims) = self.claims.get_mut(domain) else { continue };
            claims.retain(|claim| claim.port.name != port.name);
            if !claims.iter().any(|claim| claim.by_hosts) {
                self.by_hosts.remove(domain);
            }
            if claims.is_empty() {
                self.claims.remove(domain);
            }
        }
    }

    /// The virtual host of a port in the route configuration of `fleet`: the domains that it has for itself. `None` if it
    /// has none.
    pub fn of_port(&self, port: &PortRoutes, fleet: &str) -> Option<EncodedVirtualHost> {
        port.virtual_host(|DomainClaim { domain, requests: _, by_hosts }| match self.sole(domain, fleet) {
            Some(Sole::Port(sole)) if sole.name == port.name && by_hosts => self.told(domain, fleet),
            Some(Sole::Port(sole)) if sole.name == port.name => port_routes::told(domain, port.asked.contains(domain)),
            _ => Vec::new(),
        })
    }

    /// The virtual host of a Service in the route configuration of `fleet`: the domains whose requests its two default ports
    /// share. `None` if there are none.
    pub fn of_service(&self, grpc: &PortRoutes, http: &PortRoutes, fleet: &str) -> Option<EncodedVirtualHost> {
        let is_shared = |domain: &&Name| self.sole(domain, fleet) == Some(Sole::Service(&grpc.key));
        let asked = |domain| grpc.asked.contains(domain) || http.asked.contains(domain);
        let bare = grpc.bare.iter().filter(is_shared).flat_map(|domain| port_routes::told(domain, asked(domain)));
        let hosts = grpc.hosts.iter().filter(is_shared).flat_map(|domain| self.told(domain, fleet));
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

    /// The virtual host of a domain in the route configuration of `fleet`; `None` if nobody has it, or somebody for itself.
    ///
    /// That of every domain begins with what the wildcards without a port have: Envoy doesn't find an authority with a port
    /// by them, as a domain can't have two wildcards.
    pub fn of_domain(&self, domain: &Name, fleet: &str) -> Option<EncodedVirtualHost> {
        let is_sole = |domain: &Name| self.sole(domain, fleet).is_some();
        if is_sole(domain) || self.implying(domain, fleet).is_some_and(|host| is_sole(&host)) {
            return None;
        }
        let mut all = if **domain == *EVERY_DOMAIN { self.wildcards(fleet) } else { Vec::new() };
        if let Some((rows, _)) = self.continued(domain, fleet) {
            all.push((None, rows));
        }
        if all.is_empty() {
            return None;
        }
        Some(EncodedVirtualHost::new(domain, &self.told(domain, fleet), routes(&all)))
    }

    /// What `port` wants and doesn't have in the route configuration of `fleet`.
    pub fn lost(&self, port: &PortRoutes, fleet: &str) -> Vec<Contest> {
        let mut lost = BTreeSet::new();
        for DomainClaim { domain, .. } in port.claims().filter(|claim| claim.by_hosts) {
            lost.extend(rows::lost(domain, &self.claims_in(domain, fleet), port));
        }
        lost.into_iter().collect()
    }

    /// The paths that somebody wants of a wildcard and that lead elsewhere on this domain, in the route configuration of
    /// `fleet`. The path `/` of every domain is what others leave, so nobody loses it; that of another wildcard is lost to who
    /// came later.
    pub fn hidden(&self, domain: &Name, fleet: &str) -> Vec<Hidden> {
        self.continued(domain, fleet).map(|(_, hidden)| hidden).unwrap_or_default()
    }

    /// The rows of a domain that somebody's hosts ask for, and after them those of the wildcards that cover it; with what of
    /// these is hidden. A host with a port that is only implied has the rows of the host.
    fn continued<'a>(&'a self, domain: &Name, fleet: &str) -> Option<(Rows<'a>, Vec<Hidden>)> {
        let mut covering = covering(domain);
        let mut rows = if self.by_hosts.contains(domain) { self.rows(domain, fleet) } else { Rows::default() };
        if rows.is_empty() {
            let host = self.implying(domain, fleet)?;
            covering.retain(|wildcard| **wildcard != *host);
            rows = self.rows(&host, fleet);
        }
        let mut hidden = Vec::new();
        for wildcard in covering.into_iter().filter(|wildcard| self.by_hosts.contains(wildcard)) {
            for (row, winner, loser) in rows.extend(self.rows(&wildcard, fleet)) {
                let is_left = *row == *EVERY_PATH && (*wildcard == *EVERY_DOMAIN || !loser.is_older(winner));
                if is_left || winner.key == loser.key {
                    continue;
                }
                hidden.push(Hidden {
                    domain: Name::clone(domain),
                    prefix: row.into(),
                    wildcard: Name::clone(&wildcard),
                    loser: Name::clone(&loser.name),
                    loser_key: loser.key.clone(),
                    winner: Name::clone(&winner.name),
                    winner_key: winner.key.clone(),
                });
            }
        }
        hidden.sort_unstable();
        hidden.dedup();
        Some((rows, hidden))
    }

    /// The host without a port that has the requests for this host with a port, of which nobody asked: where a wildcard with
    /// that port covers it, Envoy would find the wildcard before the host with any port.
    fn implying(&self, domain: &Name, fleet: &str) -> Option<Name> {
        let (host, port) = split(domain);
        let host: Name = host.into();
        let in_demand = |one: &Name| self.by_hosts.contains(one) && !self.claims_in(one, fleet).is_empty();
        let is_covered = || covering(domain).iter().any(|wildcard| split(wildcard).1 == port && in_demand(wildcard));
        let is_free = self.claims_in(domain, fleet).is_empty();
        (port.is_some() && is_free && in_demand(&host) && is_covered()).then_some(host)
    }

    /// The ports of the wildcards with a port that cover this domain without one.
    fn ports_over(&self, domain: &Name) -> BTreeSet<&str> {
        let mut ports = BTreeSet::new();
        for wildcard in covering(domain) {
            let from = format!("{wildcard}:");
            let with_port = self.by_hosts.range(Name::from(from.as_str())..).take_while(|one| one.starts_with(&from));
            ports.extend(with_port.filter_map(|one| split(one).1));
        }
        ports
    }

    /// Of each wildcard without a port: the authorities with a port that it stands for, and who has them; the most specific
    /// first.
    fn wildcards(&self, fleet: &str) -> Vec<(Option<String>, Rows<'_>)> {
        let from = self.by_hosts.range(Name::from("*.")..);
        let wildcards = from.take_while(|domain| is_wildcard(domain)).filter(|domain| split(domain).1.is_none());
        let rows = wildcards.filter_map(|domain| {
            let rows = self.rows(domain, fleet);
            (!rows.is_empty()).then_some(())?;
            Some((domain.len(), authority(domain)?, rows))
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|(length, ..)| std::cmp::Reverse(*length));
        rows.into_iter().map(|(_, authority, rows)| (Some(authority), rows)).collect()
    }

    fn rows<'a>(&'a self, domain: &Name, fleet: &str) -> Rows<'a> {
        Rows::of(&self.claims_in(domain, fleet))
    }

    /// Who has a domain in whole, if it is one.
    fn sole<'a>(&'a self, domain: &Name, fleet: &str) -> Option<Sole<'a>> {
        let rows = self.rows(domain, fleet);
        let Row { grpc, other, .. } = rows.only()?;
        let (grpc, other) = (grpc?, other?);
        if grpc.title() == Title::Shared || other.title() == Title::Shared {
            return None;
        }
        if grpc.port.name == other.port.name {
            Some(Sole::Port(&grpc.port))
        } else {
            (grpc.port.key == other.port.key).then_some(Sole::Service(&grpc.port.key))
        }
    }

    /// The domains that Envoy is told for a domain that somebody has: without a port it means any port.
    ///
    /// With a port that is [implied](Self::implying) it is told, too, where nothing comes after the domain's own routes; else
    /// that is a virtual host of its own, because other wildcards come after it.
    fn told(&self, domain: &Name, fleet: &str) -> Vec<Name> {
        let any_port = split(domain).1.is_none() && self.by_hosts.contains(domain);
        let mut told = port_routes::told(domain, any_port);
        if any_port && self.sole(domain, fleet).is_some() {
            let implied = self.ports_over(domain).into_iter().map(|port| Name::from(format!("{domain}:{port}")));
            told.extend(implied.filter(|with_port| self.implying(with_port, fleet).is_some()));
        }
        told
    }

    /// The claims on a domain that count in a fleet, the strongest first.
    fn claims_in<'a>(&'a self, domain: &Name, fleet: &str) -> Vec<&'a Claim> {
        let claims = self.claims.get(domain).map_or(&[][..], Vec::as_slice);
        claims.iter().filter(|claim| claim.port.fleets.includes(fleet)).collect()
    }

    /// Adds what may be another thing because of a claim on this domain.
    fn touch(&self, domain: &Name, affected: &mut Affected) {
        self.affect(domain, affected);
        let (host, port) = split(domain);
        if port.is_some() && self.by_hosts.contains(host) {
            self.affect(&Name::from(host), affected);
        }
        if !self.by_hosts.contains(domain) {
            return;
        }
        if is_wildcard(host) {
            affected.domains.insert(EVERY_DOMAIN.into());
            for covered in self.by_hosts.iter().filter(|one| covers_host(host, split(one).0)) {
                self.affect(covered, affected);
            }
        } else {
            let with_ports = self.by_hosts.range(Name::from(host)..).take_while(|one| one.starts_with(host));
            for same in with_ports.filter(|one| split(one).0 == host) {
                self.affect(same, affected);
            }
        }
    }

    fn affect(&self, domain: &Name, affected: &mut Affected) {
        for claim in self.claims.get(domain).into_iter().flatten() {
            affected.of(&claim.port);
        }
        if self.by_hosts.contains(domain) {
            affected.domains.insert(Name::clone(domain));
            if split(domain).1.is_none() {
                affected
                    .domains
                    .extend(self.ports_over(domain).iter().map(|port| Name::from(format!("{domain}:{port}"))));
            }
        }
    }
}

impl Affected {
    fn of(&mut self, port: &PortRoutes) {
        self.ports.insert(Name::clone(&port.name));
        if port.claims().any(|claim| claim.requests != Requests::All) {
            self.services.insert(port.key.clone());
        }
    }
}

#[cfg(test)]
mod tests;
