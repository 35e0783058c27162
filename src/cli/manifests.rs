//! What the offline commands have in common: objects that are read once, and what comes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::Failure;
use super::cluster::Cluster;
use crate::app::config::{DEFAULT_CLUSTER_DOMAIN, DEFAULT_ENVOY_LISTENER, DnsName, EnvoyAddress};
use crate::app::render_options;
use crate::model::compat::Compat;
use crate::model::{Event, Rejected};
use crate::pipeline::{Offline, RenderOptions, offline};
use crate::source::lower::Lowering;
use crate::source::manifests::{Found, Loaded, STDIN, Wrong, load};

/// How to read objects.
#[derive(Debug, Args)]
pub(super) struct Reading {
    /// Take endpoints with a loopback address, which Kubernetes refuses
    #[arg(long, env = "CHANCERY_ALLOW_LOOPBACK_ENDPOINTS", value_parser = clap::builder::BoolishValueParser::new())]
    allow_loopback_endpoints: bool,

    /// Other products whose annotations on Services are read, too: xds.lmwn.com, projectcontour.io, linkerd.io,
    /// getambassador.io, or all
    #[arg(long, env = "CHANCERY_COMPAT", value_name = "LIST", value_delimiter = ',')]
    compat: Vec<Compat>,

    /// DNS domain of the cluster [default: cluster.local]
    #[arg(long, env = "CHANCERY_CLUSTER_DOMAIN", value_name = "DOMAIN")]
    cluster_domain: Option<DnsName>,

    /// Where Envoys are told to listen [default: 0.0.0.0:10000]
    #[arg(long, env = "CHANCERY_ENVOY_LISTENER", value_name = "ADDRESS")]
    envoy_listener: Option<EnvoyAddress>,
}

/// What comes of some objects.
#[derive(Debug)]
pub(super) struct Read {
    /// How many objects of the kinds that count were found.
    pub(super) objects: usize,
    /// What clients would get, and what can't be used.
    pub(super) offline: Offline,
    /// Everything that can't be used, also of objects that don't count, by file and line.
    pub(super) problems: Vec<Problem>,
}

/// Something that can't be used, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Problem {
    /// The file, as the user gave it or below what the user gave; `None` in a cluster.
    pub(super) file: Option<Arc<str>>,
    /// The line, from 1; `None` for a file as a whole, and in a cluster.
    pub(super) line: Option<u32>,
    /// What can't be used.
    pub(super) rejected: Rejected,
}

impl Reading {
    /// Reads manifests: directories and files, `-` for standard input.
    pub(super) fn manifests(self, paths: &[PathBuf]) -> Result<Read, Failure> {
        let (lowering, options) = self.options();
        let Loaded { objects, rejected, events } = load(paths, lowering).map_err(Failure::input)?;
        let offline = offline(events, options);
        Ok(Read { objects: objects.len(), problems: problems(&objects, rejected, &offline.rejected), offline })
    }

    /// Reads a live cluster.
    pub(super) fn cluster(self, cluster: Cluster) -> Result<Read, Failure> {
        let (lowering, options) = self.options();
        let events = cluster.list(lowering)?;
        let objects = events.iter().filter(|event| matches!(event, Event::InitApply(_))).count();
        let offline = offline(events, options);
        let problem = |rejected: &Rejected| Problem { file: None, line: None, rejected: rejected.clone() };
        Ok(Read { objects, problems: offline.rejected.iter().map(problem).collect(), offline })
    }

    fn options(self) -> (Lowering, RenderOptions) {
        let Self { allow_loopback_endpoints, compat, cluster_domain, envoy_listener } = self;
        let domain = cluster_domain.map_or_else(|| DEFAULT_CLUSTER_DOMAIN.to_owned(), |DnsName(name)| name);
        let listener = envoy_listener.map_or(DEFAULT_ENVOY_LISTENER, |EnvoyAddress(address)| address);
        let lowering = Lowering { allow_loopback_endpoints, compat: compat.into_iter().collect() };
        (lowering, render_options(&domain, listener, []))
    }
}

/// Joins what is wrong with files, with objects, and with objects that don't go together.
fn problems(objects: &[Found], wrong: Vec<Wrong>, rejected: &[Rejected]) -> Vec<Problem> {
    let mut problems: BTreeSet<Problem> =
        wrong.into_iter().map(|Wrong { file, line, rejected }| Problem { file: Some(file), line, rejected }).collect();
    let mut places = BTreeMap::new();
    for Found { file, line, served, lowered, lines } in objects {
        if *served {
            places.insert(&lowered.id, (file, *line));
        }
        problems.extend(lowered.rejected.iter().zip(lines).map(|(rejected, line)| Problem {
            file: Some(Arc::clone(file)),
            line: Some(*line),
            rejected: rejected.clone(),
        }));
    }
    let known: BTreeSet<Rejected> = problems.iter().map(|problem| problem.rejected.clone()).collect();
    for rejected in rejected.iter().filter(|rejected| !known.contains(rejected)) {
        let place = places.get(&rejected.object);
        problems.insert(Problem {
            file: Some(place.map_or_else(|| STDIN.into(), |(file, _)| Arc::clone(file))),
            line: place.map(|(_, line)| *line),
            rejected: rejected.clone(),
        });
    }
    problems.into_iter().collect()
}

#[cfg(test)]
mod tests;
