//! Serves the index page.

use axum::response::Html;

const PAGE: &str = concat!(
    "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<title>Chancery</title>
<style>body { font: 16px/1.5 sans-serif; margin: 2em; max-width: 40em } dt { font-family: monospace }</style>
</head>
<body>
<h1>Chancery ",
    env!("CARGO_PKG_VERSION"),
    "</h1>
<dl>
<dt><a href=\"/readyz\">/readyz</a></dt><dd>whether it has something to serve, and what it waits for</dd>
<dt><a href=\"/livez\">/livez</a></dt><dd>whether it runs</dd>
<dt><a href=\"/metrics\">/metrics</a></dt><dd>metrics (OpenMetrics)</dd>
<dt><a href=\"/api/v1/clients\">/api/v1/clients</a></dt><dd>who is connected, and how far each is (JSON)</dd>
<dt><a href=\"/api/v1/services\">/api/v1/services</a></dt>
<dd>which Services are served (JSON); <code>/NAMESPACE/NAME</code> after it: why, with every setting and address</dd>
<dt><a href=\"/api/v1/rejected\">/api/v1/rejected</a></dt><dd>what can't be used, and why (JSON)</dd>
<dt><a href=\"/config_dump\">/config_dump</a></dt>
<dd>what Envoys get (JSON); <code>?fleet=NAME</code> for those of one fleet, <code>&amp;zone=ZONE</code> in one zone,
<code>?client=grpc</code> for what gRPC clients asked for</dd>
</dl>
</body>
</html>
"
);

pub(super) async fn page() -> Html<&'static str> {
    Html(PAGE)
}
