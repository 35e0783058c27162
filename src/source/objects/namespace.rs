//! Converts a `v1` `Namespace`.

use k8s_openapi::api::core::v1 as core;

use super::metadata::Metadata;
use crate::model::{Converted, Kind, object};

pub(super) fn convert(namespace: &core::Namespace) -> Converted {
    let core::Namespace { metadata, spec: _, status: _ } = namespace;
    let (metadata, mut report) = Metadata::read(Kind::Namespace, metadata);
    if report.is_refused() {
        return report.converted(None);
    }
    let settings = metadata.settings(&mut report);
    report.converted(Some(object::Object::Namespace(object::Namespace { name: metadata.key.name, settings })))
}
