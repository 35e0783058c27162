//! What one Service port wants of the route configurations of its fleets.

use std::collections::BTreeSet;

use data_plane_api::route::RouteAction;

use super::super::route::{EVERY_PATH, EncodedVirtualHost, RouteTo, action};
use super::pattern::{EVERY_DOMAIN, with_any_port};
use crate::model::{Fleets, Key, Port, Requests, Service};
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
    pub(super) created: i64,
    /// The names with its number, which nobody can take from it.
    numbered: Vec<Name>,
    /// The names of its Service without a number, if it is a default port, and which requests under them it takes.
    pub(super) bare: Vec<Name>,
    bare_requests: Requests,
    /// Those of them that its hosts ask for: they mean any port.
    pub(super) asked: BTreeSet<Name>,
    /// The domains that its owner asked for, without those that it has anyway, and which requests under them it takes.
    pub(super) hosts: Vec<Name>,
    host_requests: Requests,
    /// The path prefixes that it wants of its hosts, which it then shares; empty: it wants them for itself.
    pub(super) prefixes: Vec<Name>,
    pub(super) action: RouteAction,
    /// The domains of its virtual host when none is lost.
    whole: Vec<Name>,
    encoded: EncodedVirtualHost,
}

/// A domain that a port wants.
#[derive(Debug, Clone, Copy)]
pub struct DomainClaim<'a> {
    /// The domain.
    pub domain: &'a Name,
    /// Which requests under it the port takes, if the port has it.
    pub requests: Requests,
    /// Whether `hosts` ask for it. Else it is a name of the Service.
    pub by_hosts: bool,
}

impl PortRoutes {
    /// What this port of this Service wants; `name` is its cluster's. A port that no request can be sent over wants nothing.
    pub fn new(name: Name, service: &Service, port: &Port, cluster_domain: &str) -> Self {
        let Service { key, created, ports: _, defaults } = service;
        let Port { number, name: _, policy, has_service_hosts, annotated: _, written: _ } = port;
        let is_http = policy.protocol.is_http();
        let numbered = if is_http { names::numbered(key, *number, cluster_domain) } else { Vec::new() };
        let requests = defaults.requests(*number).filter(|_| is_http);
        let bare = if requests.is_some() { names::bare(key, cluster_domain) } else { Vec::new() };
        let prefixes: Vec<Name> = policy.routes.iter().cloned().collect();
        let mut hosts: BTreeSet<Name> = policy.hosts.iter().map(|host| host.to_lowercase().into()).collect();
        if hosts.is_empty() && !prefixes.is_empty() {
            hosts.insert(EVERY_DOMAIN.into());
        }
        let asked: BTreeSet<Name> = hosts.iter().filter(|host| bare.contains(host)).cloned().collect();
        hosts.retain(|host| !numbered.contains(host) && !bare.contains(host));
        let action = action(&name, policy);
        let bare_requests = requests.unwrap_or(Requests::All);
        let host_requests = if *has_service_hosts { bare_requests } else { Requests::All };

        let mut whole = numbered.clone();
        for domain in bare.iter().filter(|_| bare_requests == Requests::All) {
            whole.extend(told(domain, asked.contains(domain)));
        }
        let is_whole = prefixes.is_empty() && host_requests == Requests::All;
        let kept = hosts.iter().filter(|_| is_whole);
        whole.extend(kept.flat_map(|host| told(host, true)));
        let encoded = encode(&name, &whole, &action);
        Self {
            name,
            key: key.clone(),
            port: *number,
            fleets: policy.fleets.clone(),
            created: *created,
            numbered,
            bare,
            bare_requests,
            asked,
            hosts: hosts.into_iter().collect(),
            host_requests,
            prefixes,
            action,
            whole,
            encoded,
        }
    }

    /// The domains that it wants: the names of its Service, then its hosts.
    pub fn claims(&self) -> impl Iterator<Item = DomainClaim<'_>> {
        let numbered =
            self.numbered.iter().map(|domain| DomainClaim { domain, requests: Requests::All, by_hosts: false });
        let bare = self.bare.iter().map(|domain| DomainClaim { domain, requests: self.bare_requests, by_hosts: false });
        let hosts =
            self.hosts.iter().map(|domain| DomainClaim { domain, requests: self.host_requests, by_hosts: true });
        numbered.chain(bare).chain(hosts)
    }

    /// Its virtual host. It has the names with its number, and of the others those that `kept` says: of a domain that it has
    /// for itself, what Envoy is to be told. `None` if it wants nothing.
    pub(super) fn virtual_host(&self, kept: impl Fn(DomainClaim<'_>) -> Vec<Name>) -> Option<EncodedVirtualHost> {
        if self.numbered.is_empty() {
            return None;
        }
        let is_certain = |claim: &DomainClaim<'_>| !claim.by_hosts && claim.requests == Requests::All;
        let domains = self.claims().flat_map(|claim| {
            if is_certain(&claim) { told(claim.domain, self.asked.contains(claim.domain)) } else { kept(claim) }
        });
        let domains: Vec<Name> = domains.collect();
        Some(if domains == self.whole { self.encoded.clone() } else { encode(&self.name, &domains, &self.action) })
    }

    /// Whether its Service was there before that of another port.
    pub(super) fn is_older(&self, other: &Self) -> bool {
        (self.created, &self.key) < (other.created, &other.key)
    }

    /// Whether it shares its hosts.
    pub(super) const fn shares(&self) -> bool {
        !self.prefixes.is_empty()
    }
}

/// What Envoy is told of a domain that may mean any port.
pub(super) fn told(domain: &Name, any_port: bool) -> Vec<Name> {
    let any_port = with_any_port(domain).filter(|_| any_port);
    [Some(Name::clone(domain)), any_port].into_iter().flatten().collect()
}

fn encode(name: &Name, domains: &[Name], action: &RouteAction) -> EncodedVirtualHost {
    let route = RouteTo { prefix: EVERY_PATH, grpc_only: false, authority: None, cluster: name, action };
    EncodedVirtualHost::new(name, domains, [route])
}
