//! Converts the weight of a `v1` `Pod`.

use k8s_openapi::api::core::v1 as core;

use super::metadata::Metadata;
use crate::model::{Converted, Kind, Location, Reason, object};

/// The label of a Pod with its load balancing weight. A label, not an annotation, so that a watch can select on it.
pub const WEIGHT_LABEL: &str = "chancery.dev/weight";

pub(super) fn convert(pod: &core::Pod) -> Converted {
    let core::Pod { metadata, spec: _, status: _ } = pod;
    let (metadata, mut report) = Metadata::read(Kind::Pod, metadata);
    let weight = metadata.label(WEIGHT_LABEL).map_or(Ok(1), |value| parse(value).ok_or(value));
    match weight {
        Ok(weight) => report.converted(Some(object::Object::Pod(object::Pod { key: metadata.key, weight }))),
        Err(value) => {
            let field = Location::label(WEIGHT_LABEL);
            report.refuse_for(Reason::InvalidAnnotation, field, value, "not a weight; expected 1 to 128");
            report.converted(None)
        }
    }
}

fn parse(value: &str) -> Option<u32> {
    // `parse` alone would take a sign.
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    value.parse().ok().filter(|weight| digits && (1..=128).contains(weight))
}
