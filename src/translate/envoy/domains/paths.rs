//! Which path of one domain leads to which port, and which claims on the domain conflict.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::route::RouteTo;
use super::port_routes::PortRoutes;
use crate::model::{Key, Requests};
use crate::translate::route::EVERY_PATH;
use crate::xds::Name;

/// A port that claims a domain.
#[derive(Debug)]
pub(super) struct Claimant {
    /// By `hosts` (which sorts last), not as a name of its Service.
    pub by_hosts: bool,
    /// Which requests for the domain it claims.
    pub requests: Requests,
    /// The port.
    pub port: Arc<PortRoutes>,
}

/// What a claim on a domain rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimKind {
    /// The domain is a name of the Service itself.
    OwnName,
    /// `hosts` without `routes`: all of the domain.
    Exclusive,
    /// `hosts` with `routes`: some paths of the domain, which others may share.
    Shared,
}

/// A domain, or a path of it, that two Service ports claim, as the loser sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The domain.
    pub domain: Name,
    /// The path prefix, on a domain that both share.
    pub prefix: Option<Name>,
    /// The Service that has it.
    pub winner: Key,
    /// The port of that Service.
    pub winner_port: u16,
    /// What the claim of the winner rests on.
    pub winner_claim: ClaimKind,
}

/// Who gets the requests whose path begins with a prefix.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathOwners<'a> {
    prefix: &'a str,
    /// The requests of gRPC.
    pub grpc: Option<&'a Claimant>,
    /// All others.
    pub other: Option<&'a Claimant>,
}

/// Who gets the requests for a domain, by path prefix; the first prefix that matches counts.
#[derive(Debug, Default)]
pub(super) struct PathTable<'a>(Vec<PathOwners<'a>>);

/// Either kind of request.
const KINDS: [Requests; 2] = [Requests::Grpc, Requests::Other];

impl<'a> PathTable<'a> {
    /// The table of a domain with these claimants, the strongest claim first.
    pub fn of(claimants: &[&'a Claimant]) -> Self {
        let mut rows: BTreeMap<(Reverse<usize>, &str), [Option<&'a Claimant>; 2]> = BTreeMap::new();
        let mut put = |prefix: &'a str, kind: Requests, claimant: &'a Claimant| {
            let [grpc, other] = rows.entry((Reverse(prefix.len()), prefix)).or_default();
            let owner = if kind == Requests::Grpc { grpc } else { other };
            owner.get_or_insert(claimant);
        };
        for kind in KINDS {
            let taking = || claimants.iter().copied().filter(|claimant| claimant.takes(kind, claimants));
            match taking().next() {
                Some(first) if first.claim_kind() == ClaimKind::Shared => {
                    for claimant in taking().filter(|claimant| claimant.port.shares()) {
                        claimant.port.prefixes.iter().for_each(|prefix| put(prefix, kind, claimant));
                    }
                }
                Some(first) => put(EVERY_PATH, kind, first),
                None => {}
            }
        }
        Self(rows.into_iter().map(|((_, prefix), [grpc, other])| PathOwners { prefix, grpc, other }).collect())
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The only row, if it is for every path.
    pub fn only(&self) -> Option<PathOwners<'a>> {
        match self.0.as_slice() {
            [row] if row.prefix == EVERY_PATH => Some(*row),
            _ => None,
        }
    }

    /// Appends the table of a less specific domain. Returns which of its rows have no effect: the prefix, the port that has
    /// it already, and the port that would have it.
    pub fn extend(&mut self, table: Self) -> Vec<(&'a str, &'a PortRoutes, &'a PortRoutes)> {
        let mut shadowed = Vec::new();
        let own = self.0.clone();
        for PathOwners { prefix, grpc, other } in table.0 {
            let mut left = |claimant: Option<&'a Claimant>, owner: fn(&PathOwners<'a>) -> Option<&'a Claimant>| {
                let claimant = claimant?;
                let before = own.iter().filter(|row| prefix.starts_with(row.prefix)).find_map(owner);
                let Some(before) = before else { return Some(claimant) };
                shadowed.push((prefix, &*before.port, &*claimant.port));
                None
            };
            let (grpc, other) = (left(grpc, |row| row.grpc), left(other, |row| row.other));
            if grpc.is_some() || other.is_some() {
                self.0.push(PathOwners { prefix, grpc, other });
            }
        }
        shadowed
    }

