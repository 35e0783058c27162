//! A Kubernetes API that misbehaves as it is told.
//!
//! It lists and watches the four kinds that Chancery reads, with revisions, bookmarks, `timeoutSeconds` and expiry, and counts
//! what it is asked. It keeps what it is given and checks nothing. `tests/real_kubernetes.rs` is about the real one; no real one
//! does these things when it is told to.

mod answer;
mod world;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::world::World;

/// What the API server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// It closes every connection.
    Gone,
    /// It says nothing, on connections old and new. Those of this time are dead for good, also when it is over.
    Hung,
    /// The same, but only watches; new ones are opened, and then nothing comes.
    SilentWatches,
    /// It neither ends watches nor sends bookmarks.
    EndlessWatches,
    /// It answers everything with this status.
    All(u16),
    /// It answers watches with this status.
    Watches(u16),
    /// It opens a watch and says that there was an error with this code.
    WatchErrors(u16),
    /// It opens a watch and ends it at once.
    EmptyWatches,
    /// It closes watches amid the first event.
    CutWatches,
    /// It answers watches with a page of HTML.
    HtmlWatches,
    /// It answers lists with a page of HTML.
    HtmlLists,
    /// It begins every list of more than one page and has forgotten it when asked for the second.
    ExpiredPages,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Instant,
    /// Of which resource: `services`.
    pub resource: String,
    /// `list`, `watch`, or the method for everything else.
    pub verb: &'static str,
}

/// An API server. It ends with the runtime.
#[derive(Debug)]
pub struct Api {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    kubeconfig: tempfile::NamedTempFile,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Counts the changes of `state`.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    world: World,
    fault: Fault,
    /// What may not be asked: resource and verb.
    denied: BTreeSet<(String, &'static str)>,
    asked: Vec<Asked>,
}

impl Api {
    /// Starts one on a free port, with nothing in it.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::new(Shared { state: Mutex::default(), changes: watch::channel(0).0 });
        tokio::spawn(serve(listener, Arc::clone(&shared)));
        let kubeconfig = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test" } }],
            "clusters": [{ "name": "test", "cluster": { "server": format!("http://{address}") } }],
            "users": [{ "name": "test", "user": {} }],
        });
        std::fs::write(kubeconfig.path(), text.to_string()).expect("a temporary file takes text");
        Self { address, shared, kubeconfig }
    }

    /// The kubeconfig that leads to it.
    pub fn kubeconfig(&self) -> &Path {
        self.kubeconfig.path()
    }

    /// Creates or changes an object.
    pub fn put(&self, resource: &'static str, object: Value) {
        self.change(|state| state.world.put(resource, object));
    }

    /// Deletes an object.
    pub fn delete(&self, resource: &'static str, namespace: &str, name: &str) {
        self.change(|state| state.world.delete(resource, namespace, name));
    }

    /// Forgets its history: watches from earlier revisions have expired. What is written later has a later revision.
    pub fn compact(&self) {
        self.change(|state| state.world.compact());
    }

    /// All that there is, and its revision.
    pub fn backup(&self) -> Backup {
        Backup(self.state().world.clone())
    }

    /// Is as it was then, as after a restoration of etcd. Watches go on, and say nothing for as long as revisions are below
    /// theirs.
    pub fn restore(&self, backup: Backup) {
        self.change(|state| state.world = backup.0);
    }

    /// Does this wrong from now on.
    pub fn misbehave(&self, fault: Fault) {
        self.change(|state| state.fault = fault);
    }

    /// Denies this verb (`list` or `watch`) on a resource.
    pub fn deny(&self, resource: &str, verb: &'static str) {
        self.change(|state| _ = state.denied.insert((resource.to_owned(), verb)));
    }

    /// Allows everything.
    pub fn allow(&self) {
        self.change(|state| state.denied.clear());
    }

    /// What it was asked since then.
    pub fn asked(&self, since: Instant) -> Vec<Asked> {
        self.state().asked.iter().filter(|asked| asked.at >= since).cloned().collect()
    }

    /// Returns once it was asked something of this kind so often since then.
    pub async fn until_asked(&self, resource: &str, verb: &str, times: usize, since: Instant) {
        let mut changes = self.shared.changes.subscribe();
        crate::soon(&format!("{times} requests to {verb} {resource}"), async {
            loop {
                changes.mark_unchanged();
                let asked = self.asked(since);
                if asked.iter().filter(|asked| asked.resource == resource && asked.verb == verb).count() >= times {
                    return;
                }
                changes.changed().await.expect("it is kept");
            }
        })
        .await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.shared.change(change);
    }
}

/// What an API server held at some time.
#[derive(Debug, Clone)]
pub struct Backup(World);

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changes.send_modify(|count| *count += 1);
    }

    /// Returns when the API server has this fault.
    async fn has(&self, fault: Fault) {
        let mut changes = self.changes.subscribe();
        while self.state().fault != fault {
            changes.changed().await.expect("it is kept");
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((connection, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let answer = service_fn(|request| answer::answer(Arc::clone(&shared), request));
            let served = http1::Builder::new().serve_connection(TokioIo::new(connection), answer);
            // How it ends the client sees for itself.
            tokio::select! {
                _ = served => {}
                () = shared.has(Fault::Gone) => {}
            }
        });
    }
}

/// How long a watch lasts when it isn't said.
const WATCH: Duration = Duration::from_mins(5);
