//! Who has a domain when several Service ports want it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use super::route::encode_virtual_host;
use crate::model::{Fleets, Key, Policy, Port, Retry, Service};
use crate::translate::names;
use crate::xds::Name;

/// What one Service port wants of the route configurations of its fleets.
#[derive(Debug, PartialEq)]
pub struct PortRoutes {
    /// The name of its cluster and virtual host.
    pub name: Name,
    /// Whose port it is.
    pub key: Key,
    /// Its number.
    pub port: u16,
    /// The fleets that get it.
    pub fleets: Fleets,
    created: i64,
    /// The domains that nobody can take from it.
    own: Vec<Name>,
    /// The domains that its owner asked for, without those that it has anyway.
    hosts: Vec<Name>,
    retry: Retry,
    /// Its virtual host when no domain is lost.
    whole: Bytes,
}

/// A domain that a Service port wants and another one has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contest {
    /// The domain.
    pub domain: Name,
    /// The Service that has it.
    pub winner: Key,
    /// The port of that Service.
    pub port: u16,
    /// Whether it is one of the winner's own names, rather than one of its `hosts`.
    pub own: bool,
}

/// Every domain that anybody wants, with those who want it, the strongest claim first.
///
/// A port's own name outranks any claim by `hosts`; among equals the older Service has it, then the one whose key comes
/// first, then the lower port. A claim counts only in the fleets that get the claimant, so one domain may belong to
/// different ports in different fleets.
#[derive(Debug, Default)]
pub struct Domains {
    claims: BTreeMap<Name, Vec<Claim>>,
}

#[derive(Debug)]
struct Claim {
    /// By `hosts` (which sorts last), not by right.
    by_hosts: bool,
    port: Arc<PortRoutes>,
}

impl PortRoutes {
    /// What this port of this Service wants; `name` is its cluster's.
    pub fn new(name: Name, service: &Service, port: &Port, cluster_domain: &str) -> Self {
        let Service { key, created, ports: _, default_port } = service;
        let Port { number, name: _, policy, annotated: _ } = port;
        let Policy { fleets, hosts, protocol: _, lb_policy: _, zone_routing: _, retry } = policy;
        let own = names::domains(key, *number, *default_port == Some(*number), cluster_domain);
        let hosts: BTreeSet<Name> = hosts.iter().map(|host| host.to_lowercase().into()).collect();
        let hosts: Vec<Name> = hosts.into_iter().filter(|host| !own.contains(host)).collect();
        let whole = encode_virtual_host(&name, &[own.as_slice(), &hosts].concat(), retry);
        Self {
            name,
            key: key.clone(),
            port: *number,
            fleets: fleets.clone(),
            created: *created,
            own,
            hosts,
            retry: retry.clone(),
            whole,
        }
    }

    /// Its virtual host, encoded, without the domains that it lost.
    pub fn virtual_host(&self, lost: &[Contest]) -> Bytes {
        if lost.is_empty() {
            return self.whole.clone();
        }
        let kept: Vec<Name> =
            self.domains().filter(|domain| lost.iter().all(|contest| contest.domain != **domain)).cloned().collect();
        encode_virtual_host(&self.name, &kept, &self.retry)
    }

    fn domains(&self) -> impl Iterator<Item = &Name> {
        self.own.iter().chain(&self.hosts)
    }
}

impl Domains {
    /// Enters the claims of a port. Adds to `affected` the virtual hosts that may have changed by it: its own and those
    /// of the others that want one of its domains.
    pub fn insert(&mut self, port: &Arc<PortRoutes>, affected: &mut BTreeSet<Name>) {
        affected.insert(Name::clone(&port.name));
        let own = port.own.iter().map(|domain| (domain, false));
        let hosts = port.hosts.iter().map(|domain| (domain, true));
        for (domain, by_hosts) in own.chain(hosts) {
            let claims = self.claims.entry(Name::clone(domain)).or_insert_with(|| Vec::with_capacity(1));
            affected.extend(claims.iter().map(|claim| Name::clone(&claim.port.name)));
            let claim = Claim { by_hosts, port: Arc::clone(port) };
            let position = claims.partition_point(|other| other.compare(&claim) == Ordering::Less);
            claims.insert(position, claim);
        }
    }

    /// Withdraws the claims of a port that was [inserted](Self::insert); for `affected` see there.
    pub fn remove(&mut self, port: &PortRoutes, affected: &mut BTreeSet<Name>) {
        affected.insert(Name::clone(&port.name));
        for domain in port.domains() {
            let Some(claims) = self.claims.get_mut(domain) else { continue };
            claims.retain(|claim| claim.port.name != port.name);
            affected.extend(claims.iter().map(|claim| Name::clone(&claim.port.name)));
            if claims.is_empty() {
                self.claims.remove(domain);
            }
        }
    }

    /// The domains that `port` wants and doesn't have in the route configuration of `fleet`.
    pub fn lost(&self, port: &PortRoutes, fleet: &str) -> Vec<Contest> {
        port.domains()
            .filter_map(|domain| {
                let winner = self.claims.get(domain)?.iter().find(|claim| claim.port.fleets.includes(fleet))?;
                (winner.port.name != port.name).then(|| Contest {
                    domain: Name::clone(domain),
                    winner: winner.port.key.clone(),
                    port: winner.port.port,
                    own: !winner.by_hosts,
                })
            })
            .collect()
    }
}

impl Claim {
    fn compare(&self, other: &Self) -> Ordering {
        let rank = |claim: &Self| (claim.by_hosts, claim.port.created);
        let tie = |claim: &Self| claim.port.port;
        rank(self)
            .cmp(&rank(other))
            .then_with(|| self.port.key.cmp(&other.port.key))
            .then_with(|| tie(self).cmp(&tie(other)))
    }
}

#[cfg(test)]
mod tests;
