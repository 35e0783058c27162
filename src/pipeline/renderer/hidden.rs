//! Paths that somebody wants of a wildcard and that lead elsewhere on a domain which the wildcard covers: told to both.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::settings::field;
use crate::model::{Key, ObjectRef, Port, Reason, Rejected};
use crate::translate::envoy::Hidden;
use crate::xds::Name;

/// How many things of one kind a message names.
const NAMED: usize = 3;

/// What is hidden, by domain and by those it concerns.
#[derive(Debug, Default)]
pub(super) struct HiddenPaths {
    by_domain: BTreeMap<Name, BTreeSet<Hidden>>,
    /// By the clusters of those who lost and of those who have it instead.
    by_port: BTreeMap<Name, BTreeSet<Hidden>>,
    rejected: BTreeMap<Name, Vec<Rejected>>,
}

impl HiddenPaths {
    /// What there is to tell, in the order of clusters.
    pub(super) fn rejected(&self) -> impl Iterator<Item = &Rejected> {
        self.rejected.values().flatten()
    }

    /// Replaces what is hidden on a domain, and says whether that was anything else. `port_of` knows the port of a cluster,
    /// and so where its hosts and routes were written.
    pub(super) fn set<'a>(
        &mut self,
        domain: &Name,
        hidden: BTreeSet<Hidden>,
        port_of: &impl Fn(&Name) -> Option<&'a Port>,
    ) -> bool {
        let none = BTreeSet::new();
        let before = self.by_domain.get(domain).unwrap_or(&none);
        if *before == hidden {
            return false;
        }
        let mut concerned = BTreeSet::new();
        for gone in before.difference(&hidden) {
            for port in [&gone.loser, &gone.winner] {
                self.by_port.entry(Name::clone(port)).or_default().remove(gone);
                concerned.insert(Name::clone(port));
            }
        }
        for new in hidden.difference(before) {
            for port in [&new.loser, &new.winner] {
                self.by_port.entry(Name::clone(port)).or_default().insert(new.clone());
                concerned.insert(Name::clone(port));
            }
        }
        if hidden.is_empty() {
            self.by_domain.remove(domain);
        } else {
            self.by_domain.insert(Name::clone(domain), hidden);
        }
        for port in concerned {
            self.tell(&port, port_of);
        }
        true
    }

    /// Tells of a port anew, whose hosts and routes may be written elsewhere now; says whether that makes a difference.
    pub(super) fn tell<'a>(&mut self, port: &Name, port_of: &impl Fn(&Name) -> Option<&'a Port>) -> bool {
        let of_port = self.by_port.get(port).filter(|hidden| !hidden.is_empty());
        let Some((of_port, rendered)) = of_port.zip(port_of(port)) else {
            self.by_port.remove(port);
            return self.rejected.remove(port).is_some();
        };
        let lost = of_port.iter().filter(|one| one.loser == *port);
        let lost = grouped(lost, |one| &one.prefix, |one| (&one.domain, &one.winner_key));
        let won = of_port.iter().filter(|one| one.winner == *port);
        let won = grouped(won, |one| &one.domain, |one| (&one.prefix, &one.loser_key));
        let lost = lost.iter().map(|group| loss(rendered, group));
        let told: Vec<Rejected> = lost.chain(won.iter().map(|group| gain(rendered, group))).collect();
        let is_same = self.rejected.get(port) == Some(&told);
        self.rejected.insert(Name::clone(port), told);
        !is_same
    }
}

/// Domains or paths that are in query, each with the other Service.
type Others<'a> = BTreeSet<(&'a Name, &'a Key)>;

/// Paths or domains of which the same is to be told.
struct Group<'a> {
    /// One of them.
    any: &'a Hidden,
    /// All of them.
    items: BTreeSet<&'a Name>,
    /// The domains or paths that are in query, and the other Service.
    others: Others<'a>,
}

/// Puts together those of one wildcard that have the same others.
fn grouped<'a>(
    hidden: impl Iterator<Item = &'a Hidden>,
    item: fn(&'a Hidden) -> &'a Name,
    other: fn(&'a Hidden) -> (&'a Name, &'a Key),
) -> Vec<Group<'a>> {
    let mut items: BTreeMap<(&Name, &Name), (&'a Hidden, Others<'a>)> = BTreeMap::new();
    for one in hidden {
        items.entry((&one.wildcard, item(one))).or_insert_with(|| (one, BTreeSet::new())).1.insert(other(one));
    }
    let mut groups: BTreeMap<_, Group<'a>> = BTreeMap::new();
    for ((wildcard, item), (any, others)) in items {
        let group = || Group { any, items: BTreeSet::new(), others: others.clone() };
        groups.entry((wildcard, others.clone())).or_insert_with(group).items.insert(item);
    }
    groups.into_values().collect()
}

fn loss(port: &Port, Group { any, items, others }: &Group<'_>) -> Rejected {
    let Hidden { wildcard, loser_key, prefix, .. } = any;
    let written = |key: &str, item: &Name| Some(port.written.get(key)?.field_of(item).to_owned());
    // Without routes it wants all of the wildcard.
    let is_whole = port.policy.routes.is_empty();
    let (key, item) = if is_whole { ("hosts", wildcard) } else { ("routes", prefix) };
    let what = if is_whole { wildcard.to_string() } else { list(items.iter().map(ToString::to_string)) };
    let domains = list(others.iter().map(|(domain, key)| format!("{domain} (to Service {key})")));
    Rejected {
        object: ObjectRef::service(loser_key),
        field: written(key, item).unwrap_or_else(|| field(key)),
        value: Rejected::shorten(&what),
        reason: Reason::DoubtfulAnnotation,
        message: format!(
            "on some domains such requests go elsewhere, because hosts name the domain there: {domains}; expected hosts that name it \
             here, too"
        ),
        meanwhile: format!("on all other domains of {wildcard} it is in force"),
    }
}

fn gain(port: &Port, Group { any, items, others }: &Group<'_>) -> Rejected {
    let Hidden { wildcard, winner_key, domain, .. } = any;
    let written = port.written.get("hosts").map(|written| written.field_of(domain).to_owned());
    let paths = list(others.iter().map(|(path, key)| format!("{path} (of Service {key})")));
    Rejected {
        object: ObjectRef::service(winner_key),
        field: written.unwrap_or_else(|| field("hosts")),
        value: Rejected::shorten(&list(items.iter().map(ToString::to_string))),
        reason: Reason::DoubtfulAnnotation,
        message: format!(
            "takes what others asked for on {wildcard}: {paths}; expected routes that leave these paths free"
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
