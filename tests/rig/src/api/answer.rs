//! How requests are answered.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{self, Stream, StreamExt};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use serde_json::{Value, json};
use tokio::time::sleep_until;

use super::world::{Change, Selection};
use super::{Asked, Fault, Shared, WATCH};

type Body = UnsyncBoxBody<Bytes, Infallible>;

const HTML: &str = "<html><body>Please log in</body></html>\n";

/// No answer: the connection is closed.
#[derive(Debug)]
pub(super) struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed")
    }
}

impl std::error::Error for Closed {}

pub(super) async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
    let query = query(request.uri().query().unwrap_or_default());
    let is = |key: &str| query.get(key).is_some_and(|value| matches!(value.as_str(), "1" | "true"));
    let verb = match request.method().as_str() {
        "GET" if is("watch") => "watch",
        "GET" => "list",
        "POST" => "POST",
        _ => "other",
    };
    let selection = selection(request.uri().path(), &query);
    let asked = Asked { at: Instant::now(), resource: selection.resource.clone(), verb };
    shared.change(|state| state.asked.push(asked));
    let (fault, denied) = {
        let state = shared.state();
        (state.fault, state.denied.contains(&(selection.resource.clone(), verb)))
    };
    if denied {
        let message = format!(
            "{} is forbidden: User \"test\" cannot {verb} resource \"{}\"",
            selection.resource, selection.resource
        );
        return Ok(status(403, &message));
    }
    match (fault, verb) {
        (Fault::Gone, _) => Err(Closed),
        (Fault::Hung, _) => future::pending().await,
        (Fault::All(code), _) | (Fault::Watches(code), "watch") => Ok(status(code, reason(code))),
        (Fault::HtmlLists, "list") | (Fault::HtmlWatches, "watch") => Ok(full(StatusCode::OK, HTML)),
        (Fault::EmptyWatches, "watch") => Ok(full(StatusCode::OK, "")),
        (Fault::CutWatches, "watch") => Ok(full(StatusCode::OK, "{\"type\":\"ADDED\",\"object\":{\"meta")),
        (Fault::WatchErrors(code), "watch") => Ok(full(StatusCode::OK, &error(code))),
        (_, "list") => Ok(list(&shared, fault, &selection, &query)),
        (_, "watch") => Ok(watch(shared, selection, &query)),
        _ => Ok(full(StatusCode::CREATED, "{}")),
    }
}

fn list(shared: &Shared, fault: Fault, selection: &Selection, query: &BTreeMap<String, String>) -> Response<Body> {
    let state = shared.state();
    let all = state.world.list(selection);
    let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
    let begin: usize = query.get("continue").and_then(|token| token.parse().ok()).unwrap_or(0);
    if begin > 0 && fault == Fault::ExpiredPages {
        return status(410, "The provided continue parameter is too old");
    }
    let limit = if fault == Fault::ExpiredPages { 1 } else { limit };
    let end = all.len().min(begin.saturating_add(limit));
    let token = if end < all.len() { end.to_string() } else { String::new() };
    let list = json!({
        "apiVersion": "v1", "kind": "List",
        "metadata": { "resourceVersion": state.world.revision().to_string(), "continue": token },
        "items": &all[begin.min(end)..end],
    });
    full(StatusCode::OK, &list.to_string())
}

fn watch(shared: Arc<Shared>, selection: Selection, query: &BTreeMap<String, String>) -> Response<Body> {
    let number = |key: &str| query.get(key).and_then(|text| text.parse::<u64>().ok());
    let from = number("resourceVersion").unwrap_or(0);
    if shared.state().world.is_expired(from) {
        return full(StatusCode::OK, &error(410));
    }
    let end = Instant::now() + number("timeoutSeconds").map_or(WATCH, Duration::from_secs);
    let lines = lines(shared, selection, from, end).map(|line| Ok(Frame::data(Bytes::from(line))));
    Response::new(StreamBody::new(lines).boxed_unsync())
}

/// What a watch says from this revision on, and until then: what changes, and last a bookmark.
fn lines(shared: Arc<Shared>, selection: Selection, from: u64, end: Instant) -> impl Stream<Item = String> + Send {
    let changes = shared.changes.subscribe();
    stream::unfold((shared, changes, from, false), move |(shared, mut changes, from, ended)| {
        let selection = selection.clone();
        async move {
            if ended {
                return None;
            }
            loop {
                changes.mark_unchanged();
                let (fault, next, revision) = {
                    let state = shared.state();
                    (state.fault, state.world.since(from, &selection).next().cloned(), state.world.revision())
                };
                if matches!(fault, Fault::Hung | Fault::SilentWatches) {
                    future::pending::<()>().await;
                }
                if let Some(Change { revision, resource: _, event, object }) = next {
                    let line = event_line(event, &object);
                    return Some((line, (shared, changes, revision, false)));
                }
                tokio::select! {
                    again = changes.changed() => again.expect("it is kept"),
                    () = sleep_until(end.into()), if fault != Fault::EndlessWatches => {
                        // A watch never hears of a smaller revision, nor of one that is beyond what it missed.
                        let expired = shared.state().world.is_expired(from);
                        let revision = if expired { from } else { revision.max(from) };
                        let object = json!({ "kind": "Bookmark", "apiVersion": "v1", "metadata": {
                            "resourceVersion": revision.to_string(), "creationTimestamp": null } });
                        let line = event_line("BOOKMARK", &object);
                        return Some((line, (shared, changes, revision, true)));
                    }
                }
            }
        }
    })
}

/// `/api/v1/namespaces/shop/services`, `/apis/discovery.k8s.io/v1/endpointslices`.
fn selection(path: &str, query: &BTreeMap<String, String>) -> Selection {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let rest = if parts.first() == Some(&"apis") { parts.get(3..) } else { parts.get(2..) };
    let (namespace, resource) = match rest.unwrap_or_default() {
        ["namespaces", namespace, resource, ..] => (Some((*namespace).to_owned()), *resource),
        [resource, ..] => (None, *resource),
        [] => (None, ""),
    };
    let name = query.get("fieldSelector").and_then(|text| text.strip_prefix("metadata.name=")).map(str::to_owned);
    let label = query.get("labelSelector").cloned();
    Selection { resource: resource.to_owned(), namespace, name, label }
}

/// The parameters of a request, of which none here has anything to decode but this.
fn query(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.replace("%2F", "/").replace("%3D", "="))).collect()
}

fn reason(code: u16) -> &'static str {
    match code {
        401 => "Unauthorized",
        410 => "too old resource version: 1 (2)",
        429 => "Too many requests, please try again later.",
        504 => "Timeout: Too large resource version: 1000, current: 100",
        _ => "something is wrong",
    }
}

fn object(code: u16, message: &str) -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": "Test", "code": code, "details": { "retryAfterSeconds": u16::from(code == 429) } })
}

/// An event of a watch, its fields in the order in which the real API server writes them.
fn event_line(event: &str, object: &Value) -> String {
    format!("{{\"type\":\"{event}\",\"object\":{object}}}\n")
}

/// The event of an error.
fn error(code: u16) -> String {
    event_line("ERROR", &object(code, reason(code)))
}

fn status(code: u16, message: &str) -> Response<Body> {
    let code_of = StatusCode::from_u16(code).expect("a status");
    full(code_of, &object(code, message).to_string())
}

fn full(code: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_owned())).boxed_unsync());
    *response.status_mut() = code;
    response
}
