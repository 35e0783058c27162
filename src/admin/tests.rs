use std::net::SocketAddr;
use std::time::{Duration, Instant};

use data_plane_api::cluster::Cluster;
use data_plane_api::endpoint::ClusterLoadAssignment;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;
use crate::channels::{
    self, ClientNack, ClientSummary, NackSummary, Outage, Publication, QueryReceiver, SnapshotWriter, StatusWriter,
    TypeSummary,
};
use crate::model::{Key, Kind, ObjectRef, Reason, Rejected};
use crate::xds::{ClientKind, Name, Origin, Place, Resource, ResourceType, Snapshot, World};

mod services;

/// One client, as a server would tell of it.
#[derive(Debug)]
struct Connected;

impl Clients for Connected {
    fn clients(&self) -> Vec<ClientSummary> {
        let refused = TypeSummary {
            resource_type: ResourceType::Cluster,
            sent: Some("new".to_owned()),
            acked: None,
            behind_seconds: None,
            nack: Some(NackSummary { version: "1".to_owned(), message: "no".to_owned(), seconds_ago: 1.5 }),
        };
        let behind = TypeSummary {
            resource_type: ResourceType::Endpoint,
            sent: Some("new".to_owned()),
            acked: Some("old".to_owned()),
            behind_seconds: Some(channels::seconds(Duration::from_micros(1_234_567))),
            nack: None,
        };
        vec![ClientSummary {
            node: "envoy-1".to_owned(),
            fleet: "edge".to_owned(),
            client: ClientKind::Envoy,
            user_agent: "envoy 1.40.0".to_owned(),
            stream: "ads delta 1".to_owned(),
            age_seconds: 3.0,
            types: vec![refused, behind],
        }]
    }

    fn nacks(&self) -> Vec<ClientNack> {
        vec![ClientNack {
            node_id: "envoy-1".to_owned(),
            resource_type: ResourceType::Cluster,
            name: "shop/pay/80".into(),
            origin: Arc::new(Origin { object: "Service shop/pay".into(), annotations: Box::default() }),
            annotation: Some("lb-policy".into()),
            message: "no".into(),
        }]
    }
}

/// A running admin server and the halves that the pipeline would hold.
struct Running {
    address: SocketAddr,
    snapshots: SnapshotWriter,
    status: StatusWriter,
    queries: QueryReceiver,
    stop: oneshot::Sender<()>,
    stopped: tokio::task::JoinHandle<io::Result<()>>,
}

async fn start() -> Running {
    let (snapshots, reader) = channels::snapshot_channel();
    let (status, status_reader) = channels::status_channel();
    let mut registry = Registry::default();
    let metrics = Arc::new(Metrics::new(&mut registry));
    let clients = Arc::new(Connected);
    let (query_sender, queries) = channels::query_channel();
    let admin = Admin {
        snapshots: reader,
        status: status_reader,
        clients,
        queries: query_sender,
        metrics,
        registry: Arc::new(registry),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopping) = oneshot::channel();
    let stopped = tokio::spawn(serve(listener, admin, async { drop(stopping.await) }));
    Running { address, snapshots, status, queries, stop, stopped }
}

