//! The fields of a Mapping that become policy: balancing, retries, limits.

use serde_json::Value;

use super::super::draft::{AnnotationField, Draft};
use super::super::duration;
use super::{Backend, Field};
use crate::model::meanwhile;

/// The TCP keepalive that we have: every how many seconds or how often, by Emissary's names, of which one has two.
const KEEPALIVE: [(&str, u64); 4] = [("time", 30), ("idle_time", 30), ("interval", 5), ("probes", 3)];

/// The resolvers that end up at pods.
const RESOLVERS: [&str; 3] = ["endpoint", "kubernetes-endpoint", "kubernetes-service"];

/// The Emissary that is meant when none is named.
const DEFAULT_ID: &str = "default";

/// What Emissary's webhook puts before each name when it shows a Mapping of `v3alpha1` as one of `v2`, which is what kubectl
/// asks for. It writes the default there, too.
const OF_V3ALPHA1: &str = "--apiVersion-v3alpha1-only--";

/// What is expected of `policy`, in Emissary's words.
const POLICIES: &str = "expected round_robin, least_request, ring_hash or maglev";

/// Takes one field.
pub(super) fn take(field: &Field<'_>, backend: &Backend, draft: &mut Draft<'_>) {
    let mut set = |key: &str, text: String| {
        let is_number = duration::is_whole(&field.text());
        let expected = (!is_number).then_some("expected a whole number of milliseconds");
        draft.set_expecting(expected, backend.named(key), text, &field.place());
    };
    match field.name() {
        _ if field.value().is_null() => {}
        "timeout_ms" => set("timeout", milliseconds_or_off(field)),
        "idle_timeout_ms" => set("idle-timeout", milliseconds_or_off(field)),
        "cluster_idle_timeout_ms" => set("connection-idle-timeout", milliseconds_or_off(field)),
        "cluster_max_connection_lifetime_ms" => set("max-connection-duration", milliseconds_or_off(field)),
        "connect_timeout_ms" => set("connect-timeout", duration::of_milliseconds(&field.text())),
        "load_balancer" => load_balancer(field, backend, draft),
        "retry_policy" => retry_policy(field, backend, draft),
        "circuit_breakers" => circuit_breakers(field, backend, draft),
        "keepalive" => keepalive(field, backend, draft),
        "resolver" if RESOLVERS.contains(&field.text().as_str()) => {}
        "resolver" => draft.ignore_but(&field.place(), "not read", "requests are balanced over the pods, as ever"),
        "ambassador_id" if is_default_id(field) => {}
        "precedence" if field.value().as_u64() == Some(0) => {}
        "priority" if field.text() == "default" => {}
        _ => field.ignore(draft),
    }
}

/// Whether it is for the Emissary without a name, or for it among others.
fn is_default_id(field: &Field<'_>) -> bool {
    let is_default = |name: &str| name.strip_prefix(OF_V3ALPHA1).unwrap_or(name) == DEFAULT_ID;
    match field.value() {
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is_default),
        _ => is_default(&field.text()),
    }
}

fn milliseconds_or_off(field: &Field<'_>) -> String {
    let text = field.text();
    if text == "0" { "off".to_owned() } else { duration::of_milliseconds(&text) }
}

fn load_balancer(field: &Field<'_>, backend: &Backend, draft: &mut Draft<'_>) {
    let mut hash = Vec::new();
    for field in field.fields(draft) {
        match field.name() {
            "policy" => {
                let (name, text) = (backend.named("lb-policy"), field.text().replace('_', "-"));
                draft.set_expecting(Some(POLICIES), name, text, &field.place());
            }
            "header" => hash.push((format!("header:{}", field.text()), field.place())),
            "source_ip" if field.is_true() => hash.push(("source-ip".to_owned(), field.place())),
            "cookie" => hash.extend(cookie(&field, draft).map(|cookie| (cookie, field.place()))),
            _ => field.ignore(draft),
        }
    }
    if let Some((_, place)) = hash.first() {
        let list: Vec<&str> = hash.iter().map(|(text, _)| text.as_str()).collect();
        draft.set(backend.named("hash-on"), list.join(","), place);
    }
}

/// `cookie:<name>[:<ttl>]`
fn cookie(field: &Field<'_>, draft: &mut Draft<'_>) -> Option<String> {
    let (mut name, mut ttl) = (None, None);
    for field in field.fields(draft) {
        match field.name() {
            "name" => name = Some(field.text()),
            "ttl" => ttl = Some(duration::ours(&field.text())).filter(|ttl| !ttl.is_empty() && ttl != "0ms"),
            // A cookie for every path is what ours is.
            "path" if field.text() == "/" => {}
            _ => field.ignore(draft),
        }
    }
    let Some(name) = name else {
        if field.value().is_object() {
            draft.refuse(&field.place(), "no name; expected the name of a cookie", meanwhile::IGNORED);
        }
        return None;
    };
    Some(ttl.map_or_else(|| format!("cookie:{name}"), |ttl| format!("cookie:{name}:{ttl}")))
}

fn retry_policy(field: &Field<'_>, backend: &Backend, draft: &mut Draft<'_>) {
    let fields = field.fields(draft);
    let never = fields.iter().any(|field| field.name() == "num_retries" && field.text() == "0");
    for field in fields {
        let place = field.place();
        match field.name() {
            "retry_on" if never => {}
            "retry_on" => draft.set(backend.named("retry-on"), field.text(), &place),
            "num_retries" if never => draft.set(backend.named("retry-on"), "none", &place),
            "num_retries" => draft.set(backend.named("num-retries"), field.text(), &place),
            "per_try_timeout" => draft.set(backend.named("per-try-timeout"), duration::ours(&field.text()), &place),
            _ => field.ignore(draft),
        }
    }
}

fn circuit_breakers(field: &Field<'_>, backend: &Backend, draft: &mut Draft<'_>) {
    for breaker in field.items(draft) {
        let fields = breaker.fields(draft);
        let high = fields.iter().any(|field| field.name() == "priority" && field.text().eq_ignore_ascii_case("high"));
        if high {
            draft.ignore(&breaker.place(), "requests of high priority have no limits of their own");
            continue;
        }
        for field in fields {
            match field.name() {
                "max_connections" | "max_pending_requests" | "max_requests" | "max_retries" => {
                    draft.set(backend.named(&field.name().replace('_', "-")), field.text(), &field.place());
                }
                "priority" if field.text().eq_ignore_ascii_case("default") => {}
                _ => field.ignore(draft),
            }
        }
    }
}

fn keepalive(field: &Field<'_>, backend: &Backend, draft: &mut Draft<'_>) {
    for part in field.fields(draft) {
        draft.set(backend.named("tcp-keepalive"), "on", &field.place());
        match KEEPALIVE.iter().find(|(name, _)| *name == part.name()) {
            Some((_, ours)) if part.value().as_u64() == Some(*ours) => {}
            Some((name, ours)) => {
                let message = format!("there is only one TCP keepalive here, whose {name} is {ours}");
                let AnnotationField { field, value } = part.place();
                draft.ignore_but(&AnnotationField { field, value }, message, &format!("{name} is {ours}"));
            }
            None => part.ignore(draft),
        }
    }
}
