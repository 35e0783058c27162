//! The fields that select the requests of a Mapping.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::draft::{AnnotationField, Draft};
use super::document::Version;
use super::{Backend, Field, Mapping};
use crate::model::settings;

/// The fields that are read here, besides those that narrow.
const READ: [&str; 7] = ["prefix", "host", "hostname", "hosts", "rewrite", "weight", "case_sensitive"];

/// The fields that hold hosts, the strongest first. Emissary reads one of them.
const HOSTS: [&str; 3] = ["hostname", "host", "hosts"];

/// What Emissary's webhook writes for `host` when it shows a Mapping of `v3alpha1` without a hostname as one of `v2`.
const NO_HOST: &str = "_skip_mapping_with_empty_host_";

/// The header that is another word for the host.
const AUTHORITY: &str = ":authority";

/// What makes a Mapping take fewer requests than its prefix and hosts say, or none.
const NARROWING: [&str; 10] = [
    "prefix_regex",
    "prefix_exact",
    "host_regex",
    "host_redirect",
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
    READ.contains(&field) || NARROWING.contains(&field) || field == "headers"
}

/// What the Mappings of each port claim, by the name of its `routes`.
#[derive(Default)]
pub(super) struct Routes(BTreeMap<String, Claims>);

struct Claims {
    hosts_setting: String,
    /// In the order of the Mappings.
    each: Vec<Claim>,
}

/// The hosts and the prefix of one Mapping.
struct Claim {
    hosts: BTreeMap<String, AnnotationField>,
    /// Where the hosts stand as a whole; where the prefix does if there are none.
    at_hosts: AnnotationField,
    prefix: String,
    at_prefix: AnnotationField,
}

