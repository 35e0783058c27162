//! Paths of wildcards that are shadowed on a domain, as rejections on both Services.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Key, ObjectRef, Port, Reason, Rejected};
use crate::translate::envoy::ShadowedPath;
use crate::xds::Name;

/// How many things of one kind a message names.
const NAMED: usize = 3;

/// The shadowed paths, by domain and by port.
#[derive(Debug, Default)]
pub(super) struct ShadowedPaths {
    by_domain: BTreeMap<Name, BTreeSet<ShadowedPath>>,
    /// By the clusters of losers and winners.
    by_port: BTreeMap<Name, BTreeSet<ShadowedPath>>,
    rejected: BTreeMap<Name, Vec<Rejected>>,
}

impl ShadowedPaths {
    /// Their rejections, in the order of clusters.
    pub(super) fn rejected(&self) -> impl Iterator<Item = &Rejected> {
        self.rejected.values().flatten()
    }

    /// Replaces the shadowed paths of a domain. Returns whether that changed any. `port_of` finds the port of a cluster, and
    /// so where its hosts and routes are written.
    pub(super) fn set<'a>(
        &mut self,
        domain: &Name,
        shadowed: BTreeSet<ShadowedPath>,
        port_of: &impl Fn(&Name) -> Option<&'a Port>,
    ) -> bool {
        let none = BTreeSet::new();
        let before = self.by_domain.get(domain).unwrap_or(&none);
        if *before == shadowed {
            return false;
        }
        let mut concerned = BTreeSet::new();
        for gone in before.difference(&shadowed) {
            for port in [&gone.loser, &gone.winner] {
                self.by_port.entry(Name::clone(port)).or_default().remove(gone);
                concerned.insert(Name::clone(port));
            }
        }
        for new in shadowed.difference(before) {
            for port in [&new.loser, &new.winner] {
                self.by_port.entry(Name::clone(port)).or_default().insert(new.clone());
                concerned.insert(Name::clone(port));
            }
        }
        if shadowed.is_empty() {
            self.by_domain.remove(domain);
        } else {
            self.by_domain.insert(Name::clone(domain), shadowed);
        }
        for port in concerned {
            self.update_port(&port, port_of);
        }
        true
    }

    /// Composes the rejections of a port again, whose hosts and routes may be written elsewhere now. Returns whether that
    /// changed any.
    pub(super) fn update_port<'a>(&mut self, port: &Name, port_of: &impl Fn(&Name) -> Option<&'a Port>) -> bool {
        let of_port = self.by_port.get(port).filter(|shadowed| !shadowed.is_empty());
        let Some((of_port, rendered)) = of_port.zip(port_of(port)) else {
            self.by_port.remove(port);
            return self.rejected.remove(port).is_some();
        };
        let lost = of_port.iter().filter(|one| one.loser == *port);
        let lost = grouped(lost, |one| &one.prefix, |one| (&one.domain, &one.winner_key));
        let won = of_port.iter().filter(|one| one.winner == *port);
        let won = grouped(won, |one| &one.domain, |one| (&one.prefix, &one.loser_key));
        let lost = lost.iter().map(|group| loss(rendered, group));
        let rejected: Vec<Rejected> = lost.chain(won.iter().map(|group| gain(rendered, group))).collect();
        let is_same = self.rejected.get(port) == Some(&rejected);
        self.rejected.insert(Name::clone(port), rejected);
        !is_same
    }
}

/// Domains or paths, each with the other Service.
type Others<'a> = BTreeSet<(&'a Name, &'a Key)>;

/// Paths or domains that one rejection names together.
struct Group<'a> {
    any: &'a ShadowedPath,
    items: BTreeSet<&'a Name>,
    /// The domains or paths that they are shadowed on or by, and the other Service.
    others: Others<'a>,
}

/// Groups those of one wildcard that have the same others.
fn grouped<'a>(
    shadowed: impl Iterator<Item = &'a ShadowedPath>,
    item: fn(&'a ShadowedPath) -> &'a Name,
    other: fn(&'a ShadowedPath) -> (&'a Name, &'a Key),
) -> Vec<Group<'a>> {
    let mut items: BTreeMap<(&Name, &Name), (&'a ShadowedPath, Others<'a>)> = BTreeMap::new();
    for one in shadowed {
        items.entry((&one.wildcard, item(one))).or_insert_with(|| (one, BTreeSet::new())).1.insert(other(one));
    }
    let mut groups: BTreeMap<_, Group<'a>> = BTreeMap::new();
    for ((wildcard, item), (any, others)) in items {
        let group = || Group { any, items: BTreeSet::new(), others: others.clone() };
        groups.entry((wildcard, others.clone())).or_insert_with(group).items.insert(item);
    }
    groups.into_values().collect()
}

/// The rejection of the port that loses.
fn loss(port: &Port, Group { any, items, others }: &Group<'_>) -> Rejected {
    let ShadowedPath { wildcard, loser_key, prefix, .. } = any;
    // Without routes it claims all of the wildcard.
    let is_whole = port.policy.routes.is_empty();
    let (key, item) = if is_whole { ("hosts", wildcard) } else { ("routes", prefix) };
    let what = if is_whole { wildcard.to_string() } else { list(items.iter().map(ToString::to_string)) };
    let domains = list(others.iter().map(|(domain, key)| format!("{domain} (to Service {key})")));
    Rejected {
        object: ObjectRef::service(loser_key),
        field: port.field_of(key, item),
        value: Rejected::shorten(&what),
        reason: Reason::DoubtfulAnnotation,
        message: format!(
            "other Services receive these requests on domains that their hosts name: {domains}; expected hosts that name \
             them here, too"
        ),
        meanwhile: format!("on all other domains of {wildcard} it is in force"),
    }
}

/// The rejection of the port that wins.
fn gain(port: &Port, Group { any, items, others }: &Group<'_>) -> Rejected {
    let ShadowedPath { wildcard, winner_key, domain, .. } = any;
    let paths = list(others.iter().map(|(path, key)| format!("{path} (of Service {key})")));
    Rejected {
        object: ObjectRef::service(winner_key),
        field: port.field_of("hosts", domain),
        value: Rejected::shorten(&list(items.iter().map(ToString::to_string))),
        reason: Reason::DoubtfulAnnotation,
        message: format!(
            "hides paths that other Services claim on {wildcard}: {paths}; expected routes that leave these paths free"
        ),
        meanwhile: "it is in force".to_owned(),
    }
}

/// The first of these, and how many there are besides.
fn list(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let named = all.get(..NAMED.min(all.len())).unwrap_or_default().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
