//! A real Kubernetes API whose Services can be changed, and a bare watch of it.

use std::time::Duration;

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::{WatchStreamExt, watcher};
use rig::cluster::Cluster;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::Server;
use super::chancery::{NAMESPACE, objects};
use crate::{clock, stamp};

/// How many objects are created at the same time.
const CREATING: usize = 32;

/// How long the bare watch has for anything.
const LIMIT: Duration = Duration::from_mins(1);

/// A kube-apiserver with its etcd, with Services of one EndpointSlice each.
pub struct Api {
    /// How many Services there are.
    pub services: usize,
    /// How many endpoints each has.
    pub endpoints: usize,
    cluster: Cluster,
    client: kube::Client,
}

/// Hears of the changes as early as anybody can who watches EndpointSlices, and does nothing with them.
#[derive(Debug)]
pub struct BareWatch {
    /// Each change that it hears of, with the time; zero when it has heard of what was there before.
    heard: UnboundedReceiver<(u32, u64)>,
}

impl Api {
    /// Starts it, and creates all that is in it.
    pub async fn start(services: usize, endpoints: usize) -> anyhow::Result<Self> {
        let cluster = Cluster::start().await;
        cluster.kubectl(&["apply", "-k", concat!(env!("CARGO_MANIFEST_DIR"), "/../../manifests")]).await;
        cluster.kubectl(&["create", "namespace", NAMESPACE]).await;
        let kubeconfig = Kubeconfig::read_from(cluster.admin_kubeconfig())?;
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        let api = Self { services, endpoints, cluster, client: config.try_into()? };
        let creating = (0..services).map(|service| Ok(api.create(service)));
        stream::iter(creating).try_buffer_unordered(CREATING).try_collect::<()>().await?;
        Ok(api)
    }

    /// The arguments of a server that watches it: Chancery with the rights that its manifests give it, others with all.
    pub fn arguments(&self, server: Server) -> [String; 2] {
        let kubeconfig = match server {
            Server::Chancery => self.cluster.chancery_kubeconfig(),
            Server::Informer => self.cluster.admin_kubeconfig(),
        };
        ["--kubeconfig".to_owned(), kubeconfig.display().to_string()]
    }

    /// Begins to watch; returns when it has heard of all that is there.
    pub async fn watch(&self) -> anyhow::Result<BareWatch> {
        let (sender, heard) = unbounded_channel();
        tokio::spawn(hear(kube::Api::all(self.client.clone()), sender));
        let mut watch = BareWatch { heard };
        watch.hears(0).await?;
        Ok(watch)
    }

    /// Changes a Service. Returns when it is written, with the time just before.
    pub async fn change(&self, service: usize, change: u32) -> anyhow::Result<u64> {
        let (_, EndpointSlice { endpoints, .. }) = typed(service, self.endpoints, change)?;
        let patch = Patch::Merge(json!({ "endpoints": endpoints }));
        let begun = clock::now();
        self.api::<EndpointSlice>().patch(&format!("s{service}-1"), &PatchParams::default(), &patch).await?;
        Ok(begun)
    }

    async fn create(&self, service: usize) -> anyhow::Result<()> {
        let (service, slice) = typed(service, self.endpoints, 0)?;
        self.api::<Service>().create(&PostParams::default(), &service).await?;
        self.api::<EndpointSlice>().create(&PostParams::default(), &slice).await?;
        Ok(())
    }

    fn api<K>(&self) -> kube::Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        kube::Api::namespaced(self.client.clone(), NAMESPACE)
    }
}

impl BareWatch {
    /// Returns when it has heard of this change, with the time at which it did.
    pub async fn hears(&mut self, change: u32) -> anyhow::Result<u64> {
        let heard = async {
            while let Some((number, at)) = self.heard.recv().await {
                if number == change {
                    return Some(at);
                }
            }
            None
        };
        let at = timeout(LIMIT, heard).await.ok().flatten();
        at.with_context(|| format!("the bare watch didn't hear of change {change}"))
    }
}

/// Watches as Chancery does, until nobody wants to hear of it.
async fn hear(slices: kube::Api<EndpointSlice>, sender: UnboundedSender<(u32, u64)>) {
    let mut events = watcher(slices, watcher::Config::default()).default_backoff().boxed();
    while let Some(event) = events.next().await {
        let at = clock::now();
        let change = match event {
            Ok(watcher::Event::Apply(slice)) => change_of(&slice),
            Ok(watcher::Event::InitDone) => Some(0),
            // What goes wrong is tried again.
            Ok(_) | Err(_) => None,
        };
        if change.is_some_and(|change| sender.send((change, at)).is_err()) {
            return;
        }
    }
}

fn change_of(slice: &EndpointSlice) -> Option<u32> {
    stamp::change(slice.endpoints.first()?.addresses.first()?)
}

/// A Service without an address of its own, and its only EndpointSlice.
fn typed(number: usize, endpoints: usize, change: u32) -> anyhow::Result<(Service, EndpointSlice)> {
    let (service, pods) = objects(number, endpoints, change);
    let slice = service.slices(&pods).into_iter().next().context("a Service has a slice")?;
    let mut service: Service = serde_saphyr::from_str(&service.manifest())?;
    service.spec.get_or_insert_default().cluster_ip = Some("None".to_owned());
    Ok((service, serde_saphyr::from_str(&slice)?))
}
