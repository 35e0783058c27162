//! A real Envoy that reports its load.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use chancery::app::render_options;
use chancery::pipeline::offline;
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::Snapshot;
use data_plane_api::bootstrap::ClusterManager;
use data_plane_api::core::api_config_source::ApiType;
use data_plane_api::json;
use rig::addresses::free_address;
use rig::control_plane::ControlPlane;
use rig::envoy::{Proxy, printed};
use rig::soon;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::load::loads;

/// A real Envoy with traffic, asked by the bootstrap of its owner to report its load.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envoy_reports_what_it_sent_where() {
    let backend = backend().await;
    let (listener, admin) = (free_address(), free_address());
    let mut control_plane = ControlPlane::start().await;
    let directory = tempfile::tempdir().unwrap();
    let manifest = directory.path().join("cart.yaml");
    std::fs::write(&manifest, manifest_of(backend)).unwrap();
    let loaded =
        manifests::load(&[manifest], Conversion { allow_loopback_endpoints: true, ..Conversion::default() }).unwrap();
    let world = offline(loaded.events, render_options("cluster.local", listener, [])).world;
    control_plane.everyone = Snapshot::clone(&world.everyone);
    control_plane.publish();

    let mut proxy = Proxy::start_with(&reporting_bootstrap(control_plane.address, admin), admin);
    proxy.ready("http").await;
    // Envoy counts from the moment that it was asked to, which nobody else sees: it was before the first that it reports.
    soon("a first report", async {
        while count(&control_plane, r#"{cluster="shop/cart/80",outcome="success"}"#) == 0 {
            request(listener, "/").await;
        }
    })
    .await;
    for _ in 0..3 {
        request(listener, "/broken").await;
    }
    soon("a report of all that was sent", async {
        loop {
            let [success, error] = ["success", "error"]
                .map(|outcome| count(&control_plane, &format!(r#"{{cluster="shop/cart/80",outcome="{outcome}"}}"#)));
            let issued = count(&control_plane, r#"issued_total{cluster="shop/cart/80"}"#);
            // One request may have been under way when Envoy began to count: then it counts its end only.
            if error == 3 && [issued, issued + 1].contains(&(success + error)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    // Envoy also reports the cluster that leads to us, which isn't one of ours.
    assert_eq!(loads(&control_plane).matches("cluster=").count(), 4);
    proxy.rejected_nothing().await;
}

/// The value of the sample about loads whose name and labels end so; 0 when there is none.
fn count(control_plane: &ControlPlane, series: &str) -> u64 {
    let loads = loads(control_plane);
    let sample = loads.lines().find_map(|line| line.rsplit_once(' ').filter(|(name, _)| name.ends_with(series)));
    sample.map_or(0, |(_, value)| value.parse().unwrap())
}

fn reporting_bootstrap(xds: SocketAddr, admin: SocketAddr) -> serde_json::Value {
    let (server, admin_address) = (format!("--server={xds}"), format!("--admin-address={admin}"));
    let mut message = printed(&["--node-id=reports", "--fleet=f", &server, &admin_address]);
    let mut config = message.dynamic_resources.as_ref().unwrap().ads_config.clone().unwrap();
    config.set_api_type(ApiType::Grpc);
    message.cluster_manager = Some(ClusterManager { load_stats_config: Some(config), ..ClusterManager::default() });
    json::of(&message).unwrap()
}

fn manifest_of(backend: SocketAddr) -> String {
    let (ip, port) = (backend.ip(), backend.port());
    format!(
        r#"
apiVersion: v1
kind: Service
metadata: {{namespace: shop, name: cart, annotations: {{chancery.dev/enabled: "true", chancery.dev/protocol: http1}}}}
spec: {{ports: [{{name: http, port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{namespace: shop, name: cart-a, labels: {{kubernetes.io/service-name: cart}}}}
addressType: IPv4
ports: [{{name: http, port: {port}}}]
endpoints: [{{addresses: ["{ip}"], conditions: {{ready: true}}}}]
"#
    )
}

/// An HTTP server that answers `/`, and fails at `/broken`.
async fn backend() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new()
        .route("/", get(async || "well"))
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// One request through Envoy, until its end.
async fn request(proxy: SocketAddr, path: &str) {
    let mut connection = TcpStream::connect(proxy).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: cart.shop:80\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    soon("a response", connection.read_to_string(&mut response)).await.unwrap();
    let expected = if path == "/" { "HTTP/1.1 200 " } else { "HTTP/1.1 500 " };
    assert!(response.starts_with(expected), "{response}");
}
