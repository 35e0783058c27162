//! Reads objects for the offline commands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::Failure;
use super::cluster::Cluster;
use crate::app::config::{DEFAULT_CLUSTER_DOMAIN, DEFAULT_ENVOY_LISTENER, DnsName, EnvoyAddress};
use crate::app::render_options;
use crate::model::compat::Compat;
use crate::model::explanation::ServiceExplanation;
use crate::model::{Event, Key, Reason, Rejected};
use crate::pipeline::{Offline, RenderOptions, offline};
use crate::source::manifests::{Declared, Found, LeftAlone, Loaded, RejectedAt, STDIN, load};
use crate::source::objects::{Conversion, SERVICE_NAME_LABEL};

/// How to read objects.
#[derive(Debug, Args)]
pub(super) struct Reading {
    /// Accept endpoints with loopback addresses, which Kubernetes rejects
    #[arg(long, env = "CHANCERY_ALLOW_LOOPBACK_ENDPOINTS", value_parser = clap::builder::BoolishValueParser::new())]
    allow_loopback_endpoints: bool,

    /// Other products whose Service annotations apply, too: xds.lmwn.com, projectcontour.io, linkerd.io,
    /// getambassador.io, or all
    #[arg(long, env = "CHANCERY_COMPAT", value_name = "LIST", value_delimiter = ',')]
    compat: Vec<Compat>,

    /// DNS domain of the cluster [default: cluster.local]
    #[arg(long, env = "CHANCERY_CLUSTER_DOMAIN", value_name = "DOMAIN")]
    cluster_domain: Option<DnsName>,

    /// Listen address of Envoys [default: 0.0.0.0:10000]
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
    /// Everything that can't be used and that somebody meant for us, also of objects that don't count, by file and line.
    pub(super) problems: Vec<Problem>,
    /// What else there is, and isn't ours.
    pub(super) left_alone: LeftAlone,
    /// What of that can't be parsed, and then what is wrong with its objects that can't be used, by file and line.
    pub(super) unread: Vec<Problem>,
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
        let (conversion, options) = self.options();
        let Loaded { objects, rejected, events, endpoints, left_alone, unread } =
            load(paths, conversion).map_err(Failure::input)?;
        let offline = offline(events, options);
        let mut problems = problems(&objects, rejected, &offline.rejected);
        problems.extend(endpoints.iter().filter(|one| lacks_slices(one, &offline)).map(old_endpoints));
        problems.sort_unstable();
        let unusable =
            objects.iter().filter(|found| !found.ours && found.converted.object.is_none()).flat_map(of_object);
        let unread = unread.into_iter().map(Problem::from).chain(unusable).collect();
        Ok(Read { objects: objects.len(), problems, offline, left_alone, unread })
    }

    /// Reads a live cluster.
    pub(super) fn cluster(self, cluster: Cluster) -> Result<Read, Failure> {
        let (conversion, options) = self.options();
        let events = cluster.list(conversion)?;
        let objects = events.iter().filter(|event| matches!(event, Event::InitApply(_))).count();
        let offline = offline(events, options);
        let problem = |rejected: &Rejected| Problem { file: None, line: None, rejected: rejected.clone() };
        let problems = offline.rejected.iter().map(problem).collect();
        Ok(Read { objects, problems, offline, left_alone: LeftAlone::default(), unread: Vec::new() })
    }

    fn options(self) -> (Conversion, RenderOptions) {
        let Self { allow_loopback_endpoints, compat, cluster_domain, envoy_listener } = self;
        let domain = cluster_domain.map_or_else(|| DEFAULT_CLUSTER_DOMAIN.to_owned(), |DnsName(name)| name);
        let listener = envoy_listener.map_or(DEFAULT_ENVOY_LISTENER, |EnvoyAddress(address)| address);
        let conversion = Conversion { allow_loopback_endpoints, compat: compat.into_iter().collect() };
        (conversion, render_options(&domain, listener, []))
    }
}

impl From<RejectedAt> for Problem {
    fn from(RejectedAt { file, line, rejected }: RejectedAt) -> Self {
        Self { file: Some(file), line, rejected }
    }
}

/// Joins what is wrong with files, with objects, and with objects that don't go together. Of the objects that count the
/// pipeline knows which of it is ours to tell, and what is in force meanwhile.
fn problems(objects: &[Found], wrong: Vec<RejectedAt>, rejected: &[Rejected]) -> Vec<Problem> {
    let mut problems: BTreeSet<Problem> = wrong.into_iter().map(Problem::from).collect();
    let mut counting = BTreeMap::new();
    for found in objects {
        if found.served {
            counting.insert(&found.converted.id, found);
        } else if found.ours {
            problems.extend(of_object(found));
        }
    }
    let known: BTreeSet<Rejected> = problems.iter().map(|problem| problem.rejected.clone()).collect();
    for rejected in rejected {
        let found = counting.get(&rejected.object);
        if found.is_none() && known.contains(rejected) {
            continue;
        }
        problems.insert(Problem {
            file: Some(found.map_or_else(|| STDIN.into(), |found| Arc::clone(&found.file))),
            line: found.map(|found| line_of(found, rejected)),
            rejected: rejected.clone(),
        });
    }
    problems.into_iter().collect()
}

/// What is wrong with an object by itself.
fn of_object(found: &Found) -> impl Iterator<Item = Problem> {
    found.converted.rejected.iter().zip(&found.lines).map(|(rejected, line)| Problem {
        file: Some(Arc::clone(&found.file)),
        line: Some(*line),
        rejected: rejected.clone(),
    })
}

/// Where something stands that is wrong with an object; where the object begins if only the pipeline knows of it.
fn line_of(found: &Found, Rejected { object: _, field, value, reason, message, meanwhile: _ }: &Rejected) -> u32 {
    let mut lines = found.converted.rejected.iter().zip(&found.lines);
    let same = lines.find(|(one, _)| {
        one.field == *field && one.value == *value && one.reason == *reason && one.message == *message
    });
    same.map_or(found.line, |(_, line)| *line)
}

/// Whether its Service takes part and has nothing to take addresses from.
fn lacks_slices(Declared { file: _, line: _, it: service }: &Declared<Key>, offline: &Offline) -> bool {
    offline.explain(service).is_some_and(|ServiceExplanation { unserved, ports, slices, .. }| {
        unserved.is_none() && ports.iter().any(|port| port.served) && slices.is_empty()
    })
}

fn old_endpoints(Declared { file, line, it: service }: &Declared<Key>) -> Problem {
    let message = format!(
        "objects of the kind Endpoints aren't read, and Service {service} has no EndpointSlice; expected one of \
         discovery.k8s.io/v1, with the label {SERVICE_NAME_LABEL}: {}",
        service.name
    );
    let meanwhile = "clients get no address for the Service";
    let rejected = Rejected::in_file(file, Some(*line), Reason::DoubtfulObject, message, meanwhile);
    Problem { file: Some(Arc::clone(file)), line: Some(*line), rejected }
}

#[cfg(test)]
mod tests;
