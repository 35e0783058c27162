//! Who has a domain when several Service ports want it, and who has which path of a domain that they share.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use data_plane_api::route::RouteAction;

use super::route::{EVERY_PATH, EncodedVirtualHost, action};
use crate::model::{Fleets, Key, Port, Service};
use crate::translate::names;
use crate::xds::Name;

/// The domain of requests that no other domain fits.
const EVERY_DOMAIN: &str = "*";

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
    /// The path prefixes that it wants of its hosts, which it then shares; empty: it wants them for itself.
    prefixes: Vec<Name>,
    action: RouteAction,
    /// Its virtual host when no domain is lost.
    whole: EncodedVirtualHost,
}

/// A domain, or a path of it, that a Service port wants and another one has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contest {
    /// The domain.
    pub domain: Name,
    /// The path prefix, on a domain that both share.
    pub prefix: Option<Name>,
    /// The Service that has it.
    pub winner: Key,
    /// The port of that Service.
    pub port: u16,
    /// Why it has it.
    pub title: Title,
}

/// Why somebody has a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Title {
    /// It is one of its own names.
    Own,
    /// Its `hosts` say so, and it was there first.
    Hosts,
    /// Its `routes` share it with others that have some.
    Shared,
}

/// The virtual hosts that a change may have changed.
#[derive(Debug, Default)]
pub struct Affected {
    /// Of Service ports, by the names of their clusters.
    pub ports: BTreeSet<Name>,
    /// Of domains that are shared, or were.
    pub shared: BTreeSet<Name>,
}

/// Every domain that anybody wants, with those who want it, the strongest claim first.
///
/// A port's own name outranks any claim by `hosts`; among equals the older Service has it, then the one whose key comes
/// first, then the lower port. If whoever has it by `hosts` has `routes`, it is shared by all who have some, each with the
/// path prefixes for which its claim is the strongest. A claim counts only in the fleets that get the claimant, so one
/// domain may belong to different ports in different fleets.
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
        let own = names::domains(key, *number, *default_port == Some(*number), cluster_domain);
        let prefixes: Vec<Name> = policy.routes.iter().cloned().collect();
        let mut hosts: BTreeSet<Name> = policy.hosts.iter().map(|host| host.to_lowercase().into()).collect();
        if hosts.is_empty() && !prefixes.is_empty() {
            hosts.insert(EVERY_DOMAIN.into());
        }
        let hosts: Vec<Name> = hosts.into_iter().filter(|host| !own.contains(host)).collect();
        let action = action(&name, policy);
        let by_itself = hosts.iter().filter(|_| prefixes.is_empty());
        let whole = EncodedVirtualHost::new(&name, own.iter().chain(by_itself), [(EVERY_PATH, &name, &action)]);
        Self {
            name,
            key: key.clone(),
            port: *number,
            fleets: policy.fleets.clone(),
            created: *created,
            own,
            hosts,
            prefixes,
            action,
            whole,
        }
    }

    /// Its virtual host, without the domains that it lost. Domains that it shares have virtual hosts of their own, see
    /// [`Domains::shared`].
    pub fn virtual_host(&self, lost: &[Contest]) -> EncodedVirtualHost {
        if lost.is_empty() || self.shares() {
            return self.whole.clone();
        }
        let is_kept = |domain: &&Name| lost.iter().all(|contest| contest.domain != **domain);
        let kept = self.domains().filter(is_kept);
        EncodedVirtualHost::new(&self.name, kept, [(EVERY_PATH, &self.name, &self.action)])
    }

    /// Whether it shares its hosts.
    fn shares(&self) -> bool {
        !self.prefixes.is_empty()
    }

    /// The domains that it wants, those that it has by right first.
    pub fn domains(&self) -> impl Iterator<Item = &Name> {
        self.own.iter().chain(&self.hosts)
    }
}

