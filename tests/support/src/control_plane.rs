//! A server in this process, over a snapshot that the test writes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use chancery::cache::{self, Publication, SnapshotWriter};
use chancery::server::{self, Context, Limits, Streams};
use chancery::telemetry::Metrics;
use chancery::xds::{Name, Resource, ResourceType, Snapshot, World};

use crate::soon;

/// A server, the snapshot that everyone gets, and the snapshots of fleets.
#[derive(Debug)]
pub struct ControlPlane {
    /// Where it listens.
    pub address: SocketAddr,
    /// What the clients of fleets that nobody names get. [`Self::publish`] makes it so.
    pub everyone: Snapshot,
    /// What others get.
    pub world: World,
    /// Its metrics.
    pub registry: Registry,
    writer: SnapshotWriter,
    shutdown: CancellationToken,
    server: JoinHandle<()>,
}

impl ControlPlane {
    /// Starts a server on a free port, with nothing published.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        Self::start_with(Limits::default()).await
    }

    /// Starts one that allows its clients this.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start_with(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (writer, cache) = cache::channel();
        let mut registry = Registry::default();
        let shutdown = CancellationToken::new();
        let context = Context {
            cache,
            metrics: Arc::new(Metrics::new(&mut registry)),
            identifier: "test".into(),
            limits,
            streams: Streams::default(),
            shutdown: shutdown.clone(),
        };
        let server = tokio::spawn(server::serve(listener, context));
        let (everyone, world) = (Snapshot::default(), World::default());
        Self { address, everyone, world, registry, writer, shutdown, server }
    }

    /// Puts a resource into the snapshot of everyone: a name, some content, and the names that it refers to.
    pub fn put(&mut self, resource_type: ResourceType, name: &str, content: &str, references: &[&str]) -> &mut Self {
        let resource = resource(resource_type, name, content, references);
        self.everyone.get_mut(resource_type).insert(resource);
        self
    }

    /// Publishes what was put.
    pub fn publish(&mut self) {
        self.world.everyone = Arc::new(self.everyone.clone());
        self.writer.publish(Publication { world: self.world.clone(), observed_at: Instant::now() });
    }

    /// Asks the server to end, and returns when it has.
    ///
    /// # Panics
    /// When it doesn't.
    pub async fn stop(self) {
        self.shutdown.cancel();
        soon("the server's end", self.server).await.expect("no panic");
    }
}

/// A resource with any content; nobody in these tests reads it.
pub fn resource(resource_type: ResourceType, name: &str, content: &str, references: &[&str]) -> Arc<Resource> {
    let references = references.iter().map(|name| Name::from(*name));
    let value = content.as_bytes().to_vec();
    Arc::new(Resource::from_value(Name::from(name), resource_type.type_url().to_owned(), value, references))
}
