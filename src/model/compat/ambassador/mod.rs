//! Emissary-ingress (Ambassador): Mappings in the annotation `getambassador.io/config`.
//!
//! ```text
//! annotation ──document──▶ Mapping ─┬─▶ service    whether it is about this Service, and which of its ports
//! object (convert only) ──────────▶ ├─▶ policy     load balancing, retries, limits, timeouts
//!                                   └─▶ route      hosts and prefixes
//! ```
//!
//! Emissary sets all of it per route, we per port: of two Mappings of one port the first has a setting.
//!
//! What narrows a Mapping and isn't understood (headers, methods, weights) must not widen it: such a Mapping routes nothing
//! here. The Service is served under its own names all the same.

mod document;
mod field;
mod mapping_ref;
mod policy;
mod route;
mod service;

use std::collections::BTreeMap;

pub use document::{Mapping, is_mapping, is_mapping_of_other_version, is_tcp_mapping, not_read};
pub use mapping_ref::MappingRef;
pub use service::Destination;

use serde_json::Value;

use super::draft::Draft;
use field::Field;
use route::Routes;
use service::Backend;

/// The annotation with Mappings in it.
pub const ANNOTATION: &str = "getambassador.io/config";

/// What is said when nothing of a Mapping is taken.
const IGNORED: &str = "the Mapping is ignored";

/// Fields that change nothing of what is served.
const NEUTRAL: [&str; 17] = [
    "name",
    "namespace",
    "service",
    "docs",
    "stats_name",
    "v3StatsName",
    "cluster_tag",
    "generation",
    "metadata_labels",
    "enable_ipv4",
    "enable_ipv6",
    "dns_type",
    "respect_dns_ttl",
    "tls",
    "v2ExplicitTLS",
    // What they name stands in regex_headers and regex_query_parameters, too.
    "v2BoolHeaders",
    "v2BoolQueryParameters",
];

/// The Mappings in the annotation of an object, which may be about any Service.
pub(super) fn embedded(annotations: &BTreeMap<String, String>, draft: &mut Draft<'_>) -> Vec<Mapping> {
    annotations.get(ANNOTATION).map(|text| document::read(text, draft)).unwrap_or_default()
}

pub(super) fn translate(mappings: &[Mapping], draft: &mut Draft<'_>) {
    let mut routes = Routes::default();
    for mapping in mappings {
        let Some(backend) = service::of(mapping, draft) else { continue };
        let prefix = mapping.field("prefix");
        if prefix.text().is_empty() {
            draft.refuse(&prefix.place(), "missing; expected a path", IGNORED);
        } else {
            take(mapping, &backend, &mut routes, draft);
        }
    }
    routes.finish(draft);
}

/// Whether WebSocket is all that requests may become, in whichever case.
fn is_web_socket(field: &Field<'_>) -> bool {
    match field.value() {
        Value::Array(protocols) => {
            let words = protocols.iter().map(|protocol| protocol.as_str().unwrap_or_default());
            words.into_iter().all(|word| word.eq_ignore_ascii_case("websocket"))
        }
        _ => field.is_true(),
    }
}

fn take(mapping: &Mapping, backend: &Backend, routes: &mut Routes, draft: &mut Draft<'_>) {
    let whole = mapping.field("service");
    draft.set(backend.named("enabled"), "true", &whole.place());
    let grpc = mapping.field("grpc");
    let word = if grpc.is_true() { "grpc" } else { "http1" };
    // Without it, Emissary speaks HTTP/1.
    draft.set(backend.named("protocol"), word, &grpc.place());
    for field in mapping.fields() {
        match field.name() {
            "grpc" if !field.is_bool() => draft.refuse(&field.place(), "expected true or false", "it counts as false"),
            "grpc" => {}
            // HTTP/1 may become WebSocket here without being told to.
            "use_websocket" | "allow_upgrade" if word == "http1" && is_web_socket(&field) => {}
            name if NEUTRAL.contains(&name) || route::reads(name) => {}
            _ => policy::take(&field, backend, draft),
        }
    }
    routes.take(mapping, backend, draft);
}
