//! One Service and its EndpointSlices, as files that Kubernetes and the manifests source both understand.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::{ObjectReference, Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

/// Kubernetes puts at most this many endpoints into a slice, too.
const SLICE_SIZE: usize = 100;

/// What is written on top of the file with the endpoints.
const INVITATION: &str = "\
# The pods of this Service, as Kubernetes would list them. Edit and save: clients follow at once.
# `ready: false` takes a pod out; with `serving: true` and `terminating: true` it drains.
";

/// A Service with one port, named `grpc`.
#[derive(Debug, Clone)]
pub struct ServiceFacts {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its port, and that of its pods.
    pub port: u16,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

/// A pod, as an EndpointSlice lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The pod's name.
    pub pod: String,
    /// The pod's address.
    pub address: IpAddr,
    /// Whether it takes requests.
    pub condition: Condition,
}

/// What the conditions of an endpoint say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It takes requests.
    Ready,
    /// Its pod is being deleted, but still answers.
    Draining,
    /// Its pod doesn't answer its probes.
    Unready,
}

impl ServiceFacts {
    /// The Service.
    pub fn service(&self) -> Service {
        let Self { namespace, name, port, annotations } = self;
        Service {
            metadata: ObjectMeta {
                namespace: Some(namespace.clone()),
                name: Some(name.clone()),
                annotations: Some(annotations.clone()),
                ..ObjectMeta::default()
            },
            spec: Some(ServiceSpec {
                selector: Some(BTreeMap::from([("app".to_owned(), name.clone())])),
                ports: Some(vec![ServicePort {
                    name: Some("grpc".to_owned()),
                    port: (*port).into(),
                    ..ServicePort::default()
                }]),
                ..ServiceSpec::default()
            }),
            ..Service::default()
        }
    }

    /// Its EndpointSlices, `<name>-1` and on: at least one, each with at most 100 endpoints.
    pub fn slices(&self, pods: &[Listed]) -> Vec<EndpointSlice> {
        let none: &[Listed] = &[];
        let chunks = if pods.is_empty() { vec![none] } else { pods.chunks(SLICE_SIZE).collect() };
        (1..).zip(chunks).map(|(number, pods)| self.slice(number, pods)).collect()
    }

    fn slice(&self, number: usize, pods: &[Listed]) -> EndpointSlice {
        let is_v6 = pods.first().is_some_and(|pod| pod.address.is_ipv6());
        EndpointSlice {
            metadata: ObjectMeta {
                namespace: Some(self.namespace.clone()),
                name: Some(format!("{}-{number}", self.name)),
                labels: Some(BTreeMap::from([("kubernetes.io/service-name".to_owned(), self.name.clone())])),
                ..ObjectMeta::default()
            },
            address_type: if is_v6 { "IPv6" } else { "IPv4" }.to_owned(),
            ports: Some(vec![EndpointPort {
                name: Some("grpc".to_owned()),
                port: Some(self.port.into()),
                protocol: Some("TCP".to_owned()),
                ..EndpointPort::default()
            }]),
            endpoints: pods.iter().map(Listed::endpoint).collect(),
        }
    }
}

impl Listed {
    fn endpoint(&self) -> Endpoint {
        let Self { pod, address, condition } = self;
        let (ready, serving, terminating) = match condition {
            Condition::Ready => (true, true, false),
            Condition::Draining => (false, true, true),
            Condition::Unready => (false, false, false),
        };
        Endpoint {
            addresses: vec![address.to_string()],
            conditions: Some(EndpointConditions {
                ready: Some(ready),
                serving: Some(serving),
                terminating: Some(terminating),
            }),
            target_ref: Some(ObjectReference {
                kind: Some("Pod".to_owned()),
                name: Some(pod.clone()),
                ..ObjectReference::default()
            }),
            ..Endpoint::default()
        }
    }
}

/// A directory with the manifests of one Service: `<name>.yaml`, and `<name>-endpoints-<n>.yaml` for each slice.
#[derive(Debug)]
pub struct Manifests {
    directory: PathBuf,
    service: ServiceFacts,
}

impl Manifests {
    /// Writes the Service into a directory that exists; it has no endpoints yet.
    pub fn create(directory: &Path, service: ServiceFacts) -> anyhow::Result<Self> {
        let file = directory.join(format!("{}.yaml", service.name));
        replace(&file, &yaml("", &service.service())?)?;
        Ok(Self { directory: directory.to_owned(), service })
    }

    /// The port of the Service, and that of its pods.
    pub fn port(&self) -> u16 {
        self.service.port
    }

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file with the first 100 endpoints.
    pub fn endpoints_file(&self) -> PathBuf {
        self.slice_file(1)
    }

    /// Makes the slices say that these are the pods. Files whose content doesn't change aren't touched; the others are
    /// replaced, each by a rename, so nobody ever reads half a file. Returns the moment before the first rename.
    pub fn list(&self, pods: &[Listed]) -> anyhow::Result<Instant> {
        let slices = self.service.slices(pods);
        let mut began = None;
        for (number, slice) in (1..).zip(&slices) {
            let text = yaml(INVITATION, slice)?;
            let file = self.slice_file(number);
            if fs::read_to_string(&file).is_ok_and(|old| old == text) {
                continue;
            }
            let renamed = replace(&file, &text)?;
            began.get_or_insert(renamed);
        }
        for number in slices.len() + 1.. {
            let file = self.slice_file(number);
            if !file.exists() {
                break;
            }
            began.get_or_insert_with(Instant::now);
            fs::remove_file(&file).with_context(|| format!("can't remove {}", file.display()))?;
        }
        Ok(began.unwrap_or_else(Instant::now))
    }

    fn slice_file(&self, number: usize) -> PathBuf {
        self.directory.join(format!("{}-endpoints-{number}.yaml", self.service.name))
    }
}

fn yaml(comment: &str, object: &impl Serialize) -> anyhow::Result<String> {
    Ok(format!("{comment}{}", serde_saphyr::to_string(object).context("the object is no YAML")?))
}

/// Replaces a file by a rename, and returns the moment before it.
fn replace(file: &Path, text: &str) -> anyhow::Result<Instant> {
    // The source ignores files with other endings.
    let aside = file.with_extension("new");
    fs::write(&aside, text).with_context(|| format!("can't write {}", aside.display()))?;
    let now = Instant::now();
    fs::rename(&aside, file).with_context(|| format!("can't write {}", file.display()))?;
    Ok(now)
}

#[cfg(test)]
mod tests;
