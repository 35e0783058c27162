use std::collections::BTreeMap;
use std::time::Duration;

use prometheus_client::registry::Registry;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::*;
use crate::channels::{self, Demand, QueryError, QuerySender, SnapshotReader, StatusReader};
use crate::model::object::{self, Object};
use crate::model::settings::Settings;
use crate::model::{Concern, Converted, Key, ZoneRouting};

/// A source that says what the test says.
struct Script(mpsc::UnboundedReceiver<Notice>);

impl Source for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn notices(self: Box<Self>) -> BoxStream<'static, Notice> {
        UnboundedReceiverStream::new(self.0).boxed()
    }
}

/// A running pipeline. The tests run on one thread, so it works only while the test awaits something.
struct Running {
    notices: mpsc::UnboundedSender<Notice>,
    snapshots: SnapshotReader,
    status: StatusReader,
    queries: QuerySender,
    demand: Demand,
    task: JoinHandle<()>,
    start: Instant,
}

fn start() -> Running {
    let (notices, script) = mpsc::unbounded_channel();
    let (writer, snapshots) = channels::snapshot_channel();
    let (status_writer, status) = channels::status_channel();
    let (queries, query_receiver) = channels::query_channel();
    let metrics = Arc::new(Metrics::new(&mut Registry::default()));
    let source = Box::new(Script(script));
    let (demand, demand_reader) = channels::demand_channel();
    let task = tokio::spawn(run(
        source,
        RenderOptions::default(),
        writer,
        status_writer,
        metrics,
        query_receiver,
        demand_reader,
    ));
    Running { notices, snapshots, status, queries, demand, task, start: Instant::now() }
}

impl Running {
    /// Says that something happened, so many milliseconds after the start.
    fn event(&self, at: u64, event: Event) {
        self.notices.send(Notice::Event { at: self.start + Duration::from_millis(at), event }).unwrap();
    }

    fn list(&self, kinds: &[Kind]) {
        for kind in kinds {
            self.event(0, Event::Init(*kind));
            self.event(0, Event::InitDone(*kind));
        }
    }

    /// The next publication.
    async fn published(&mut self) -> Arc<Publication> {
        assert!(self.snapshots.changed().await);
        self.snapshots.latest().unwrap()
    }

    /// Ends the source, and returns once the pipeline has ended.
    async fn end(self) -> (SnapshotReader, StatusReader) {
        drop(self.notices);
        self.task.await.unwrap();
        (self.snapshots, self.status)
    }
}

fn service(name: &str, annotations: &[(&str, &str)]) -> Event {
    let key = Key::new("shop", name);
    let id = ObjectRef::service(&key);
    let annotation = |(key, value): &(&str, &str)| (format!("chancery.dev/{key}"), (*value).to_owned());
    let annotations: BTreeMap<String, String> = annotations.iter().map(annotation).collect();
    let (settings, rejected) = Settings::parse(&id, &annotations);
    let ports = vec![object::Port { name: "grpc".into(), number: 80, app_protocol: None }];
    let (created, external_name, publish_not_ready) = (0, false, false);
    let service = object::Service {
        key,
        created,
        settings,
        translated: None,
        ports,
        external_name,
        publish_not_ready,
        zone_routing: ZoneRouting::Off,
        traffic: object::Traffic::default(),
    };
    Event::Apply(Converted { id, object: Some(Object::Service(service)), rejected, concern: Concern::Ours })
}

/// A slice of that Service with one pod, for a port of this name.
fn slice(service: &str, port: &str) -> Event {
    let key = Key::new("shop", format!("{service}-1"));
    let id = ObjectRef::Object(Kind::EndpointSlice, key.clone());
    let endpoint = object::SliceEndpoint {
        address: [10, 0, 0, 1].into(),
        ready: true,
        serving: true,
        terminating: false,
        zone: "".into(),
        node: "".into(),
        pod: None,
    };
    let (service, ports) = (Key::new("shop", service), vec![(port.into(), 8080)]);
    let slice = object::EndpointSlice { key, service, ports, endpoints: vec![endpoint] };
    Event::Apply(Converted { id, object: Some(Object::EndpointSlice(slice)), rejected: vec![], concern: Concern::Ours })
}

/// Whether the assignment of that Service has endpoints.
fn has_endpoints(publication: &Publication, service: &str) -> bool {
    let name = format!("shop/{service}/80");
    let assignment = publication.world.everyone.get(ResourceType::Endpoint).get(&name).unwrap();
    crate::xds::resource_to_json(assignment).unwrap().get("endpoints").is_some()
}

fn clusters(publication: &Publication) -> usize {
    publication.world.everyone.get(ResourceType::Cluster).len()
}