impl Routes {
    /// Takes the hosts and the prefix of one Mapping.
    pub fn take(&mut self, mapping: &Mapping, backend: &Backend, draft: &mut Draft<'_>) {
        let Some((hosts, at_hosts)) = hosts(mapping, draft) else { return };
        let prefix = mapping.field("prefix");
        if is_narrowed(mapping, draft) {
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
        say_what_differs(mapping, &prefix, draft);
        let claims = self.0.entry(backend.named("routes"));
        let claims = claims.or_insert_with(|| Claims { hosts_setting: backend.named("hosts"), each: Vec::new() });
        claims.each.push(Claim { hosts, at_hosts, prefix: prefix.text(), at_prefix: prefix.place() });
    }

    /// Sets what can be had of all claims: ours gives all hosts of a port the same prefixes.
    pub fn finish(self, draft: &mut Draft<'_>) {
        for (routes_setting, Claims { hosts_setting, each }) in self.0 {
            let mut prefixes_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for claim in &each {
                for host in claim.hosts.keys() {
                    prefixes_of.entry(host).or_default().insert(&claim.prefix);
                }
            }
            let Some(first) = each.first() else { continue };
            let wanted = first.hosts.keys().next().and_then(|host| prefixes_of.get(host.as_str()));
            let (mut hosts, mut prefixes) = (BTreeMap::new(), BTreeMap::new());
            for claim in &each {
                let has = |host: &str| prefixes_of.get(host) == wanted;
                if !claim.hosts.keys().all(|host| has(host)) {
                    let message = format!(
                        "other hosts than {}, and here all prefixes of a port have the same",
                        first.at_hosts.spoken()
                    );
                    draft.ignore_but(&claim.at_hosts, message, NOT_ROUTED);
                }
                for (host, place) in claim.hosts.iter().filter(|(host, _)| has(host)) {
                    hosts.entry(host.clone()).or_insert_with(|| place.clone());
                    prefixes.entry(claim.prefix.clone()).or_insert_with(|| claim.at_prefix.clone());
                }
            }
            draft.set_list(hosts_setting, hosts, first.at_hosts.clone());
            draft.set_list(routes_setting, prefixes, first.at_prefix.clone());
        }
    }
}

/// The hosts, and where they stand; none if they can't be used, because then every host would be meant.
fn hosts(mapping: &Mapping, draft: &mut Draft<'_>) -> Option<(BTreeMap<String, AnnotationField>, AnnotationField)> {
    let mut said =
        HOSTS.map(|name| mapping.field(name)).into_iter().filter(|field| field.is_set() && field.text() != NO_HOST);
    let Some(field) = said.next().or_else(|| authority(mapping, draft)) else {
        let at = mapping.field("prefix").place();
        return Some((BTreeMap::from([(EVERY.to_owned(), at.clone())]), at));
    };
    for other in said {
        draft.ignore(
            &other.place(),
            format!("{} says which hosts are meant, and Emissary reads that one", field.name()),
        );
    }
    let is_exact = field.name() == AUTHORITY || field.name() == "host" && mapping.version() == Version::V3Alpha1;
    let at = field.place();
    let items = if field.value().is_array() { field.items(draft) } else { vec![field] };
    let mut hosts = BTreeMap::new();
    for item in items {
        let host = item.text().to_ascii_lowercase();
        let is_one = item.value().is_string() && !host.contains(',');
        let message = if is_exact && host.contains('*') {
            "no host has a * in it, and this field of Emissary's is compared as it stands; expected hostname"
        } else if host != EVERY && !(is_one && settings::accepts("hosts", &host)) {
            "not a host that can be matched here; expected a domain, with or without *. before it"
        } else {
            hosts.insert(host, item.place());
            continue;
        };
        draft.refuse(&item.place(), message, NOT_ROUTED);
        return None;
    }
    if let Some(place) = hosts.get(EVERY) {
        hosts = BTreeMap::from([(EVERY.to_owned(), place.clone())]);
    }
    Some((hosts, at))
}

/// The header that says what `host` would have said.
fn authority<'a>(mapping: &'a Mapping, draft: &mut Draft<'_>) -> Option<Field<'a>> {
    let headers = mapping.field("headers");
    let headers = if headers.value().is_object() { headers.fields(draft) } else { Vec::new() };
    headers.into_iter().find(is_authority).map(|field| field.called(AUTHORITY))
}

fn is_authority(header: &Field<'_>) -> bool {
    header.name().eq_ignore_ascii_case(AUTHORITY) && header.value().is_string()
}

/// Whether fields that aren't understood say that not all requests of the prefix are meant; says so.
fn is_narrowed(mapping: &Mapping, draft: &mut Draft<'_>) -> bool {
    let mut narrowed = false;
    let headers = mapping.field("headers");
    let narrows = match headers.value() {
        Value::Object(_) => headers.fields(draft).iter().any(|header| !is_authority(header)),
        _ => headers.is_set(),
    };
    let others = NARROWING.map(|name| mapping.field(name)).into_iter().filter(Field::is_set);
    for field in Some(headers).filter(|_| narrows).into_iter().chain(others) {
        draft.ignore_but(&field.place(), "Chancery has no equivalent", NOT_ROUTED);
        narrowed = true;
    }
    let weight = mapping.field("weight");
    if weight.is_set() && weight.value().as_u64() != Some(100) {
        draft.ignore_but(&weight.place(), "requests of one prefix can't be split by weight here", NOT_ROUTED);
        narrowed = true;
    }
    narrowed
}

/// Says what Emissary makes of a request of this Mapping, or of more requests, and Chancery doesn't.
fn say_what_differs(mapping: &Mapping, prefix: &Field<'_>, draft: &mut Draft<'_>) {
    let case = mapping.field("case_sensitive");
    if *case.value() == Value::Bool(false) && prefix.text().bytes().any(|byte| byte.is_ascii_alphabetic()) {
        draft.ignore_but(
            &case.place(),
            "paths are compared with their case here",
            "requests in another case aren't routed",
        );
    }
    if !rewrites_nothing(mapping) {
        let rewrite = mapping.field("rewrite");
        let field = if rewrite.value().is_null() { prefix } else { &rewrite };
        let message = "Emissary replaces the prefix by rewrite (/ unless it is said); here the path stays as it is";
        draft.ignore_but(&field.place(), message, "pods get the whole path");
    }
}

/// Whether the path reaches the pod as it is: nobody rewrites the path of a gRPC method, whatever the default is. That
/// `regex_rewrite` isn't understood is said with the other fields.
fn rewrites_nothing(mapping: &Mapping) -> bool {
    let (prefix, rewrite) = (mapping.field("prefix").text(), mapping.field("rewrite"));
    if mapping.field("regex_rewrite").is_set() {
        return true;
    }
    if rewrite.value().is_null() {
        return mapping.field("grpc").is_true() || prefix == "/";
    }
    let rewrite = rewrite.text();
    rewrite.is_empty() || rewrite == prefix
}