    /// Whether the requests of gRPC and the others have different owners, for any prefix.
    fn is_split(&self) -> bool {
        let name = |owner: Option<&'a Claimant>| owner.map(|owner| &owner.port.name);
        self.0.iter().any(|row| name(row.grpc) != name(row.other))
    }
}

/// The routes of these tables, each for requests with an authority that matches its regular expression, or any.
///
/// Where the requests of gRPC have an owner of their own, the routes for these come before all others: a shorter prefix among
/// the others must not take them. Requests of gRPC that none of them takes are like any others.
pub(super) fn routes<'a>(all: &'a [(Option<String>, PathTable<'a>)]) -> Vec<RouteTo<'a>> {
    let rows = || all.iter().flat_map(|(authority, table)| table.0.iter().map(move |row| (authority.as_deref(), row)));
    let route = |owner: &'a Claimant, grpc_only, authority, prefix| {
        let PortRoutes { name: cluster, action, .. } = &*owner.port;
        RouteTo { prefix, grpc_only, authority, cluster, action }
    };
    let is_split = all.iter().any(|(_, table)| table.is_split());
    let grpc = rows().filter(|_| is_split);
    let grpc = grpc.filter_map(|(authority, row)| Some(route(row.grpc?, true, authority, row.prefix)));
    let others = rows().filter_map(|(authority, row)| Some(route(row.other?, false, authority, row.prefix)));
    grpc.chain(others).collect()
}

/// The conflicts that `port` loses on a domain with these claimants.
pub(super) fn conflicts(domain: &Name, claimants: &[&Claimant], port: &PortRoutes) -> BTreeSet<Conflict> {
    let mut lost = BTreeSet::new();
    let is_own = |claimant: &&&Claimant| claimant.port.name == port.name;
    let Some(own) = claimants.iter().find(is_own) else { return lost };
    for kind in KINDS.into_iter().filter(|kind| own.takes(*kind, claimants)) {
        let taking = || claimants.iter().filter(|claimant| claimant.takes(kind, claimants));
        let Some(winner) = taking().next().filter(|winner| winner.port.name != port.name) else {
            // Whoever comes first on a domain has all its prefixes there, too.
            continue;
        };
        if winner.port.key == port.key && winner.requests != Requests::All {
            // The other default port of the Service has what is meant for it.
            continue;
        }
        if winner.claim_kind() != ClaimKind::Shared || !port.shares() {
            lost.insert(winner.wins(domain, None));
            continue;
        }
        for prefix in &port.prefixes {
            let owner = taking().find(|claimant| claimant.port.prefixes.contains(prefix));
            if let Some(owner) = owner.filter(|owner| owner.port.name != port.name) {
                lost.insert(owner.wins(domain, Some(prefix)));
            }
        }
    }
    lost
}

impl Claimant {
    /// What its claim rests on.
    pub fn claim_kind(&self) -> ClaimKind {
        match (self.by_hosts, self.port.shares()) {
            (false, _) => ClaimKind::OwnName,
            (true, false) => ClaimKind::Exclusive,
            (true, true) => ClaimKind::Shared,
        }
    }

    /// Whether it takes requests of this kind, among these claimants of the same domain: one of two default ports takes all
    /// where the other one doesn't claim the domain.
    fn takes(&self, kind: Requests, claimants: &[&Self]) -> bool {
        let is_other_half = |other: &&Self| other.port.key == self.port.key && other.requests != self.requests;
        self.requests == Requests::All
            || self.requests == kind
            || !claimants.iter().copied().any(|other| is_other_half(&other))
    }

    /// The conflict that it wins.
    fn wins(&self, domain: &Name, prefix: Option<&Name>) -> Conflict {
        Conflict {
            domain: Name::clone(domain),
            prefix: prefix.cloned(),
            winner: self.port.key.clone(),
            winner_port: self.port.port,
            winner_claim: self.claim_kind(),
        }
    }

    /// The order of claims on one domain, the strongest first.
    pub fn compare(&self, other: &Self) -> Ordering {
        let rank = |claimant: &Self| (claimant.by_hosts, claimant.port.created);
        let tie = |claimant: &Self| claimant.port.port;
        rank(self)
            .cmp(&rank(other))
            .then_with(|| self.port.key.cmp(&other.port.key))
            .then_with(|| tie(self).cmp(&tie(other)))
    }
}