#[tokio::test]
async fn nothing_is_published_before_every_kind_was_listed() {
    let pipeline = start();
    pipeline.list(&[Kind::Service, Kind::EndpointSlice, Kind::Pod]);
    pipeline.event(1, service("cart", &[("enabled", "true")]));
    let (mut snapshots, status) = pipeline.end().await;
    assert!(snapshots.latest().is_none());
    assert_eq!(status.read().unlisted().collect::<Vec<_>>(), [Kind::Namespace]);
}

#[tokio::test]
async fn a_complete_world_is_published_even_if_it_is_empty() {
    let pipeline = start();
    pipeline.list(&Kind::ALL);
    let (mut snapshots, status) = pipeline.end().await;
    assert_eq!(clusters(&snapshots.latest().unwrap()), 0);
    assert_eq!(status.read().unlisted().count(), 0);
}

#[tokio::test]
async fn whatever_is_ready_is_one_publication_of_the_age_of_the_oldest() {
    // More than the number of messages after which tokio makes a task yield.
    let count = 300;
    let mut pipeline = start();
    pipeline.list(&Kind::ALL);
    pipeline.published().await;
    for n in 0..count {
        // The oldest is neither the first nor the last.
        pipeline.event(1000 + (n + count / 2) % count, service(&format!("cart-{n}"), &[("enabled", "true")]));
    }
    let publication = pipeline.published().await;
    assert_eq!(clusters(&publication) as u64, count);
    assert_eq!(publication.observed_at, pipeline.start + Duration::from_secs(1));
    let (mut snapshots, _) = pipeline.end().await;
    assert!(!snapshots.changed().await, "published again");
}

#[tokio::test]
async fn what_changes_nothing_is_not_published() {
    let mut pipeline = start();
    pipeline.list(&Kind::ALL);
    pipeline.event(1, service("cart", &[("enabled", "true")]));
    pipeline.published().await;
    pipeline.event(2, service("cart", &[("enabled", "true")]));
    pipeline.event(3, service("mail", &[]));
    pipeline.list(&[Kind::Pod]);
    let (mut snapshots, _) = pipeline.end().await;
    assert!(!snapshots.changed().await);
}

#[tokio::test]
async fn a_publication_is_as_old_as_its_own_events() {
    let mut pipeline = start();
    pipeline.list(&Kind::ALL);
    pipeline.published().await;
    // Nothing comes of this one, so the next publication isn't its.
    pipeline.event(1, service("mail", &[]));
    tokio::task::yield_now().await;
    pipeline.event(2, service("cart", &[("enabled", "true")]));
    let publication = pipeline.published().await;
    assert_eq!(publication.observed_at, pipeline.start + Duration::from_millis(2));
}

#[tokio::test]
async fn a_renamed_port_loses_its_endpoints_if_its_slices_never_follow() {
    let mut pipeline = start();
    pipeline.list(&Kind::ALL);
    pipeline.event(1, service("cart", &[("enabled", "true")]));
    pipeline.event(1, slice("cart", "grpc"));
    assert!(has_endpoints(&*pipeline.published().await, "cart"));
    let Event::Apply(mut renamed) = service("cart", &[("enabled", "true"), ("timeout", "3s")]) else { panic!() };
    let Some(Object::Service(object)) = &mut renamed.object else { panic!() };
    object.ports[0].name = "grpc-web".into();
    let at = Instant::now();
    pipeline.event(2, Event::Apply(renamed));
    assert!(has_endpoints(&*pipeline.published().await, "cart"), "the slices may still follow");
    // Nothing happens but that time passes.
    let ended = pipeline.published().await;
    assert!(!has_endpoints(&ended, "cart"));
    assert!(ended.observed_at.duration_since(at) >= Duration::from_secs(5));
}

#[tokio::test]
async fn a_lost_source_shows_and_loses_nothing() {
    let mut pipeline = start();
    pipeline.list(&Kind::ALL);
    pipeline.event(1, service("cart", &[("enabled", "true")]));
    pipeline.published().await;
    pipeline.notices.send(Notice::Outage { error: "connection refused".to_owned() }).unwrap();
    tokio::task::yield_now().await;
    assert_eq!(pipeline.status.read().outage.unwrap().error, "connection refused");

    pipeline.notices.send(Notice::UpToDate).unwrap();
    let (mut snapshots, status) = pipeline.end().await;
    assert!(status.read().outage.is_none());
    assert_eq!(clusters(&snapshots.latest().unwrap()), 1);
    assert_eq!(status.read().unlisted().count(), 0);
}

