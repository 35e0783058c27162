//! `chancery explain`: explains how a Service is served.

mod name;
mod text;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use http::StatusCode;

use super::manifests::{Problem, Read, Reading};
use super::{Exit, Failure, http as admin_port, lint};
use crate::admin::NoSuchService;
use crate::channels::ServiceSummary;
use crate::model::explanation::ServiceExplanation;
use crate::model::{Key, NearestService, ObjectRef};
use crate::pipeline::Offline;
use crate::source::manifests::LeftAlone;
use name::ServiceName;

/// Explain how a Service is served: each setting and each address
///
/// Prints for each port whether clients get it, and under which domains; each setting that isn't the default, with its
/// origin; each address, and why it is in, draining or out. Rejected configuration of the Service follows, and what clients
/// rejected (NACK).
///
/// Queries the admin port of a running server or, with --manifests, reads manifests as `serve --manifests` does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chancery explain cart.shop
  chancery explain cart.shop.svc.cluster.local --all
  chancery explain cart.shop --manifests ./services
  kubectl -n shop get namespaces,services,endpointslices -o yaml | chancery explain cart.shop --manifests -
  kubectl -n chancery port-forward deployment/chancery 18001 & chancery explain cart.shop -o json")]
pub(super) struct Explain {
    /// Service, by any of its names
    #[arg(value_name = "SERVICE.NAMESPACE")]
    service: ServiceName,

    /// Admin address of the server
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:18001", conflicts_with = "manifests")]
    admin: SocketAddr,

    /// Include settings with default values
    #[arg(long)]
    all: bool,

    /// Output format: text for people, or json for programs, which includes everything
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    output: Format,

    /// Read manifests instead of querying a server; - for standard input
    #[arg(long, value_name = "DIR|FILE|-")]
    manifests: Vec<PathBuf>,

    #[command(flatten, next_help_heading = "Options for --manifests")]
    reading: Reading,
}

/// How many of the files are named that can't be parsed, when the Service may be in one of them.
const MAX_UNREAD: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Explain {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { service: ServiceName(key), admin, all, output, manifests, reading } = self;
        let explanation =
            if manifests.is_empty() { of_server(&key, admin)? } else { of_manifests(&key, &manifests, reading)? };
        match output {
            Format::Text => text::print(out, &explanation, all)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &explanation).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn of_server(key: &Key, admin: SocketAddr) -> Result<ServiceExplanation, Failure> {
    let Key { namespace, name } = key;
    let path = format!("/api/v1/services/{namespace}/{name}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (status, body) = runtime.block_on(admin_port::ask(admin, &path)).map_err(|error| {
        Failure::unreachable(error.context("can't reach the server; name its admin port with --admin"))
    })?;
    let stranger = || format!("what answers at {admin} isn't a chancery of this version");
    match status {
        StatusCode::OK => serde_json::from_slice(&body).with_context(stranger).map_err(Failure::unreachable),
        StatusCode::NOT_FOUND => match serde_json::from_slice(&body) {
            Ok(unknown) => Err(no_service(unknown)),
            Err(error) => Err(Failure::unreachable(anyhow::Error::new(error).context(stranger()))),
        },
        status => Err(Failure::unreachable(anyhow!("{status}: {}", String::from_utf8_lossy(&body).trim()))),
    }
}

fn of_manifests(key: &Key, paths: &[PathBuf], reading: Reading) -> Result<ServiceExplanation, Failure> {
    let Read { objects: _, offline, problems, left_alone, unread } = reading.manifests(paths)?;
    let service = ObjectRef::service(key);
    if let Some(explanation) = offline.explain(key) {
        // They may be about this Service.
        lint::tell_left_alone(LeftAlone { mappings: left_alone.mappings, ..LeftAlone::default() });
        // One that takes no part has no mistakes of its own to tell, but why it can't be used is what was asked.
        for problem in unread.iter().filter(|problem| problem.rejected.object == service) {
            eprintln!("{problem}");
        }
        return Ok(explanation);
    }
    // What would have been the Service may be in a file that can't be read.
    let is_about = |problem: &&Problem| match &problem.rejected.object {
        ObjectRef::File(_) => true,
        object @ ObjectRef::Object(..) => *object == service,
    };
    for problem in problems.iter().filter(&is_about).chain(unread.iter().filter(is_about).take(MAX_UNREAD)) {
        eprintln!("{problem}");
    }
    lint::tell_left_alone(left_alone);
    Err(no_service(NoSuchService::new(key, nearest(&offline, key).as_ref())))
}

fn nearest(offline: &Offline, wanted: &Key) -> Option<Key> {
    let mut nearest = NearestService::new(wanted.clone());
    let mut page = offline.page(None);
    while let Some(last) = page.last().map(ServiceSummary::key) {
        for service in &page {
            nearest.consider(&service.key());
        }
        page = offline.page(Some(&last));
    }
    nearest.found()
}

fn no_service(NoSuchService { error, nearest }: NoSuchService) -> Failure {
    let question = nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default();
    Failure::input(anyhow!("{error}{question}"))
}
