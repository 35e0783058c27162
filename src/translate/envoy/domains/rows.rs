//! Which path of one domain leads where.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::route::{EVERY_PATH, RouteTo};
use super::port_routes::PortRoutes;
use crate::model::{Key, Requests};
use crate::xds::Name;

/// That a port wants a domain.
#[derive(Debug)]
pub(super) struct Claim {
    /// By `hosts` (which sorts last), not by right.
    pub by_hosts: bool,
    pub requests: Requests,
    pub port: Arc<PortRoutes>,
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

/// Who has the requests whose path begins with a prefix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    prefix: &'a str,
    /// Those of gRPC.
    pub grpc: Option<&'a Claim>,
    /// All others.
    pub other: Option<&'a Claim>,
}

/// The rows of a domain; the first whose prefix fits counts.
#[derive(Debug, Default)]
pub(super) struct Rows<'a>(Vec<Row<'a>>);

/// Either kind of request.
const KINDS: [Requests; 2] = [Requests::Grpc, Requests::Other];

impl<'a> Rows<'a> {
    /// The rows of a domain that these want, the strongest claim first.
    pub fn of(claims: &[&'a Claim]) -> Self {
        let mut rows: BTreeMap<(Reverse<usize>, &str), [Option<&'a Claim>; 2]> = BTreeMap::new();
        let mut put = |prefix: &'a str, kind: Requests, claim: &'a Claim| {
            let [grpc, other] = rows.entry((Reverse(prefix.len()), prefix)).or_default();
            let holder = if kind == Requests::Grpc { grpc } else { other };
            holder.get_or_insert(claim);
        };
        for kind in KINDS {
            let taking = || claims.iter().copied().filter(|claim| claim.takes(kind, claims));
            match taking().next() {
                Some(first) if first.title() == Title::Shared => {
                    for claim in taking().filter(|claim| claim.port.shares()) {
                        claim.port.prefixes.iter().for_each(|prefix| put(prefix, kind, claim));
                    }
                }
                Some(first) => put(EVERY_PATH, kind, first),
                None => {}
            }
        }
        Self(rows.into_iter().map(|((_, prefix), [grpc, other])| Row { prefix, grpc, other }).collect())
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The only row, if it is for every path.
    pub fn only(&self) -> Option<Row<'a>> {
        match self.0.as_slice() {
            [row] if row.prefix == EVERY_PATH => Some(*row),
            _ => None,
        }
    }

    /// Puts the rows of a less specific domain after these. Returns what of them is hidden: the prefix, who has it, and who
    /// would have.
    pub fn extend(&mut self, rows: Self) -> Vec<(&'a str, &'a PortRoutes, &'a PortRoutes)> {
        let mut hidden = Vec::new();
        let own = self.0.clone();
        for Row { prefix, grpc, other } in rows.0 {
            let mut left = |claim: Option<&'a Claim>, holder: fn(&Row<'a>) -> Option<&'a Claim>| {
                let claim = claim?;
                let before = own.iter().filter(|row| prefix.starts_with(row.prefix)).find_map(holder);
                let Some(before) = before else { return Some(claim) };
                hidden.push((prefix, &*before.port, &*claim.port));
                None
            };
            let (grpc, other) = (left(grpc, |row| row.grpc), left(other, |row| row.other));
            if grpc.is_some() || other.is_some() {
                self.0.push(Row { prefix, grpc, other });
            }
        }
        hidden
    }

    /// Whether somebody else has the requests of gRPC than the others, for any prefix.
    fn is_split(&self) -> bool {
        let name = |claim: Option<&'a Claim>| claim.map(|claim| &claim.port.name);
        self.0.iter().any(|row| name(row.grpc) != name(row.other))
    }
}

/// The routes of these rows, each for requests with an authority that fits its regular expression, or any.
///
/// Where somebody else has the requests of gRPC, the routes for these come before all others: a shorter prefix among the
/// others must not take them. Requests of gRPC that none of them takes are like any others.
pub(super) fn routes<'a>(all: &'a [(Option<String>, Rows<'a>)]) -> Vec<RouteTo<'a>> {
    let rows = || all.iter().flat_map(|(authority, rows)| rows.0.iter().map(move |row| (authority.as_deref(), row)));
    let route = |claim: &'a Claim, grpc_only, authority, prefix| {
        let PortRoutes { name: cluster, action, .. } = &*claim.port;
        RouteTo { prefix, grpc_only, authority, cluster, action }
    };
    let is_split = all.iter().any(|(_, rows)| rows.is_split());
    let grpc = rows().filter(|_| is_split);
    let grpc = grpc.filter_map(|(authority, row)| Some(route(row.grpc?, true, authority, row.prefix)));
    let others = rows().filter_map(|(authority, row)| Some(route(row.other?, false, authority, row.prefix)));
    grpc.chain(others).collect()
}

/// What `port` wants of a domain, that all these want, and doesn't have.
pub(super) fn lost(domain: &Name, claims: &[&Claim], port: &PortRoutes) -> BTreeSet<Contest> {
    let mut lost = BTreeSet::new();
    let is_own = |claim: &&&Claim| claim.port.name == port.name;
    let Some(own) = claims.iter().find(is_own) else { return lost };
    for kind in KINDS.into_iter().filter(|kind| own.takes(*kind, claims)) {
        let taking = || claims.iter().filter(|claim| claim.takes(kind, claims));
        let Some(winner) = taking().next().filter(|winner| winner.port.name != port.name) else {
            // Whoever comes first on a domain has all its prefixes there, too.
            continue;
        };
        if winner.port.key == port.key && winner.requests != Requests::All {
            // The other default port of the Service has what is meant for it.
            continue;
        }
        if winner.title() != Title::Shared || !port.shares() {
            lost.insert(winner.over(domain, None));
            continue;
        }
        for prefix in &port.prefixes {
            let holder = taking().find(|claim| claim.port.prefixes.contains(prefix));
            if let Some(holder) = holder.filter(|holder| holder.port.name != port.name) {
                lost.insert(holder.over(domain, Some(prefix)));
            }
        }
    }
    lost
}

impl Claim {
    pub fn title(&self) -> Title {
        match (self.by_hosts, self.port.shares()) {
            (false, _) => Title::Own,
            (true, false) => Title::Hosts,
            (true, true) => Title::Shared,
        }
    }

    /// Whether it takes requests of this kind, among these claims on the same domain: one of two default ports takes all
    /// where the other one doesn't want the domain.
    fn takes(&self, kind: Requests, claims: &[&Self]) -> bool {
        let is_other_half = |other: &&Self| other.port.key == self.port.key && other.requests != self.requests;
        self.requests == Requests::All
            || self.requests == kind
            || !claims.iter().copied().any(|other| is_other_half(&other))
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

    pub fn compare(&self, other: &Self) -> Ordering {
        let rank = |claim: &Self| (claim.by_hosts, claim.port.created);
        let tie = |claim: &Self| claim.port.port;
        rank(self)
            .cmp(&rank(other))
            .then_with(|| self.port.key.cmp(&other.port.key))
            .then_with(|| tie(self).cmp(&tie(other)))
    }
}
