//! Which authority leads where.

use crate::server::web_socket;
use crate::world::{GRPC, HTTP, World};
use tonic::Code;

/// Makes a test with each version of Envoy of a function that takes the version.
macro_rules! every_version {
    ($($name:ident),+ $(,)?) => {
        mod envoy_1_36 { $(every_version!("1.36", $name);)+ }
        mod envoy_1_38 { $(every_version!("1.38", $name);)+ }
        mod envoy_1_40 { $(every_version!("1.40", $name);)+ }
    };
    ($version:literal, $name:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            super::$name($version).await;
        }
    };
}

every_version!(
    two_default_ports_share_a_name,
    a_host_means_any_port,
    what_nobody_takes_goes_where_wildcards_say,
    what_is_no_http_has_no_domain,
    ports_of_http_1_take_web_sockets,
);

/// Envoy's 404, to a gRPC client.
const NOT_FOUND: Code = Code::Unimplemented;

/// A port for gRPC and one for HTTP/1.1 of one Service: `name: http` is served by one server, `name: grpc` by the other.
const BOTH: &str = "
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations: {chancery.dev/enabled: 'true', chancery.dev/hosts: 'web.example.com, *.web.example.org'}
spec: {ports: [{name: http, port: 80}, {name: grpc, port: 50051}, {name: metrics, port: 9090}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: grpc, port: GRPC_PORT}]
endpoints: [{addresses: [GRPC_IP]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-2, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: HTTP_PORT}, {name: metrics, port: HTTP_PORT}]
endpoints: [{addresses: [HTTP_IP]}]
";

/// A Service of one port, `http`, with these annotations and this `appProtocol`, behind which is the server of HTTP/1.1.
fn http_service(name: &str, created: &str, annotations: &str, app_protocol: &str) -> String {
    format!(
        "
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: shop
  creationTimestamp: {created}
  annotations: {{chancery.dev/enabled: 'true', {annotations}}}
spec: {{ports: [{{name: web, port: 8080, appProtocol: {app_protocol}}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: shop, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: web, port: HTTP_PORT}}]
endpoints: [{{addresses: [HTTP_IP]}}]
"
    )
}

async fn two_default_ports_share_a_name(version: &str) {
    let world = World::start(version, BOTH).await;
    let shared = ["web.shop", "web.shop.svc", "web.shop.svc.cluster.local", "web.example.com", "a.web.example.org"];
    for name in shared {
        // With the dot of a complete name, too.
        for name in [name.to_owned(), format!("{name}.")] {
            assert_eq!(world.call(&name).await, Ok(GRPC.to_owned()), "{name}");
            assert_eq!(world.get(&name, "/").await, Ok(HTTP.to_owned()), "{name}");
        }
    }
    assert_eq!(world.call("web.shop:50051").await, Ok(GRPC.to_owned()));
    assert_eq!(world.call("web.shop.svc.cluster.local.:50051").await, Ok(GRPC.to_owned()));
    assert_eq!(world.get("web.shop:80", "/").await, Ok(HTTP.to_owned()));
    // Whoever names a port gets that port, whatever it speaks.
    assert!(world.call("web.shop:80").await.is_err());
    assert_ne!(world.get("web.shop:50051", "/").await, Ok(HTTP.to_owned()));
}

async fn a_host_means_any_port(version: &str) {
    let world = World::start(version, BOTH).await;
    for port in ["", ":80", ":10000", ":65535"] {
        for host in ["web.example.com", "a.web.example.org", "A.B.Web.Example.Org", "web.example.com."] {
            let name = format!("{host}{port}");
            assert_eq!(world.call(&name).await, Ok(GRPC.to_owned()), "{name}");
            assert_eq!(world.get(&name, "/").await, Ok(HTTP.to_owned()), "{name}");
        }
    }
    for name in ["web.example.com.evil.example", "web.example.org", "xweb.example.org:80", "web.shop:10000"] {
        assert_eq!(world.call(name).await, Err(NOT_FOUND), "{name}");
        assert_eq!(world.get(name, "/").await, Err(404), "{name}");
    }
}

async fn what_nobody_takes_goes_where_wildcards_say(version: &str) {
    // The older ones want every domain, and every domain of example.org; the younger ones one of these.
    let services = [
        http_service("all", "2024-01-01T00:00:00Z", "chancery.dev/routes: '/'", "http"),
        http_service(
            "wild",
            "2024-01-01T00:00:00Z",
            "chancery.dev/hosts: '*.example.org', chancery.dev/routes: '/v2'",
            "h2c",
        ),
        http_service(
            "exact",
            "2025-01-01T00:00:00Z",
            "chancery.dev/hosts: 'a.example.org', chancery.dev/routes: '/v1'",
            "h2c",
        ),
    ];
    let world = World::start(version, &services.concat()).await;
    // Only `all` speaks HTTP/1.1 to the server; who reaches one of the others gets no answer from it.
    for host in ["a.example.org", "a.example.org:8443", "b.example.org", "b.example.org:80", "elsewhere.example"] {
        assert_eq!(world.get(host, "/other").await, Ok(HTTP.to_owned()), "{host}");
    }
    for (host, path) in
        [("a.example.org", "/v1"), ("a.example.org:1", "/v2"), ("b.example.org", "/v2"), ("b.example.org:1", "/v2")]
    {
        assert_eq!(world.get(host, path).await, Err(502), "{host}{path}");
    }
    assert_eq!(world.get("b.example.org", "/v1").await, Ok(HTTP.to_owned()));
    assert_eq!(world.get("elsewhere.example", "/v2").await, Ok(HTTP.to_owned()));
}

async fn what_is_no_http_has_no_domain(version: &str) {
    let services = ["https", "tcp", "mysql", "kubernetes.io/wss"].iter().enumerate();
    let services = services.map(|(at, protocol)| http_service(&format!("s{at}"), "2024-01-01T00:00:00Z", "", protocol));
    let world = World::start(version, &services.collect::<String>()).await;
    for at in 0..4 {
        for name in [format!("s{at}.shop"), format!("s{at}.shop:8080")] {
            assert_eq!(world.get(&name, "/").await, Err(404), "{name}");
            assert_eq!(world.call(&name).await, Err(NOT_FOUND), "{name}");
        }
    }
}

async fn ports_of_http_1_take_web_sockets(version: &str) {
    let services = [
        http_service("rooms", "2024-01-01T00:00:00Z", "", "kubernetes.io/ws"),
        http_service("plain", "2024-01-01T00:00:00Z", "chancery.dev/hosts: '*.example.com'", "http"),
        http_service("either", "2024-01-01T00:00:00Z", "chancery.dev/protocol: auto", "http"),
        http_service(
            "shared",
            "2024-01-01T00:00:00Z",
            "chancery.dev/hosts: x.example, chancery.dev/routes: '/'",
            "http",
        ),
    ];
    let world = World::start(version, &services.concat()).await;
    for host in ["rooms.chat", "rooms.shop:8080", "plain.shop", "a.example.com:81", "either.shop", "x.example"] {
        let expected = if host == "rooms.chat" { (404, String::new()) } else { (101, "hello".to_owned()) };
        assert_eq!(web_socket(world.envoy, host).await, expected, "{host}");
    }
}
