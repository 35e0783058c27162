//! The pods of one Service, and what its EndpointSlices say about them. What controllers and kubelets do in a cluster, the
//! story does here, step by step.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::addresses::PodAddresses;
use super::manifests::{Condition, Listed, Manifests};

/// What runs in a pod. Killed when dropped.
pub trait Workload: Sized {
    /// What the pods of a Deployment have in common.
    type Template;

    /// Starts it at this address, and returns when it serves there.
    fn start(template: &Self::Template, name: &str, address: SocketAddr) -> impl Future<Output = anyhow::Result<Self>>;

    /// Its name.
    fn name(&self) -> &str;

    /// Where it serves.
    fn address(&self) -> SocketAddr;

    /// What Kubernetes does to a pod that it deletes, and returns when it is gone: it is asked to end, sends its clients
    /// elsewhere, and finishes the requests it has. An error when that takes longer than `patience`.
    fn drain(self, patience: Duration) -> impl Future<Output = anyhow::Result<()>>;

    /// What the loss of a node, or the OOM killer, does to a pod: from one moment to the next it is gone, with whatever
    /// it was answering.
    fn kill(self) -> impl Future<Output = anyhow::Result<()>>;
}

/// Pods, named `<name>-<n>`, and their manifests.
#[derive(Debug)]
pub struct Deployment<W: Workload> {
    name: String,
    template: W::Template,
    addresses: PodAddresses,
    manifests: Manifests,
    pods: BTreeMap<String, W>,
    listed: Vec<Listed>,
    started: u32,
}

impl<W: Workload> Deployment<W> {
    /// One without pods.
    pub fn new(name: &str, template: W::Template, manifests: Manifests) -> anyhow::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            template,
            addresses: PodAddresses::lease()?,
            manifests,
            pods: BTreeMap::new(),
            listed: Vec::new(),
            started: 0,
        })
    }

    /// An address for something beside the pods: see [`PodAddresses::on_this_machine`].
    pub fn on_this_machine(&self, preferred: u16) -> anyhow::Result<SocketAddr> {
        self.addresses.on_this_machine(preferred)
    }

    /// Starts a pod, which isn't listed yet, and returns its name when it serves.
    pub async fn start_pod(&mut self) -> anyhow::Result<String> {
        let ip = self.addresses.take().context("all addresses for pods are used")?.ip();
        let address = SocketAddr::new(ip, self.manifests.port());
        self.started += 1;
        let name = format!("{}-{}", self.name, self.started);
        let pod = W::start(&self.template, &name, address).await?;
        self.pods.insert(name.clone(), pod);
        Ok(name)
    }

    /// Makes the slices say this about a running pod, and returns the moment before they did.
    pub fn list(&mut self, pod: &str, condition: Condition) -> anyhow::Result<Instant> {
        if let Some(listed) = self.listed.iter_mut().find(|listed| listed.pod == pod) {
            listed.condition = condition;
        } else {
            let address = self.address(pod).with_context(|| format!("pod {pod} doesn't run"))?;
            self.listed.push(Listed { condition, ..Listed::ready(pod, address) });
        }
        self.manifests.list(&self.listed)
    }

    /// Takes a pod out of the slices, and returns the moment before it was out.
    pub fn unlist(&mut self, pod: &str) -> anyhow::Result<Instant> {
        self.listed.retain(|listed| listed.pod != pod);
        self.manifests.list(&self.listed)
    }

    /// Asks a pod to end, as Kubernetes does, and returns when it has answered what it had begun.
    pub async fn drain(&mut self, pod: &str, patience: Duration) -> anyhow::Result<()> {
        self.take(pod)?.drain(patience).await
    }

    /// Kills a pod without warning.
    pub async fn kill(&mut self, pod: &str) -> anyhow::Result<()> {
        self.take(pod)?.kill().await
    }

    /// Where a running pod serves.
    pub fn address(&self, pod: &str) -> Option<SocketAddr> {
        Some(self.pods.get(pod)?.address())
    }

    /// The pods that run.
    pub fn pods(&self) -> impl Iterator<Item = &W> {
        self.pods.values()
    }

    /// The files.
    pub fn manifests(&self) -> &Manifests {
        &self.manifests
    }

    fn take(&mut self, pod: &str) -> anyhow::Result<W> {
        self.pods.remove(pod).with_context(|| format!("pod {pod} doesn't run"))
    }
}
