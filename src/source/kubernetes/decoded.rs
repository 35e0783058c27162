//! Objects that are decoded one by one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::model::{Converted, Kind, Reason, Rejected};
use crate::source::objects::{Conversion, object_ref};

/// An object as the API server wrote it. One that isn't what its type says here costs only itself, and not the page of the
/// list that it comes in.
#[derive(Debug, Clone)]
pub(super) enum Decoded<K> {
    /// The object.
    Whole(Box<K>),
    /// All that can be said of it.
    Broken {
        /// Name, namespace, version, labels and annotations.
        metadata: Box<ObjectMeta>,
        /// The path of the field that can't be decoded.
        field: String,
        /// Why not.
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
    /// What becomes of it; if it can't be decoded, its last good state stays.
    pub(super) fn convert(self, kind: Kind, convert: impl FnOnce(&K) -> Converted) -> Converted {
        match self {
            Self::Whole(object) => convert(&object),
            Self::Broken { metadata, field, message } => {
                let id = object_ref(kind, &metadata);
                let rejected = Rejected {
                    object: id.clone(),
                    field,
                    value: String::new(),
                    reason: Reason::InvalidObject,
                    message,
                    meanwhile: "its last good state, if there was one, stays".to_owned(),
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
            return Ok(Self::Whole(Box::new(object)));
        }
        // Again, to learn where it went wrong.
        let found = serde_path_to_error::deserialize::<_, K>(&mut serde_json::Deserializer::from_str(text));
        let Err(error) = found else { return Err(D::Error::custom("an object that can be decoded the second time")) };
        let Partial { metadata: PartialMetadata { name, namespace, resource_version, labels, annotations } } =
            serde_json::from_str(text).map_err(D::Error::custom)?;
        let metadata =
            Box::new(ObjectMeta { name, namespace, resource_version, labels, annotations, ..ObjectMeta::default() });
        let message = format!("can't be decoded: {}", error.inner());
        Ok(Self::Broken { metadata, field: error.path().to_string(), message })
    }
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
            Self::Whole(object) => object.meta(),
            Self::Broken { metadata, .. } => metadata,
        }
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Whole(object) => object.meta_mut(),
            Self::Broken { metadata, .. } => metadata,
        }
    }
}

#[cfg(test)]
mod tests;
