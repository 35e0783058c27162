//! A server in this process, over a snapshot that the test writes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use chancery::channels::{self, Publication, SnapshotWriter};
use chancery::server::{self, Context, ServerLimits, Streams};
use chancery::telemetry::Metrics;
use chancery::xds::{Name, Resource, ResourceType, Snapshot, World};

use crate::soon;

/// How often clients of this server report their load; short, so that nobody waits.
pub const LOAD_REPORTING_INTERVAL: Duration = Duration::from_millis(200);

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
    /// The streams that are open.
    pub streams: Streams,
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
        Self::start_with("test", ServerLimits::default()).await
    }

    /// Starts a server with this `control_plane.identifier` on a free port, with nothing published.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start_as(identifier: &str) -> Self {
        Self::start_with(identifier, ServerLimits::default()).await
    }

    /// Starts a server at this address, with nothing published.
    ///
    /// # Panics
    /// When somebody else listens there.
    pub async fn start_at(address: SocketAddr) -> Self {
        Self::start_on(address, "test", ServerLimits::default()).await
    }

    /// Starts one that allows its clients this.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start_limited(limits: ServerLimits) -> Self {
        Self::start_with("test", limits).await
    }

    async fn start_with(identifier: &str, limits: ServerLimits) -> Self {
        Self::start_on((Ipv4Addr::LOCALHOST, 0).into(), identifier, limits).await
    }

    async fn start_on(address: SocketAddr, identifier: &str, limits: ServerLimits) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (writer, cache) = channels::snapshot_channel();
        let mut registry = Registry::default();
        let streams = Streams::default();
        let shutdown = CancellationToken::new();
        let context = Context {
            snapshots: cache,
            // All that there is is published by the test; so nothing is rendered on demand, and nobody waits for that.
            demand: channels::demand_channel().0,
            metrics: Arc::new(Metrics::new(&mut registry)),
            identifier: identifier.into(),
            load_reporting_interval: LOAD_REPORTING_INTERVAL,
            limits,
            streams: streams.clone(),
            shutdown: shutdown.clone(),
        };
        let server = tokio::spawn(server::serve(listener, context));
        let (everyone, world) = (Snapshot::default(), World::default());
        Self { address, everyone, world, registry, streams, writer, shutdown, server }
    }

    /// Puts a resource into the snapshot of everyone: a name, some content, and the names that it refers to.
    pub fn put(&mut self, resource_type: ResourceType, name: &str, content: &str, references: &[&str]) -> &mut Self {
        let resource = resource(resource_type, name, content, references);
        self.everyone.get_mut(resource_type).insert(resource);
        self
    }

    /// Puts resources into the snapshot of everyone, each written as its content: `name=anything`, and the names that it
    /// refers to after that: `name=anything>other,another`.
    ///
    /// # Panics
    /// When one isn't written so.
    pub fn have(&mut self, resource_type: ResourceType, resources: &[&str]) -> &mut Self {
        for text in resources {
            let (content, references) = text.split_once('>').unwrap_or((text, ""));
            let (name, _) = content.split_once('=').expect("name=content");
            let references: Vec<&str> = references.split(',').filter(|name| !name.is_empty()).collect();
            self.put(resource_type, name, content, &references);
        }
        self
    }

    /// Takes resources out of the snapshot of everyone.
    pub fn lose(&mut self, resource_type: ResourceType, names: &[&str]) -> &mut Self {
        for name in names {
            self.everyone.get_mut(resource_type).remove(name);
        }
        self
    }

    /// The value of one of its counters, written as it is in the metrics: `name{label="value"}`; 0 if it isn't there.
    ///
    /// # Panics
    /// When it isn't a counter.
    pub fn count(&self, counter: &str) -> u64 {
        let mut metrics = String::new();
        prometheus_client::encoding::text::encode(&mut metrics, &self.registry).expect("text takes any text");
        let value = metrics.lines().find_map(|line| line.strip_prefix(counter)).unwrap_or("0");
        value.trim().parse().expect("a counter is a number")
    }

    /// Publishes what was put.
    pub fn publish(&mut self) {
        self.world.everyone = Arc::new(self.everyone.clone());
        self.world.grpc = Arc::clone(&self.world.everyone);
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
