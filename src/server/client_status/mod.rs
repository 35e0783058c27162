//! The client status discovery service (CSDS): what each client was sent, and its ACKs and NACKs.
//!
//! ```text
//! request ─▶ StatusQuery ─ matchers ─▶ ClientStream ─ lock: pointers only ─▶ ClientConfigWriter ─ resource by resource ─▶ client
//!                                          └───────── off the runtime, a few at a time ─────────┘
//! ```
//!
//! One `ClientConfig` is one stream: a node with several streams has several. In the response on a stream each is a message
//! by itself, or several with the same node and scope if it doesn't fit into one; when the client has ended its side, the
//! end of the stream is the end of the response. The response of the unary method is one message, or an error if that is too
//! large.
//!
//! All responses together cost no more than a few messages: each has to be read before the next is encoded, and the
//! connection of a slow reader is cut.

mod client_config;
mod matchers;
mod message;
mod query;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body as HttpBody;
use axum::extract::Request as HttpRequest;
use axum::routing::MethodRouter;
use data_plane_api::client_status::ClientStatusRequest;
use futures::{TryStreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{Status, Streaming};
use tonic_prost::ProstDecoder;
use tracing::warn;

use super::connection::Connection;
use super::methods::{self, check_uncompressed};
use super::{Context, body};
use message::MessageBuffer;
use query::StatusQuery;

#[cfg(test)]
mod tests;

/// The name of the service.
pub(super) const NAME: &str = "envoy.service.status.v3.ClientStatusDiscoveryService";

/// The streaming method.
pub(super) const STREAM: &str = "StreamClientStatus";

/// The unary method.
pub(super) const FETCH: &str = "FetchClientStatus";

/// How many messages of all responses together may be in memory; the next waits.
const MAX_MESSAGES: usize = 2;

/// How large a request may be: some matchers and the node of the caller, which at an Envoy has 50 kB.
const MAX_REQUEST_BYTES: usize = 128 << 10;

/// How a method responds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CallKind {
    /// To each request, with a message for each stream.
    Streaming,
    /// To its only request, with one message.
    Unary,
}

/// The streaming and the unary method. Not generated, because the generated ones keep a message as a tree, encode it on the
/// runtime, and copy it.
pub(super) fn methods(context: &Context) -> (MethodRouter, MethodRouter) {
    let permits = Arc::new(Semaphore::new(MAX_MESSAGES));
    let method = |kind| {
        let (context, permits) = (context.clone(), Arc::clone(&permits));
        methods::method(move |request| response(request, kind, &context, &permits))
    };
    (method(CallKind::Streaming), method(CallKind::Unary))
}

/// Requests in, messages out. On the wire a unary call is a stream of one each.
fn response(
    request: HttpRequest,
    kind: CallKind,
    context: &Context,
    permits: &Arc<Semaphore>,
) -> Result<http::Response<HttpBody>, Status> {
    check_uncompressed(request.headers())?;
    let connection = Connection::of(request.extensions())?;
    let decoder = ProstDecoder::<ClientStatusRequest>::default();
    let requests = Streaming::new_request(decoder, request.into_body(), None, Some(MAX_REQUEST_BYTES));
    let (context, permits) = (context.clone(), Arc::clone(permits));
    let call = Call { kind, context, permits, connection, requests, query: None, is_over: false, delivery: None };
    let messages = stream::try_unfold(call, async |mut call| Ok(call.next().await?.map(|message| (message, call))));
    Ok(body::response(messages.map_ok(MessageBuffer::framed)))
}

/// One call.
struct Call {
    kind: CallKind,
    context: Context,
    permits: Arc<Semaphore>,
    connection: Connection,
    requests: Streaming<ClientStatusRequest>,
    /// The request that is being answered.
    query: Option<StatusQuery>,
    /// Whether the only response was given.
    is_over: bool,
    /// The last message, until the client has read it.
    delivery: Option<Delivery>,
}

impl Call {
    /// The next message; `None` when the call is over. Runs only while HTTP/2 has room for one, so the last message has been
    /// read but for what fits into the buffers of HTTP/2.
    async fn next(&mut self) -> Result<Option<MessageBuffer>, Status> {
        self.delivery = None;
        while !self.is_over {
            let Some(query) = self.next_query().await? else {
                return match self.kind {
                    CallKind::Streaming => Ok(None),
                    CallKind::Unary => Err(Status::invalid_argument("the call has no request; expected one")),
                };
            };
            if self.context.shutdown.is_cancelled() {
                return Err(Status::unavailable("this replica shuts down; ask another"));
            }
            let permit = Arc::clone(&self.permits).acquire_owned().await;
            let permit = permit.map_err(|_| Status::internal("nobody may answer any more; this is a bug"))?;
            let Some(message) = self.answer(query).await? else { continue };
            self.delivery = Some(Delivery::new(permit, &self.connection, self.context.limits.send_deadline));
            return Ok(Some(message));
        }
        Ok(None)
    }

    /// The request whose response isn't complete, or the next; `None` after the last.
    async fn next_query(&mut self) -> Result<Option<StatusQuery>, Status> {
        if let Some(query) = self.query.take() {
            return Ok(Some(query));
        }
        let request = tokio::select! {
            () = self.connection.retired.cancelled(), if self.kind == CallKind::Streaming => None,
            request = self.requests.message() => request?,
        };
        request.map(|request| StatusQuery::new(request, self.context.streams.clone())).transpose()
    }

    /// The next message of the response, encoded where it holds up no stream; `None` after the last.
    async fn answer(&mut self, mut query: StatusQuery) -> Result<Option<MessageBuffer>, Status> {
        let kind = self.kind;
        let work = task::spawn_blocking(move || match kind {
            CallKind::Streaming => Ok(query.next().map(|message| (message, Some(query)))),
            CallKind::Unary => query.whole().map(|message| Some((message, None))),
        });
        let answer = work.await.map_err(|error| Status::internal(format!("the answer was cut short: {error}")))??;
        let Some((message, query)) = answer else { return Ok(None) };
        self.is_over = query.is_none();
        self.query = query;
        Ok(Some(message))
    }
}

/// A message on its way, until this is dropped. Others wait for its permit; so the connection of a slow reader is cut, as on
/// discovery streams.
struct Delivery {
    _permit: OwnedSemaphorePermit,
    _read: DropGuard,
}

impl Delivery {
    fn new(permit: OwnedSemaphorePermit, connection: &Connection, deadline: Duration) -> Self {
        let read = CancellationToken::new();
        let (cut, has_read) = (connection.cut.clone(), read.clone());
        tokio::spawn(async move {
            if timeout(deadline, has_read.cancelled()).await.is_err() {
                warn!(?deadline, "A caller of CSDS doesn't read; closing its connection");
                cut.abort();
            }
        });
        Self { _permit: permit, _read: read.drop_guard() }
    }
}
