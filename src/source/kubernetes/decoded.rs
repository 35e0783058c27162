//! Decodes objects one by one, so that an invalid object costs only itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

use crate::model::{Converted, FieldPath, Kind, Location, Reason, Rejected, Step, meanwhile};
use crate::source::objects::{Conversion, object_ref};

/// An object as the API server wrote it. One that can't be decoded costs only itself, and not the page of the list that it
/// comes in. (kube has a `DeserializeGuard` for this, which doesn't say which field it is.)
#[derive(Debug, Clone)]
pub(super) enum Decoded<K> {
    /// The object.
    Valid(Box<K>),
    /// What is known of an object that can't be decoded.
    Invalid {
        /// Name, namespace, version, labels and annotations.
        metadata: Box<ObjectMeta>,
        /// The field that can't be decoded.
        field: Location,
        message: String,
    },
}

/// What every object has.
#[derive(Deserialize)]
struct Partial {
    metadata: PartialMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartialMetadata {
    name: Option<String>,
    namespace: Option<String>,
    resource_version: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
}

impl<K> Decoded<K> {
    /// Converts it; if it can't be decoded, its last good state stays.
    pub(super) fn convert(self, kind: Kind, convert: impl FnOnce(&K) -> Converted) -> Converted {
        match self {
            Self::Valid(object) => convert(&object),
            Self::Invalid { metadata, field, message } => {
                let id = object_ref(kind, &metadata);
                let rejected = Rejected {
                    object: id.clone(),
                    field,
                    value: String::new(),
                    reason: Reason::InvalidObject,
                    message,
                    meanwhile: meanwhile::LAST_GOOD_STATE.to_owned(),
                };
                let concern = Conversion::default().concern(kind, &metadata);
                Converted { id, object: None, rejected: vec![rejected], concern }
            }
        }
    }
}

impl<'de, K: DeserializeOwned> Deserialize<'de> for Decoded<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        if let Ok(object) = serde_json::from_str(text) {
            return Ok(Self::Valid(Box::new(object)));
        }
        // Again, to learn which field it is.
        let found = serde_path_to_error::deserialize::<_, K>(&mut serde_json::Deserializer::from_str(text));
        let Err(error) = found else { return Err(D::Error::custom("an object that can be decoded the second time")) };
        let Partial { metadata: PartialMetadata { name, namespace, resource_version, labels, annotations } } =
            serde_json::from_str(text).map_err(D::Error::custom)?;
        let metadata =
            Box::new(ObjectMeta { name, namespace, resource_version, labels, annotations, ..ObjectMeta::default() });
        let message = format!("can't be decoded: {}", error.inner());
        Ok(Self::Invalid { metadata, field: location(error.path()), message })
    }
}

fn location(path: &serde_path_to_error::Path) -> Location {
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Step::Item(*index),
        Segment::Map { key } => Step::Field(key.clone().into()),
        Segment::Enum { variant } => Step::Field(variant.clone().into()),
        Segment::Unknown => Step::Field("?".into()),
    };
    path.iter().map(step).collect::<FieldPath>().into()
}

impl<K: Resource> Resource for Decoded<K> {
    type DynamicType = K::DynamicType;
    type Scope = K::Scope;

    fn kind(of: &Self::DynamicType) -> Cow<'_, str> {
        K::kind(of)
    }

    fn group(of: &Self::DynamicType) -> Cow<'_, str> {
        K::group(of)
    }

    fn version(of: &Self::DynamicType) -> Cow<'_, str> {
        K::version(of)
    }

    fn plural(of: &Self::DynamicType) -> Cow<'_, str> {
        K::plural(of)
    }

    fn meta(&self) -> &ObjectMeta {
        match self {
            Self::Valid(object) => object.meta(),
            Self::Invalid { metadata, .. } => metadata,
        }
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Valid(object) => object.meta_mut(),
            Self::Invalid { metadata, .. } => metadata,
        }
    }
}

#[cfg(test)]
mod tests;
