//! One watch: the objects of one kind, in one namespace or all of them.

use std::fmt;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Instant;

use futures::stream::{BoxStream, StreamExt};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use kube::core::PartialObjectMeta;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;

use super::backoff::WatchBackoff;
use super::decoded::Decoded;
use super::merge::Heard;
use crate::model::{Event, Kind, Lowered};
use crate::source::lower::{Lowering, WEIGHT_LABEL, object_ref};

/// How long the API server keeps a watch open, in seconds. A watch whose end never arrives is given up by kube 5 s
/// later; so a dead connection is noticed within half a minute (kube's default would be 295 s). Resuming a healthy one
/// is a single request.
const WATCH_SECONDS: u32 = 20;

/// How many EndpointSlices a page of a list has. They are far larger than the other objects, of which kube asks for 500.
const SLICES_PAGE: u32 = 100;

/// The objects of one kind, in one namespace or all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Watch {
    /// Of which kind.
    pub(super) kind: Kind,
    /// In which namespace; `None` for all. For Namespaces it is the name of the only one that counts.
    pub(super) namespace: Option<Arc<str>>,
}

impl Watch {
    /// What the API server says of these objects, for as long as it is polled. An `Init` promises nothing: each attempt
    /// to list begins with one.
    pub(super) fn stream(self, client: Client, lowering: Lowering) -> BoxStream<'static, Heard> {
        let config = watcher::Config::default().timeout(WATCH_SECONDS);
        match self.kind {
            // Of Namespaces and Pods the metadata is enough.
            Kind::Namespace => {
                let config = match &self.namespace {
                    Some(name) => config.fields(&format!("metadata.name={name}")),
                    None => config,
                };
                let api = Api::<PartialObjectMeta<core::Namespace>>::all(client);
                self.follow(api, config, move |object| {
                    lowering.namespace(&core::Namespace { metadata: object.metadata, ..core::Namespace::default() })
                })
            }
            Kind::Service => {
                let api = self.api::<Decoded<core::Service>>(client);
                self.follow(api, config, move |object| object.lower(Kind::Service, |service| lowering.service(service)))
            }
            Kind::EndpointSlice => {
                let api = self.api::<Decoded<discovery::EndpointSlice>>(client);
                self.follow(api, config.page_size(SLICES_PAGE), move |object| {
                    object.lower(Kind::EndpointSlice, |slice| lowering.endpoint_slice(slice))
                })
            }
            Kind::Pod => {
                let api = self.api::<PartialObjectMeta<core::Pod>>(client);
                self.follow(api, config.labels(WEIGHT_LABEL), move |object| {
                    lowering.pod(&core::Pod { metadata: object.metadata, ..core::Pod::default() })
                })
            }
        }
    }

    fn api<K>(&self, client: Client) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        match &self.namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        }
    }

    fn follow<K>(
        self,
        api: Api<K>,
        config: watcher::Config,
        lower: impl Fn(K) -> Lowered + Send + 'static,
    ) -> BoxStream<'static, Heard>
    where
        K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    {
        let kind = self.kind;
        watcher(api, config)
            .backoff(WatchBackoff::default())
            .map(move |result| {
                let at = Instant::now();
                let result = result.map(|event| match event {
                    watcher::Event::Apply(object) => Event::Apply(lower(object)),
                    watcher::Event::Delete(object) => Event::Delete(object_ref(kind, object.meta())),
                    watcher::Event::Init => Event::Init(kind),
                    watcher::Event::InitApply(object) => Event::InitApply(lower(object)),
                    watcher::Event::InitDone => Event::InitDone(kind),
                });
                Heard::Watch { watch: self.clone(), at, result }
            })
            .boxed()
    }
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
