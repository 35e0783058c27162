//! The objects of one watch: one kind, in one namespace or all of them.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use futures::stream::{BoxStream, StreamExt};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use kube::core::PartialObjectMeta;
use kube::{Api, Client, Resource};

use super::decoded::Decoded;
use super::list_watch::{WatchConfig, list_and_watch};
use super::merge::SourceInput;
use super::shared::Shared;
use crate::model::Kind;
use crate::source::objects::{Conversion, WEIGHT_LABEL};

/// How many objects a page of a list has, as with kubectl.
const PAGE_SIZE: u32 = 500;

/// How many EndpointSlices a page has. They are far larger than the other objects.
const SLICES_PAGE_SIZE: u32 = 100;

/// The objects of one kind, in one namespace or all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Watch {
    /// The kind of the objects.
    pub(super) kind: Kind,
    /// Their namespace; `None` for all. For Namespaces it is the name of the only one that is watched.
    pub(super) namespace: Option<Arc<str>>,
}

impl Watch {
    /// Lists and watches these objects, for as long as it is polled. It is one of so many `watches`.
    pub(super) fn stream(
        self,
        client: Client,
        conversion: Conversion,
        watches: usize,
        shared: Arc<Shared>,
    ) -> BoxStream<'static, SourceInput> {
        let config = WatchConfig {
            kind: self.kind,
            labels: None,
            fields: None,
            page_size: PAGE_SIZE,
            timeout_seconds: timeout_seconds(watches),
            optional: self.is_optional(),
        };
        let outputs = match self.kind {
            // Of Namespaces and Pods the metadata is enough.
            Kind::Namespace => {
                let fields = self.namespace.as_ref().map(|name| format!("metadata.name={name}"));
                let api = Api::<PartialObjectMeta<core::Namespace>>::all(client);
                list_and_watch(api, WatchConfig { fields, ..config }, shared, move |object| {
                    conversion.namespace(&core::Namespace { metadata: object.metadata, ..core::Namespace::default() })
                })
            }
            Kind::Service => {
                let api = api::<Decoded<core::Service>>(client, self.namespace.as_deref());
                list_and_watch(api, config, shared, move |object: Decoded<core::Service>| {
                    object.convert(Kind::Service, |service| conversion.service(service))
                })
            }
            Kind::EndpointSlice => {
                let api = api::<Decoded<discovery::EndpointSlice>>(client, self.namespace.as_deref());
                let config = WatchConfig { page_size: SLICES_PAGE_SIZE, ..config };
                list_and_watch(api, config, shared, move |object: Decoded<discovery::EndpointSlice>| {
                    object.convert(Kind::EndpointSlice, |slice| conversion.endpoint_slice(slice))
                })
            }
            Kind::Pod => {
                let api = api::<PartialObjectMeta<core::Pod>>(client, self.namespace.as_deref());
                let labels = Some(WEIGHT_LABEL.to_owned());
                list_and_watch(api, WatchConfig { labels, ..config }, shared, move |object| {
                    conversion.pod(&core::Pod { metadata: object.metadata, ..core::Pod::default() })
                })
            }
        };
        outputs.map(move |output| SourceInput::Watch { watch: self.clone(), at: Instant::now(), output }).boxed()
    }
}

/// The objects of a namespace, or of all.
pub(super) fn api<K>(client: Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<Scope = k8s_openapi::NamespaceResourceScope>,
    K::DynamicType: Default,
{
    match namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    }
}

/// How long the API server is to keep each of so many watches open, in seconds: so short that a dead connection is
/// noticed within six seconds where there is one watch of each kind, and so long that resuming watches takes no more than
/// four requests in five seconds. A healthy one is resumed with a single request.
pub(super) fn timeout_seconds(watches: usize) -> u32 {
    const FEW: u32 = 4;
    const SECONDS_OF_FEW: u32 = 5;
    let watches = u32::try_from(watches).unwrap_or(u32::MAX).max(FEW);
    watches.saturating_mul(SECONDS_OF_FEW).div_ceil(FEW)
}

/// As the API calls it: `endpointslices.discovery.k8s.io in namespace "shop"`.
impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Namespace => "namespaces",
            Kind::Service => "services",
            Kind::EndpointSlice => "endpointslices.discovery.k8s.io",
            Kind::Pod => "pods",
        })?;
        match &self.namespace {
            Some(name) if self.kind == Kind::Namespace => write!(f, " named \"{name}\""),
            Some(namespace) => write!(f, " in namespace \"{namespace}\""),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::timeout_seconds;

    #[test]
    fn however_many_watches_there_are_they_are_resumed_four_times_in_five_seconds() {
        assert_eq!([1, 4, 8, 40].map(timeout_seconds), [5, 5, 10, 50]);
        // Of 13 namespaces.
        assert_eq!(timeout_seconds(52), 65);
    }
}
