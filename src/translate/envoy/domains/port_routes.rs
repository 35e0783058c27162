//! The domains that one Service port claims, and the route of their requests.

use std::collections::BTreeSet;

use data_plane_api::route::RouteAction;

use super::super::route::{EncodedVirtualHost, RouteTo, action};
use super::pattern::{EVERY_DOMAIN, envoy_domains};
use crate::model::{Fleets, Key, Port, Requests, Service};
use crate::translate::names;
use crate::translate::route::EVERY_PATH;
use crate::xds::Name;

/// The domains that one Service port claims in the route configurations of its fleets, and what becomes of their requests.
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
    /// The names of its Service with its number, which no other port can win.
    numbered: Vec<Name>,
    /// The names of its Service without a number, if it is a default port, and which requests under them it takes.
    pub(super) bare: Vec<Name>,
    bare_requests: Requests,
    /// Those of `bare` that its `hosts` name as well: they mean any port.
    pub(super) any_port: BTreeSet<Name>,
    /// The domains of its `hosts`, without the names of its Service, and which requests under them it takes.
    pub(super) hosts: Vec<Name>,
    host_requests: Requests,
    /// The path prefixes that it claims on its hosts, which it then shares; empty: it claims all of them.
    pub(super) prefixes: Vec<Name>,
    pub(super) action: RouteAction,
    /// The domains of its virtual host when it loses no conflict.
    whole: Vec<Name>,
    encoded: EncodedVirtualHost,
}

/// The claim of a port on a domain.
#[derive(Debug, Clone, Copy)]
pub struct DomainClaim<'a> {
    /// The domain.
    pub domain: &'a Name,
    /// Which requests for it the port takes, if it wins.
    pub requests: Requests,
    /// Whether `hosts` name it. Else it is a name of the Service.
    pub by_hosts: bool,
}

impl PortRoutes {
    /// The claims of this port of this Service; `name` is its cluster's. A port that no request can be sent over claims nothing.
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
        let any_port: BTreeSet<Name> = hosts.iter().filter(|host| bare.contains(host)).cloned().collect();
        hosts.retain(|host| !numbered.contains(host) && !bare.contains(host));
        let action = action(&name, policy);
        let bare_requests = requests.unwrap_or(Requests::All);
        let host_requests = if *has_service_hosts { bare_requests } else { Requests::All };

        let mut whole = numbered.clone();
        for domain in bare.iter().filter(|_| bare_requests == Requests::All) {
            whole.extend(envoy_domains(domain, any_port.contains(domain)));
        }
        let is_whole = prefixes.is_empty() && host_requests == Requests::All;
        let kept = hosts.iter().filter(|_| is_whole);
        whole.extend(kept.flat_map(|host| envoy_domains(host, true)));
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
            any_port,
            hosts: hosts.into_iter().collect(),
            host_requests,
            prefixes,
            action,
            whole,
            encoded,
        }
    }

    /// Its claims: on the names of its Service, then on its hosts.
    pub fn claims(&self) -> impl Iterator<Item = DomainClaim<'_>> {
        let numbered =
            self.numbered.iter().map(|domain| DomainClaim { domain, requests: Requests::All, by_hosts: false });
        let bare = self.bare.iter().map(|domain| DomainClaim { domain, requests: self.bare_requests, by_hosts: false });
        let hosts =
            self.hosts.iter().map(|domain| DomainClaim { domain, requests: self.host_requests, by_hosts: true });
        numbered.chain(bare).chain(hosts)
    }

    /// Its virtual host. It has the names with its number; of another claim it has the domains that `owned` returns: none if
    /// the port doesn't own it. `None` if it claims nothing.
    pub(super) fn virtual_host(&self, owned: impl Fn(DomainClaim<'_>) -> Vec<Name>) -> Option<EncodedVirtualHost> {
        if self.numbered.is_empty() {
            return None;
        }
        let is_certain = |claim: &DomainClaim<'_>| !claim.by_hosts && claim.requests == Requests::All;
        let domains = self.claims().flat_map(|claim| {
            if is_certain(&claim) {
                envoy_domains(claim.domain, self.any_port.contains(claim.domain))
            } else {
                owned(claim)
            }
        });
        let domains: Vec<Name> = domains.collect();
        Some(if domains == self.whole { self.encoded.clone() } else { encode(&self.name, &domains, &self.action) })
    }

    /// Whether its Service was there before that of another port.
    pub(super) fn is_older(&self, other: &Self) -> bool {
        (self.created, &self.key) < (other.created, &other.key)
    }

    /// Whether it shares its hosts with others that have `routes`.
    pub(super) const fn shares(&self) -> bool {
        !self.prefixes.is_empty()
    }
}

fn encode(name: &Name, domains: &[Name], action: &RouteAction) -> EncodedVirtualHost {
    let route = RouteTo { prefix: EVERY_PATH, grpc_only: false, authority: None, cluster: name, action };
    EncodedVirtualHost::new(name, domains, [route])
}
