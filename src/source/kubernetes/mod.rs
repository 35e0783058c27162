//! Watches the Kubernetes API.
//!
//! ```text
//! connect.rs     kubeconfig or service account ──▶ Client
//! watch.rs       one watch a kind (and namespace) ──▶ list_watch.rs ─┐
//! list_watch.rs  list, watch, list again when in doubt ──▶ objects   ├─▶ merge.rs ─┬─ namespaces.rs ──▶ Notice::Event
//! probe.rs       the resource version, every few seconds ────────────┘             └─ health.rs ──▶ UpToDate, Outage, Denied
//!
//! retry.rs       the errors of a watch, and how long it backs off (backoff.rs)
//! shared.rs      what all watches share: a budget of requests (token_bucket.rs), and signals to retry or to list again
//! error.rs       why a watch fails
//!
//! list.rs        lists every kind once
//! ```
//!
//! Objects are converted when they arrive and dropped, so that memory holds only what the model keeps. A list counts when it
//! is complete: one that fails half-way is never seen. A watch that timed out is resumed; after any error it lists
//! again, which yields the net difference.
//!
//! Every error is retried, for ever, with fewer than two requests a second of all watches together. An outage is a
//! [`Notice`], and the objects stay as they were. Namespaces and Pods are optional: where they may not be read, defaults and
//! weights are missing, and nothing else.

mod backoff;
mod connect;
mod decoded;
mod error;
mod health;
mod list;
mod list_watch;
mod merge;
mod namespaces;
mod probe;
mod retry;
mod shared;
mod token_bucket;
mod watch;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream, StreamExt};

use self::merge::Merge;
use self::shared::Shared;
use self::watch::Watch;
use super::objects::Conversion;
use super::{Notice, Source};
use crate::model::Kind;

pub use connect::ConnectError;
pub use error::{first_line, root_cause};
pub use list::{List, ListError};
pub use token_bucket::TokenBucket;

/// Which cluster to watch, and what of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The kubeconfig. Without one: in a pod its service account, elsewhere `$KUBECONFIG`, else `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; without one, its current context. With one, even a pod uses a kubeconfig.
    pub context: Option<String>,
    /// The namespaces to watch; empty: all of them.
    pub namespaces: Vec<String>,
    /// How objects are converted.
    pub conversion: Conversion,
}

/// Watches Namespaces, Services, EndpointSlices, and Pods with a weight label.
pub struct KubernetesSource {
    server: String,
    client: kube::Client,
    namespaces: BTreeSet<String>,
    conversion: Conversion,
}

impl KubernetesSource {
    /// Reads how to reach the cluster. That the API server can't be reached now is no error: it is retried for as long as
    /// the source is polled. Has to be called within a tokio runtime.
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let Options { kubeconfig, context, namespaces, conversion } = options;
        let namespaces: BTreeSet<String> = namespaces.into_iter().collect();
        let idle = watch::timeout_seconds(Kind::COUNT * namespaces.len());
        let (server, client) = connect::connect(kubeconfig, context, Duration::from_secs(idle.into())).await?;
        Ok(Self { server, client, namespaces, conversion })
    }

    /// The address of the API server, as the configuration has it.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// A complete list of every kind, as it is now. Unlike the source it gives up at the first outage.
    pub async fn list(self) -> Result<List, ListError> {
        list::list(Box::new(self).notices()).await
    }

    /// The client that it reads with.
    pub fn client(&self) -> kube::Client {
        self.client.clone()
    }

    fn watches(&self) -> Vec<Watch> {
        let scopes: Vec<Option<&str>> = if self.namespaces.is_empty() {
            vec![None]
        } else {
            self.namespaces.iter().map(|namespace| Some(namespace.as_str())).collect()
        };
        let kinds = Kind::ALL.into_iter().flat_map(|kind| scopes.iter().map(move |&scope| (kind, scope)));
        kinds.map(|(kind, scope)| Watch { kind, namespace: scope.map(Into::into) }).collect()
    }
}

impl fmt::Debug for KubernetesSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubernetesSource")
            .field("server", &self.server)
            .field("namespaces", &self.namespaces)
            .field("conversion", &self.conversion)
            .finish_non_exhaustive()
    }
}

impl Source for KubernetesSource {
    fn name(&self) -> &'static str {
        "kubernetes"
    }

    fn notices(self: Box<Self>) -> BoxStream<'static, Notice> {
        let watches = self.watches();
        let count = watches.len();
        let shared = Shared::new(Instant::now());
        let mut merge = Merge::new(&self.server, watches.clone());
        let stream = |watch: Watch| watch.stream(self.client.clone(), self.conversion, count, Arc::clone(&shared));
        let mut inputs: Vec<_> = watches.into_iter().map(stream).collect();
        let namespace = self.namespaces.first().map(String::as_str);
        let (services, slices) =
            (watch::api(self.client.clone(), namespace), watch::api(self.client.clone(), namespace));
        inputs.push(probe::stream(services, slices, shared));
        stream::select_all(inputs).flat_map(move |input| stream::iter(merge.notices(input))).boxed()
    }
}
