//! Contour: `projectcontour.io/…` on Services.

use std::collections::BTreeMap;

use super::draft::{AnnotationField, Draft};
use super::under;
use crate::model::meanwhile;
use crate::model::settings::nearest;

const PREFIX: &str = "projectcontour.io/";

/// Those that are named as ours are.
pub(super) const LIMITS: [&str; 5] =
    ["max-connections", "max-pending-requests", "max-requests", "max-retries", "per-host-max-connections"];

const H2: &str = "upstream-protocol.h2";
const H2C: &str = "upstream-protocol.h2c";
const TLS: &str = "upstream-protocol.tls";

pub(super) fn translate(annotations: &BTreeMap<String, String>, draft: &mut Draft<'_>) {
    for (key, text) in under(annotations, PREFIX) {
        let place = AnnotationField::annotation(&format!("{PREFIX}{key}"), text);
        match key {
            H2C => protocol(text, &place, draft),
            H2 | TLS => draft.ignore(&place, "TLS to pods isn't supported"),
            // To Contour zero means that nothing is said.
            limit if LIMITS.contains(&limit) && text == "0" => {}
            limit if LIMITS.contains(&limit) => draft.set(limit, text, &place),
            _ => draft.not_read(&place, PREFIX, nearest(key, LIMITS.into_iter().chain([H2, H2C, TLS])), ""),
        }
    }
}

/// A list of ports, by name or number.
fn protocol(text: &str, place: &AnnotationField, draft: &mut Draft<'_>) {
    let ports: Vec<&str> = text.split(',').map(str::trim).filter(|port| !port.is_empty()).collect();
    if ports.is_empty() {
        return draft.refuse(place, "an empty list; expected names or numbers of ports", meanwhile::IGNORED);
    }
    for port in ports {
        draft.set(
            format!("protocol.{port}"),
            "http2",
            &AnnotationField { field: place.field.clone(), value: port.to_owned() },
        );
    }
}
