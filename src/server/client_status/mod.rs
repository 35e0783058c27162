//! CSDS: what each connected client was sent, and what it said of it.
//!
//! ```text
//! request ─▶ Query ─ matchers ─▶ Peer ─ lock: pointers only ─▶ View ─▶ Telling ─ resource by resource ─▶ bytes ─▶ client
//!                                          └───────── off the runtime, a few at a time ─────────┘
//! ```
//!
//! One `ClientConfig` is one stream: a node with several streams has several. In the answer on a stream each is a message by
//! itself, or several with the same node and scope if it doesn't fit into one; when the client has ended its side, the end
//! of the stream is the end of the answer. The answer of the unary method is one message, or refused if that is too large.
//!
//! All answers together cost no more than a few messages: each has to be read before the next is put together, and who
//! doesn't read loses its connection.

mod matchers;
mod message;
mod question;
mod telling;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use axum::body::Body as HttpBody;
use data_plane_api::client_status::ClientStatusRequest;
use futures::stream;
use http::header::CONTENT_TYPE;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::codegen::Service;
use tonic::metadata::GRPC_CONTENT_TYPE;
use tonic::{Status, Streaming};
use tonic_prost::ProstDecoder;
use tracing::warn;

use super::Context;
use super::connection::Connection;
use super::methods::refuse_compressed;
use message::{Message, Messages};
use question::Query;

#[cfg(test)]
mod tests;

/// The name of the service.
pub(super) const NAME: &str = "envoy.service.status.v3.ClientStatusDiscoveryService";

/// The method that answers in many messages.
pub(super) const STREAM: &str = "StreamClientStatus";

/// The method that answers in one.
pub(super) const FETCH: &str = "FetchClientStatus";

/// How many messages may be on their way, of all answers together; whoever asks meanwhile waits.
const MAX_MESSAGES: usize = 2;

/// How large a request may be: some matchers and the node of who asks, which at an Envoy has 50 kB.
const MAX_REQUEST_BYTES: usize = 128 << 10;

/// How a method answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Each request by a message for each client.
    Stream,
    /// The only request by one message.
    Fetch,
}

/// The two methods: on a stream, and by one message.
pub(super) fn methods(context: &Context) -> (ClientStatus, ClientStatus) {
    let messages = Arc::new(Semaphore::new(MAX_MESSAGES));
    let method = |manner| ClientStatus { manner, context: context.clone(), messages: Arc::clone(&messages) };
    (method(Manner::Stream), method(Manner::Fetch))
}

/// A method. Not generated, because what is generated keeps a message as a tree, encodes it on the runtime, and copies it.
#[derive(Debug, Clone)]
pub(super) struct ClientStatus {
    manner: Manner,
    context: Context,
    /// Places for messages.
    messages: Arc<Semaphore>,
}

impl Service<http::Request<HttpBody>> for ClientStatus {
    type Response = http::Response<HttpBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        ready(Ok(self.answer(request).unwrap_or_else(Status::into_http)))
    }
}

impl ClientStatus {
    /// Requests in, messages out. On the wire a unary call is a stream of one each.
    fn answer(&self, request: http::Request<HttpBody>) -> Result<http::Response<HttpBody>, Status> {
        refuse_compressed(request.headers())?;
        let connection = Connection::of(request.extensions())?;
        let decoder = ProstDecoder::<ClientStatusRequest>::default();
        let requests = Streaming::new_request(decoder, request.into_body(), None, Some(MAX_REQUEST_BYTES));
        let method = self.clone();
        let call = Call { method, connection, requests, question: None, is_over: false, delivery: None };
        let messages = stream::unfold(Some(call), async |call| {
            let mut call = call?;
            match call.next().await {
                Ok(Some(message)) => Some((Ok(message), Some(call))),
                Ok(None) => None,
                Err(status) => Some((Err(status), None)),
            }
        });
        let mut response = http::Response::new(HttpBody::new(Messages::new(messages)));
        response.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
        Ok(response)
    }
}

/// One call.
struct Call {
    method: ClientStatus,
    connection: Connection,
    requests: Streaming<ClientStatusRequest>,
    /// What is being answered.
    question: Option<Query>,
    /// Whether the only answer was given.
    is_over: bool,
    /// The message before, until the client has read it.
    delivery: Option<Delivery>,
}

impl Call {
    /// The next message; none when the call is over. Runs only while HTTP/2 has room for one, so what was given to it before
    /// has been read but for what fits into its buffers.
    async fn next(&mut self) -> Result<Option<Message>, Status> {
        self.delivery = None;
        while !self.is_over {
            let Some(question) = self.next_question().await? else {
                return match self.method.manner {
                    Manner::Stream => Ok(None),
                    Manner::Fetch => Err(Status::invalid_argument("the call has no request; expected one")),
                };
            };
            if self.method.context.shutdown.is_cancelled() {
                return Err(Status::unavailable("this replica shuts down; ask another"));
            }
            let place = Arc::clone(&self.method.messages).acquire_owned().await;
            let place = place.map_err(|_| Status::internal("nobody may answer any more; this is a bug"))?;
            let Some(message) = self.answer(question).await? else { continue };
            self.delivery = Some(Delivery::new(place, &self.connection, self.method.context.limits.send_deadline));
            return Ok(Some(message));
        }
        Ok(None)
    }

    /// The question that isn't answered to the end, or the next; none when there is no other.
    async fn next_question(&mut self) -> Result<Option<Query>, Status> {
        if let Some(question) = self.question.take() {
            return Ok(Some(question));
        }
        let request = tokio::select! {
            () = self.connection.retired.cancelled(), if self.method.manner == Manner::Stream => None,
            request = self.requests.message() => request?,
        };
        request.map(|request| Query::new(request, self.method.context.streams.clone())).transpose()
    }

    /// The next message of the answer, put together where it holds up no stream; none if there is no other.
    async fn answer(&mut self, mut question: Query) -> Result<Option<Message>, Status> {
        let manner = self.method.manner;
        let work = task::spawn_blocking(move || match manner {
            Manner::Stream => Ok(question.next().map(|message| (message, Some(question)))),
            Manner::Fetch => question.whole().map(|message| Some((message, None))),
        });
        let answer = work.await.map_err(|error| Status::internal(format!("the answer was cut short: {error}")))??;
        let Some((message, question)) = answer else { return Ok(None) };
        self.is_over = question.is_none();
        self.question = question;
        Ok(Some(message))
    }
}

/// A message on its way, until this is dropped. It takes up a place that others wait for; so whoever leaves it unread for too
/// long loses its connection, as a client does that doesn't read its configuration.
struct Delivery {
    _place: OwnedSemaphorePermit,
    _read: DropGuard,
}

impl Delivery {
    fn new(place: OwnedSemaphorePermit, connection: &Connection, deadline: Duration) -> Self {
        let read = CancellationToken::new();
        let (cut, has_read) = (connection.cut.clone(), read.clone());
        tokio::spawn(async move {
            if timeout(deadline, has_read.cancelled()).await.is_err() {
                warn!(
                    ?deadline,
                    "A caller doesn't read the status of clients that it asked for; cutting its connection"
                );
                cut.abort();
            }
        });
        Self { _place: place, _read: read.drop_guard() }
    }
}