impl Domains {
    /// Enters the claims of a port. Adds to `affected` the virtual hosts that may have changed by it: its own and those
    /// of the others that want one of its domains.
    pub fn insert(&mut self, port: &Arc<PortRoutes>, affected: &mut Affected) {
        affected.ports.insert(Name::clone(&port.name));
        let own = port.own.iter().map(|domain| (domain, false));
        let hosts = port.hosts.iter().map(|domain| (domain, true));
        for (domain, by_hosts) in own.chain(hosts) {
            let claims = self.claims.entry(Name::clone(domain)).or_insert_with(|| Vec::with_capacity(1));
            let claim = Claim { by_hosts, port: Arc::clone(port) };
            let position = claims.partition_point(|other| other.compare(&claim) == Ordering::Less);
            claims.insert(position, claim);
            affected.by(domain, claims);
        }
    }

    /// Withdraws the claims of a port that was [inserted](Self::insert); for `affected` see there.
    pub fn remove(&mut self, port: &PortRoutes, affected: &mut Affected) {
        affected.ports.insert(Name::clone(&port.name));
        for domain in port.domains() {
            let Some(claims) = self.claims.get_mut(domain) else { continue };
            affected.by(domain, claims);
            claims.retain(|claim| claim.port.name != port.name);
            if claims.is_empty() {
                self.claims.remove(domain);
            }
        }
    }

    /// What `port` wants and doesn't have in the route configuration of `fleet`.
    pub fn lost(&self, port: &PortRoutes, fleet: &str) -> Vec<Contest> {
        let mut lost = Vec::new();
        for domain in port.domains() {
            let Some(winner) = self.claims_in(domain, fleet).next().filter(|winner| winner.port.name != port.name)
            else {
                // Whoever comes first on a domain has all its prefixes there, too.
                continue;
            };
            if winner.title() != Title::Shared || !port.shares() {
                lost.push(winner.over(domain, None));
                continue;
            }
            for prefix in &port.prefixes {
                let mut sharing = self.claims_in(domain, fleet).filter(|claim| claim.port.shares());
                let holder = sharing.find(|claim| claim.port.prefixes.contains(prefix));
                if let Some(holder) = holder.filter(|holder| holder.port.name != port.name) {
                    lost.push(holder.over(domain, Some(prefix)));
                }
            }
        }
        lost
    }

    /// The virtual host of a domain that is shared in the route configuration of `fleet`; `None` if it isn't.
    pub fn shared(&self, domain: &Name, fleet: &str) -> Option<EncodedVirtualHost> {
        self.claims_in(domain, fleet).next().filter(|winner| winner.title() == Title::Shared)?;
        let mut holders: BTreeMap<(Reverse<usize>, &Name), &PortRoutes> = BTreeMap::new();
        for claim in self.claims_in(domain, fleet).filter(|claim| claim.port.shares()) {
            for prefix in &claim.port.prefixes {
                holders.entry((Reverse(prefix.len()), prefix)).or_insert(&claim.port);
            }
        }
        let routes = holders.iter().map(|((_, prefix), port)| (&***prefix, &port.name, &port.action));
        Some(EncodedVirtualHost::new(domain, [domain], routes))
    }

    /// The claims on a domain that count in a fleet, the strongest first.
    fn claims_in<'a>(&'a self, domain: &Name, fleet: &'a str) -> impl Iterator<Item = &'a Claim> {
        let claims = self.claims.get(domain).map_or(&[][..], Vec::as_slice);
        claims.iter().filter(move |claim| claim.port.fleets.includes(fleet))
    }
}

impl Affected {
    /// What those who want this domain have may be another thing now.
    fn by(&mut self, domain: &Name, claims: &[Claim]) {
        self.ports.extend(claims.iter().map(|claim| Name::clone(&claim.port.name)));
        if claims.iter().any(|claim| claim.title() == Title::Shared) {
            self.shared.insert(Name::clone(domain));
        }
    }
}

impl Claim {
    fn title(&self) -> Title {
        match (self.by_hosts, self.port.shares()) {
            (false, _) => Title::Own,
            (true, false) => Title::Hosts,
            (true, true) => Title::Shared,
        }
    }

    fn over(&self, domain: &Name, prefix: Option<&Name>) -> Contest {
        Contest {
            domain: Name::clone(domain),
            prefix: prefix.cloned(),
            winner: self.port.key.clone(),
            port: self.port.port,
            title: self.title(),
        }
    }

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
