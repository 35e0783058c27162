//! Reads a live cluster once.

use std::io::Write;
use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::Failure;
use crate::model::{Event, Key, Kind, ObjectRef};
use crate::source::kubernetes::{KubernetesSource, List, Options};
use crate::source::objects::Conversion;

/// Which cluster, and what of it; for a command that has `paths` to read instead.
#[derive(Debug, Args)]
pub(super) struct Cluster {
    /// Kubeconfig file of a live cluster [default with --context: $KUBECONFIG, else ~/.kube/config]
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    kubeconfig: Option<PathBuf>,

    /// Context of the kubeconfig [default: its current context]
    #[arg(long, value_name = "NAME", conflicts_with = "paths")]
    context: Option<String>,

    /// Namespace of the cluster to check; repeatable [default: all]
    #[arg(long, value_name = "NS", value_delimiter = ',', conflicts_with = "paths")]
    namespace: Vec<String>,
}

impl Cluster {
    /// Whether there is one. A namespace alone names none.
    pub(super) const fn is_named(&self) -> bool {
        self.kubeconfig.is_some() || self.context.is_some()
    }

    /// A complete list of every kind.
    pub(super) fn list(self, conversion: Conversion) -> Result<Vec<Event>, Failure> {
        let Self { kubeconfig, context, namespace: namespaces } = self;
        let options = Options { kubeconfig, context, namespaces: namespaces.clone(), conversion };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let List { events, denied } = runtime.block_on(async {
            let source =
                KubernetesSource::connect(options).await.map_err(|error| Failure::input(anyhow!("{error}")))?;
            source.list().await.map_err(Failure::unreachable)
        })?;
        for (_, error) in &denied {
            // Beside what is printed, as in the log of `serve`.
            writeln!(std::io::stderr(), "{error}")?;
        }
        let readable = denied.iter().all(|(kind, _)| *kind != Kind::Namespace);
        match namespaces.iter().find(|name| !has(&events, name)) {
            // Who may not read a Namespace can't tell whether it is there.
            Some(name) if readable => {
                Err(Failure::input(anyhow!("--namespace {name}: the cluster has no namespace of that name")))
            }
            Some(_) | None => Ok(events),
        }
    }
}

fn has(events: &[Event], namespace: &str) -> bool {
    let id = ObjectRef::Object(Kind::Namespace, Key::new("", namespace));
    events.iter().any(|event| matches!(event, Event::InitApply(converted) if converted.id == id))
}
