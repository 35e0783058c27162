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

    fn tell<'a>(&mut self, port: &Name, port_of: &impl Fn(&Name) -> Option<&'a Port>) {
        let of_port = self.by_port.get(port).filter(|hidden| !hidden.is_empty());
        let Some(of_port) = of_port else {
            self.by_port.remove(port);
            self.rejected.remove(port);
            return;
        };
        let lost = told(of_port.iter().filter(|one| one.loser == *port), loss);
        let won = told(of_port.iter().filter(|one| one.winner == *port), gain);
        let path = of_port.iter().find(|one| one.loser == *port).map(|one| &*one.prefix);
        let host = of_port.iter().find(|one| one.winner == *port).map(|one| &*one.domain);
        let written = |key, item: Option<&str>| Some(port_of(port)?.written.get(key)?.field_of(item?).to_owned());
        let placed = |told: Option<Rejected>, field: Option<String>| {
            told.map(|told| Rejected { field: field.unwrap_or(told.field), ..told })
        };
        let told = placed(lost, written("routes", path)).into_iter().chain(placed(won, written("hosts", host)));
        self.rejected.insert(Name::clone(port), told.collect());
    }
}

/// What these are told as, if there are any.
fn told<'a>(
    hidden: impl Iterator<Item = &'a Hidden>,
    tell: fn(&Hidden, &BTreeSet<&str>, &BTreeSet<&str>, &BTreeSet<&Key>) -> Rejected,
) -> Option<Rejected> {
    let mut first = None;
    let (mut domains, mut prefixes, mut others) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for one in hidden {
        first.get_or_insert(one);
        domains.insert(&*one.domain);
        prefixes.insert(&*one.prefix);
        others.extend([&one.loser_key, &one.winner_key]);
    }
    first.map(|first| tell(first, &domains, &prefixes, &others))
}

fn loss(first: &Hidden, domains: &BTreeSet<&str>, prefixes: &BTreeSet<&str>, others: &BTreeSet<&Key>) -> Rejected {
    let Hidden { wildcard, loser_key, .. } = first;
    let others = list(others.iter().filter(|key| **key != loser_key).map(|key| format!("Service {key}")));
    Rejected {
        object: ObjectRef::service(loser_key),
        field: field("routes"),
        value: Rejected::shorten(&list(prefixes.iter().map(ToString::to_string))),
        reason: Reason::DoubtfulAnnotation,
        message: format!(
            "requests for {} with such a path go to {others}, whose hosts name the domain; expected hosts that name it here, \
             too",
            list(domains.iter().map(ToString::to_string)),
        ),
        meanwhile: format!("on all other domains of {wildcard} it is in force"),
    }
}

fn gain(first: &Hidden, domains: &BTreeSet<&str>, prefixes: &BTreeSet<&str>, others: &BTreeSet<&Key>) -> Rejected {
    let Hidden { wildcard, winner_key, .. } = first;
    let others = list(others.iter().filter(|key| **key != winner_key).map(|key| format!("Service {key}")));
    Rejected {
        object: ObjectRef::service(winner_key),
        field: field("hosts"),
        value: Rejected::shorten(&list(domains.iter().map(ToString::to_string))),
        reason: Reason::DoubtfulAnnotation,
        message: format!(
            "takes {} from {others}, which asked for {wildcard}; expected routes that leave these paths free",
            list(prefixes.iter().map(ToString::to_string)),
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
