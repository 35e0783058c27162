//! The fields that say which requests a Mapping takes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::draft::{Draft, Place};
use super::{Backend, Field, Mapping};
use crate::model::settings;

/// The fields that are read here, besides those that narrow.
const READ: [&str; 6] = ["prefix", "host", "hostname", "hosts", "rewrite", "weight"];

/// What makes a Mapping take fewer requests than its prefix and hosts say, or none.
const NARROWING: [&str; 11] = [
    "prefix_regex",
    "prefix_exact",
    "host_regex",
    "host_redirect",
    "headers",
    "regex_headers",
    "method",
    "method_regex",
    "query_parameters",
    "regex_query_parameters",
    "shadow",
];

/// What is said when a Mapping can't be routed by.
const NOT_ROUTED: &str = "its prefix isn't routed; the Service is served under its own names";

/// Every host.
const EVERY: &str = "*";

/// Whether a field is read here.
pub(super) fn reads(field: &str) -> bool {
    READ.contains(&field) || NARROWING.contains(&field)
}

/// The hosts and prefixes of each port.
#[derive(Default)]
pub(super) struct Routes(BTreeMap<String, Route>);

struct Route {
    hosts: BTreeSet<String>,
    prefixes: BTreeSet<String>,
    hosts_setting: String,
    at_hosts: Place,
    at_prefix: Place,
}

impl Routes {
    /// Takes the hosts and the prefix of one Mapping.
    pub fn take(&mut self, mapping: &Mapping, backend: &Backend, draft: &mut Draft<'_>) {
        let Some((hosts, at_hosts)) = hosts(mapping, draft) else { return };
        let prefix = mapping.field("prefix");
        if is_narrowed(mapping, draft) || !prefix.is_set() {
            return;
        }
        // Ours are a list, and what isn't a path might be the name of a gRPC service in it.
        if !prefix.text().starts_with('/')
            || prefix.text().contains(',')
            || !settings::accepts("routes", &prefix.text())
        {
            let message = "not a prefix that can be matched here; expected a path, which begins with /";
            return draft.refuse(&prefix.place(), message, NOT_ROUTED);
        }
        if !rewrites_nothing(mapping) {
            let rewrite = mapping.field("rewrite");
            let field = if rewrite.value().is_null() { &prefix } else { &rewrite };
            let message = "Emissary replaces the prefix by rewrite (/ unless it is said); here the path stays as it is";
            draft.ignore_but(&field.place(), message, "pods get the whole path");
        }
        let route = self.0.entry(backend.named("routes")).or_insert_with(|| Route {
            hosts: hosts.clone(),
            prefixes: BTreeSet::new(),
            hosts_setting: backend.named("hosts"),
            at_hosts: at_hosts.clone(),
            at_prefix: prefix.place(),
        });
        if route.hosts == hosts {
            route.prefixes.insert(prefix.text());
        } else {
            let message = format!("other hosts than {}, and here all prefixes of a port have the same", spoken(route));
            draft.ignore_but(&at_hosts, message, NOT_ROUTED);
        }
    }

    pub fn finish(self, draft: &mut Draft<'_>) {
        for (setting, Route { hosts, prefixes, hosts_setting, at_hosts, at_prefix }) in self.0 {
            let list = |words: BTreeSet<String>| words.into_iter().collect::<Vec<_>>().join(",");
            draft.set(hosts_setting, list(hosts), &at_hosts);
            draft.set(setting, list(prefixes), &at_prefix);
        }
    }
}

fn spoken(route: &Route) -> String {
    route.at_hosts.spoken()
}

/// The hosts, and where they stand; none if they can't be used, because then every host would be meant.
fn hosts(mapping: &Mapping, draft: &mut Draft<'_>) -> Option<(BTreeSet<String>, Place)> {
    let mut hosts = BTreeSet::new();
    let mut at = mapping.field("prefix").place();
    for field in ["hostname", "host", "hosts"].map(|name| mapping.field(name)).into_iter().filter(Field::is_set) {
        at = field.place();
        let items = if field.value().is_array() { field.items(draft) } else { vec![field] };
        for item in items {
            let host = item.text();
            let is_one = item.value().is_string() && !host.contains(',');
            if host != EVERY && !(is_one && settings::accepts("hosts", &host)) {
                let message = "not a host that can be matched here; expected a domain, with or without *. before it";
                draft.refuse(&item.place(), message, NOT_ROUTED);
                return None;
            }
            hosts.insert(host);
        }
    }
    if hosts.is_empty() || hosts.contains(EVERY) {
        hosts = BTreeSet::from([EVERY.to_owned()]);
    }
    Some((hosts, at))
}

/// Whether fields that aren't understood say that not all requests of the prefix are meant; says so.
fn is_narrowed(mapping: &Mapping, draft: &mut Draft<'_>) -> bool {
    let mut narrowed = false;
    for field in NARROWING.map(|name| mapping.field(name)).into_iter().filter(Field::is_set) {
        draft.ignore_but(&field.place(), "there is nothing like it here", NOT_ROUTED);
        narrowed = true;
    }
    let weight = mapping.field("weight");
    if weight.is_set() && weight.value().as_u64() != Some(100) {
        draft.ignore_but(&weight.place(), "requests of one prefix can't be split by weight here", NOT_ROUTED);
        narrowed = true;
    }
    narrowed
}

/// Whether the path reaches the pod as it is: nobody rewrites the path of a gRPC method, whatever the default is.
fn rewrites_nothing(mapping: &Mapping) -> bool {
    let (prefix, rewrite) = (mapping.field("prefix").text(), mapping.field("rewrite"));
    if rewrite.value().is_null() {
        return mapping.field("grpc").is_true() || prefix == "/";
    }
    let rewrite = rewrite.text();
    rewrite.is_empty() || rewrite == prefix
}