impl Running {
    /// The status code, the head and the body of the answer.
    async fn request(&self, request: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let request = format!("{request} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        (code, head.to_lowercase(), body.to_owned())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let (code, _, body) = self.request(&format!("GET {path}")).await;
        (code, body)
    }

    async fn json(&self, path: &str) -> Value {
        let (code, head, body) = self.request(&format!("GET {path}")).await;
        assert_eq!(code, 200, "{body}");
        assert!(head.contains("content-type: application/json"), "{head}");
        serde_json::from_str(&body).unwrap()
    }

    fn publish(&self, world: World) {
        self.snapshots.publish(Publication { world, observed_at: Instant::now() });
    }
}

fn snapshot_with(cluster: &str) -> Arc<Snapshot> {
    let mut snapshot = Snapshot::default();
    let message = Cluster { name: cluster.to_owned(), ..Cluster::default() };
    let resource = Resource::encode(Name::from(cluster), &message, []);
    snapshot.get_mut(ResourceType::Cluster).insert(Arc::new(resource));
    Arc::new(snapshot)
}

#[tokio::test]
async fn it_lives_before_it_is_ready() {
    let running = start().await;
    assert_eq!(running.get("/livez").await, (200, "ok\n".to_owned()));
    assert_eq!(running.get("/readyz").await.0, 503);
}

#[tokio::test]
async fn it_is_ready_once_every_kind_is_listed_and_published() {
    let running = start().await;
    let (_, body) = running.get("/readyz").await;
    assert_eq!(
        body,
        "not ready\nNamespace: not listed yet\nService: not listed yet\nEndpointSlice: not listed yet\n\
         Pod: not listed yet\nsnapshot: not published yet\n"
    );

    running.status.update(|status| status.listed.extend([Kind::Namespace, Kind::Service, Kind::EndpointSlice]));
    let (code, body) = running.get("/readyz").await;
    assert_eq!(code, 503);
    assert!(body.contains("Service: listed\n") && body.contains("Pod: not listed yet\n"), "{body}");

    running.status.update(|status| {
        status.listed.insert(Kind::Pod);
    });
    let (code, body) = running.get("/readyz").await;
    assert_eq!(code, 503);
    assert!(body.contains("snapshot: not published yet\n"), "{body}");

    running.publish(World::default());
    let (code, body) = running.get("/readyz").await;
    assert_eq!(code, 200, "{body}");
    assert!(body.starts_with("ready\n"), "{body}");
}

#[tokio::test]
async fn it_stays_ready_without_the_api_server_and_says_so() {
    let running = start().await;
    let since = Instant::now().checked_sub(Duration::from_secs(20)).unwrap();
    let lost = Outage { since, error: "connection refused".to_owned() };
    running.status.update(|status| status.outage = Some(lost));
    let (code, body) = running.get("/readyz").await;
    assert_eq!(code, 503);
    assert!(body.contains("source: out of touch for 20 s: connection refused\n"), "{body}");

    running.status.update(|status| status.listed.extend(Kind::ALL));
    running.publish(World::default());
    let (code, body) = running.get("/readyz").await;
    assert_eq!(code, 200);
    assert!(body.contains("source: out of touch for 20 s: connection refused\n"), "{body}");
}

#[tokio::test]
async fn metrics_are_open_metrics_and_staleness_is_worked_out_then() {
    let running = start().await;
    let (code, head, body) = running.request("GET /metrics").await;
    assert_eq!(code, 200);
    assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"), "{head}");
    assert!(body.contains("\nchancery_source_staleness_seconds 0.0\n"), "{body}");
    assert!(body.contains("\nchancery_rejected_objects{reason=\"RejectedByClient\"} 1\n"), "{body}");
    assert!(body.ends_with("# EOF\n"), "{body}");

    let since = Instant::now().checked_sub(Duration::from_secs(20)).unwrap();
    running.status.update(|status| status.outage = Some(Outage { since, error: String::new() }));
    let (_, body) = running.get("/metrics").await;
    assert!(body.contains("\nchancery_source_staleness_seconds 20."), "{body}");
}

#[tokio::test]
async fn rejected_things_are_listed() {
    let running = start().await;
    let refused = json!({
        "severity": "error", "reason": "RejectedByClient", "kind": "Service", "namespace": "shop", "name": "pay",
        "field": "metadata.annotations[chancery.dev/lb-policy]",
        "message": "clients refuse cluster shop/pay/80, which comes of it: no",
        "meanwhile": "1 client keeps what it had: envoy-1",
    });
    assert_eq!(running.json("/api/v1/rejected").await, json!([refused]));
    let rejected = [
        Rejected {
            object: ObjectRef::service(&Key::new("shop", "cart")),
            field: "metadata.annotations[chancery.dev/lb-policy]".to_owned(),
            value: "fastest".to_owned(),
            reason: Reason::InvalidAnnotation,
            message: "not a policy".to_owned(),
            meanwhile: "round-robin stays".to_owned(),
        },
        Rejected {
            object: ObjectRef::File("a.yaml".into()),
            field: "line 3".to_owned(),
            value: String::new(),
            reason: Reason::UnknownAnnotation,
            message: "odd".to_owned(),
            meanwhile: String::new(),
        },
    ];
    running.status.update(|status| status.rejected = Arc::new(rejected));
    assert_eq!(
        running.json("/api/v1/rejected").await,
        json!([
            {
                "severity": "error", "reason": "InvalidAnnotation", "kind": "Service", "namespace": "shop",
                "name": "cart", "field": "metadata.annotations[chancery.dev/lb-policy]", "value": "fastest",
                "message": "not a policy", "meanwhile": "round-robin stays",
            },
            {
                "severity": "warning", "reason": "UnknownAnnotation", "kind": "File", "name": "a.yaml",
                "field": "line 3", "message": "odd",
            },
            refused,
        ])
    );
}

#[tokio::test]
async fn a_dump_is_what_the_fleet_gets() {
    let running = start().await;
    assert_eq!(running.get("/config_dump").await.0, 503);
    let mut world = World { everyone: snapshot_with("everyones"), ..World::default() };
    world.fleets.insert("edge/1".into(), snapshot_with("the-edges"));
    world.grpc = snapshot_with("by-name");
    running.publish(world);
    let everyones = json!({"clusters": [{"name": "everyones"}], "endpoints": [], "listeners": [], "routes": []});
    assert_eq!(running.json("/config_dump").await, everyones);
    assert_eq!(running.json("/config_dump?fleet=nobody").await, everyones);
    let dump = running.json("/config_dump?fleet=edge%2F1").await;
    assert_eq!(dump["clusters"], json!([{"name": "the-edges"}]));
    for query in ["?client=grpc", "?client=grpc&fleet=edge%2F1"] {
        assert_eq!(running.json(&format!("/config_dump{query}")).await["clusters"], json!([{"name": "by-name"}]));
    }
    assert_eq!(running.json("/config_dump?client=envoy").await, everyones);
    assert_eq!(running.get("/config_dump?client=nginx").await.0, 400);
}

#[tokio::test]
async fn a_dump_is_what_is_for_the_place() {
    let running = start().await;
    let assignment = |name: &str| {
        let message = ClusterLoadAssignment { cluster_name: name.to_owned(), ..ClusterLoadAssignment::default() };
        Resource::encode("cart".into(), &message, [])
    };
    let places = [("a", ""), ("a", "worker-1")].map(|(zone, node)| Place { zone: zone.into(), node: node.into() });
    let cart = assignment("anywhere")
        .located("x", places, move |place| assignment(if place.node.is_empty() { "in zone a" } else { "on worker-1" }));
    let mut snapshot = Snapshot::default();
    snapshot.get_mut(ResourceType::Endpoint).insert(Arc::new(cart));
    running.publish(World { everyone: Arc::new(snapshot), ..World::default() });
    for (query, expected) in
        [("", "anywhere"), ("?zone=a", "in zone a"), ("?node_name=worker-1", "on worker-1"), ("?zone=b", "anywhere")]
    {
        let dump = running.json(&format!("/config_dump{query}")).await;
        assert_eq!(dump["endpoints"], json!([{"cluster_name": expected}]), "{query}");
    }
}

#[tokio::test]
async fn a_dump_of_something_else_is_a_bad_request() {
    let running = start().await;
    running.publish(World::default());
    let (code, body) = running.get("/config_dump?flet=edge").await;
    assert_eq!(
        (code, body.as_str()),
        (400, "expected /config_dump or some of /config_dump?client=envoy|grpc&fleet=NAME&zone=ZONE&node_name=NAME\n")
    );
}

#[tokio::test]
async fn the_index_lists_every_page_and_each_is_there() {
    let mut running = start().await;
    running.refuse();
    let (code, body) = running.get("/").await;
    assert_eq!(code, 200);
    let links: Vec<_> = body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(
        links,
        ["/readyz", "/livez", "/metrics", "/api/v1/clients", "/api/v1/services", "/api/v1/rejected", "/config_dump"]
    );
    for link in links {
        assert_ne!(running.get(link).await.0, 404, "{link}");
    }
    assert_eq!(running.get("/nothing").await, (404, "no such page; / lists them\n".to_owned()));
    assert_eq!(running.request("POST /livez").await.0, 405);
}

#[tokio::test]
async fn it_ends_when_told() {
    let running = start().await;
    running.stop.send(()).unwrap();
    running.stopped.await.unwrap().unwrap();
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn clients_are_told_of_with_what_they_were_sent_and_said() {
    let running = start().await;
    assert_eq!(
        running.json("/api/v1/clients").await,
        json!([{
            "node": "envoy-1", "fleet": "edge", "client": "envoy", "user_agent": "envoy 1.40.0",
            "stream": "ads delta 1", "age_seconds": 3.0,
            "types": [
                {
                    "type": "cds", "sent": "new",
                    "rejected": {"version": "1", "message": "no", "seconds_ago": 1.5},
                },
                {
                    "type": "eds", "sent": "new", "acked": "old", "behind_seconds": 1.235,
                },
            ],
        }])
    );
}
