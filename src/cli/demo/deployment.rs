//! The pods of one Service, and what its EndpointSlices say about them. What controllers and kubelets do in a cluster, the
//! story does here, step by step.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::addresses::PodAddresses;
use super::manifests::{Condition, Listed, Manifests};
use super::pod::Pod;

/// Pods, named `<name>-<n>`, and their manifests.
#[derive(Debug)]
pub struct Deployment {
    name: String,
    program: PathBuf,
    logs: PathBuf,
    addresses: PodAddresses,
    manifests: Manifests,
    pods: BTreeMap<String, Pod>,
    listed: Vec<Listed>,
    started: u32,
}

impl Deployment {
    /// One without pods. `program` is `chancery`, which is also the pods' program; their logs go to `logs`.
    pub fn new(name: &str, program: &Path, manifests: Manifests, logs: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            program: program.to_owned(),
            logs: logs.to_owned(),
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

    /// Starts a pod, which isn't listed yet, and returns its name when it listens.
    pub async fn start_pod(&mut self) -> anyhow::Result<String> {
        let address = self.addresses.take().context("all addresses for pods are used")?;
        self.started += 1;
        let name = format!("{}-{}", self.name, self.started);
        let pod = Pod::start(&self.program, &name, address, &self.logs).await?;
        self.pods.insert(name.clone(), pod);
        Ok(name)
    }

    /// Makes the slices say this about a running pod, and returns the moment before they did.
    pub fn list(&mut self, pod: &str, condition: Condition) -> anyhow::Result<Instant> {
        if let Some(listed) = self.listed.iter_mut().find(|listed| listed.pod == pod) {
            listed.condition = condition;
        } else {
            let address = self.address(pod).with_context(|| format!("pod {pod} doesn't run"))?;
            self.listed.push(Listed { pod: pod.to_owned(), address, condition });
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

    /// The IP address of a running pod.
    pub fn address(&self, pod: &str) -> Option<IpAddr> {
        Some(self.pods.get(pod)?.address().ip())
    }

    /// The pods that run.
    pub fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.values()
    }

    /// The files.
    pub fn manifests(&self) -> &Manifests {
        &self.manifests
    }

    fn take(&mut self, pod: &str) -> anyhow::Result<Pod> {
        self.pods.remove(pod).with_context(|| format!("pod {pod} doesn't run"))
    }
}