#[tokio::test]
async fn what_cannot_be_used_shows_until_it_is_resolved() {
    let mut pipeline = start();
    pipeline.list(&Kind::ALL);
    pipeline.event(1, service("a", &[("enabled", "true"), ("hosts", "x.example"), ("lb-policy", "best")]));
    pipeline.event(1, service("b", &[("enabled", "true"), ("hosts", "x.example")]));
    pipeline.published().await;
    let reasons = |status: &StatusReader| status.read().rejected.iter().map(|one| one.reason).collect::<Vec<_>>();
    // The report follows the publication without an await between.
    assert_eq!(reasons(&pipeline.status), [Reason::InvalidAnnotation, Reason::Duplicate]);

    pipeline.event(2, service("a", &[("enabled", "true")]));
    let (_, status) = pipeline.end().await;
    assert_eq!(reasons(&status), []);
}

#[tokio::test]
async fn nothing_is_explained_before_it_is_published() {
    let mut pipeline = start();
    let key = Key::new("shop", "cart");
    pipeline.event(1, service("cart", &[("enabled", "true")]));
    assert_eq!(pipeline.queries.explain(key.clone()).await, Err(QueryError::NotYet));
    assert_eq!(pipeline.queries.page(None).await, Err(QueryError::NotYet));
    pipeline.list(&Kind::ALL);
    pipeline.event(2, service("cart", &[("enabled", "true"), ("lb-policy", "best")]));
    pipeline.published().await;
    let explained = pipeline.queries.explain(key.clone()).await.unwrap().unwrap();
    assert_eq!(explained.ports[0].cluster.as_deref(), Some("shop/cart/80"));
    assert_eq!(explained.rejected[0].value.as_deref(), Some("best"));
    assert_eq!(pipeline.queries.explain(Key::new("shop", "nobody")).await, Ok(None));
    assert_eq!(pipeline.queries.page(None).await.unwrap().len(), 1);

    let queries = pipeline.queries.clone();
    pipeline.end().await;
    assert_eq!(queries.explain(key).await, Err(QueryError::Stopping));
}

#[tokio::test]
async fn a_source_that_is_never_silent_leaves_nobody_without_an_answer() {
    let pipeline = start();
    let queries = pipeline.queries.clone();
    let mut answer = Box::pin(queries.page(None));
    assert_eq!((&mut answer).now_or_never(), None);
    // More than one batch, so that the query has to be answered between two.
    pipeline.list(&Kind::ALL);
    for at in 0..2 * MAX_BATCH as u64 {
        pipeline.event(at, service("cart", &[("enabled", "true")]));
    }
    pipeline.end().await;
    assert_eq!(answer.await.unwrap().len(), 1);
}

/// The listeners that gRPC clients get.
fn listeners(publication: &Arc<Publication>) -> Vec<String> {
    publication.world.grpc.get(ResourceType::Listener).iter().map(|one| one.name().to_string()).collect()
}

#[tokio::test]
async fn what_is_in_demand_is_published_and_marked_as_rendered() {
    let mut pipeline = start();
    let mut names = pipeline.demand.stream();
    pipeline.list(&Kind::ALL);
    pipeline.event(1, service("cart", &[("enabled", "true")]));
    assert_eq!(listeners(&pipeline.published().await), [""; 0]);

    names.set(ResourceType::Listener, &["cart.shop".into(), "mail.shop".into()]).unwrap();
    names.rendered().await;
    assert_eq!(listeners(&pipeline.snapshots.latest().unwrap()), ["cart.shop"]);

    pipeline.event(2, service("mail", &[("enabled", "true")]));
    assert_eq!(listeners(&pipeline.published().await), ["cart.shop", "mail.shop"]);

    drop(names);
    assert_eq!(listeners(&pipeline.published().await), [""; 0]);
}

#[tokio::test]
async fn what_there_is_not_is_marked_as_rendered_without_a_publication() {
    let mut pipeline = start();
    pipeline.list(&Kind::ALL);
    pipeline.published().await;
    let mut names = pipeline.demand.stream();
    names.set(ResourceType::Listener, &["nobody.shop".into()]).unwrap();
    names.rendered().await;
    assert!(!pipeline.snapshots.changed().now_or_never().unwrap_or(false));
}

#[tokio::test]
async fn a_source_that_is_never_silent_keeps_no_demand_waiting() {
    let pipeline = start();
    let mut names = pipeline.demand.stream();
    names.set(ResourceType::Listener, &["cart.shop".into()]).unwrap();
    pipeline.list(&Kind::ALL);
    for at in 0..2 * MAX_BATCH as u64 {
        pipeline.event(at, service("cart", &[("enabled", "true")]));
    }
    let (mut snapshots, _) = pipeline.end().await;
    assert!(names.rendered().now_or_never().is_some());
    assert_eq!(listeners(&snapshots.latest().unwrap()), ["cart.shop"]);
}
