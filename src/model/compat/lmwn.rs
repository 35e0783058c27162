//! wongnai/xds: `xds.lmwn.com/…`.

use std::collections::BTreeMap;

use super::draft::{AnnotationField, Draft};
use super::{duration, under};
use crate::model::settings::nearest;

const PREFIX: &str = "xds.lmwn.com/";

pub(super) const KEYS: [&str; 5] = ["retry-status", "retry-count", "retry-backoff", "api-gateway", "grpc-service"];

/// The port that it routes to; the name is fixed.
const PORT: &str = "grpc";

/// How much longer than the base the longest backoff is, when only the base is said.
const BACKOFF: u64 = 10;

pub(super) fn translate(annotations: &BTreeMap<String, String>, draft: &mut Draft<'_>) {
    let found: BTreeMap<&str, &str> = under(annotations, PREFIX).collect();
    let never = found.get("retry-count") == Some(&"0");
    for (&key, &text) in &found {
        let place = AnnotationField::annotation(&format!("{PREFIX}{key}"), text);
        match key {
            "retry-status" if never => {}
            "retry-status" => draft.set("retry-on", text, &place),
            "retry-count" if never => draft.set("retry-on", "none", &place),
            "retry-count" => draft.set("num-retries", text, &place),
            "retry-backoff" => draft.set("retry-backoff", backoff(text), &place),
            "api-gateway" => match found.get("grpc-service") {
                Some(_) => draft.set(format!("hosts.{PORT}"), text, &place),
                None => draft.ignore(&place, format!("says nothing without {PREFIX}grpc-service")),
            },
            "grpc-service" => match found.get("api-gateway") {
                Some(_) => draft.set(format!("routes.{PORT}"), text, &place),
                None => draft.ignore(&place, format!("says nothing without {PREFIX}api-gateway")),
            },
            _ => {
                let those = format!("; {PREFIX}{} are", KEYS.join(", "));
                draft.not_read(&place, PREFIX, nearest(key, KEYS.into_iter()), &those);
            }
        }
    }
}

/// `base` or `base,max`.
fn backoff(text: &str) -> String {
    match text.split_once(',') {
        Some((base, longest)) => format!("{},{}", duration::ours(base.trim()), duration::ours(longest.trim())),
        None => match duration::times(text, BACKOFF) {
            Some(longest) => format!("{},{longest}", duration::ours(text)),
            None => text.to_owned(),
        },
    }
}
