//! The life of one connection: HTTP/2 over TCP, with the streams of one client on it.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Extensions;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tower::ServiceExt;
use tracing::{debug, warn};

use super::Context;
use super::door::Door;
use super::greeting::Greeting;
use super::outbox::Outbox;
use crate::telemetry::UnservedConnection;

/// A client whose side of a connection is silent for this long is asked whether it is there …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// … and has this long to answer. Together they free the state of a vanished client within 40 s.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(15);

/// How long to wait when no connection can be accepted: as a rule because there are no file descriptors left, and then
/// the next attempt fails too.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many streams a connection may have. A client needs two or three: ADS, load reports, health. (RFC 9113 advises
/// against less than 100.)
const MAX_STREAMS: u32 = 100;

/// How much of its requests a client may send ahead of our reading them, on one stream …
const STREAM_WINDOW: u32 = 64 << 10;

/// … and on all streams of a connection. Requests are small and read at once, but for those of a client that doesn't
/// read our responses; more would be what such a client can make us keep.
const CONNECTION_WINDOW: u32 = 256 << 10;

/// How much of the responses of one stream waits within HTTP/2 for the socket: two frames, so that one is there when the
/// other is written. More would only be memory when a thousand clients come at once.
const SEND_BUFFER: usize = 32 << 10;

/// A connection, as the streams on it see it.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// Cancelled when the streams on it should end, because it is old or the server shuts down.
    pub(super) retired: CancellationToken,
    /// Aborts its task, which closes it at once, whatever is on it.
    pub(super) cut: AbortHandle,
}

/// What one stream has of its connection.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub(super) connection: Connection,
    /// What of its responses isn't written yet.
    pub(super) outbox: Arc<Outbox>,
}

impl Connection {
    /// The connection that a request with these extensions came on.
    pub(super) fn of(extensions: &Extensions) -> Result<Self, Status> {
        let connection = extensions.get().cloned();
        connection.ok_or_else(|| Status::internal("a request without a connection; this is a bug"))
    }
}

/// Accepts connections until the context says to shut down, and returns when the last has ended.
pub(super) async fn accept(listener: TcpListener, routes: Router, context: &Context) {
    let connections = TaskTracker::new();
    let mut door = Door::new(context.limits.max_connections, Arc::clone(&context.metrics));
    let mut is_failing = false;
    loop {
        tokio::select! {
            () = context.shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    is_failing = false;
                    // One that may not come in is closed here.
                    if door.admits(connections.len(), peer) {
                        let (sender, cut) = oneshot::channel();
                        let task = connections.spawn(serve(stream, peer, cut, routes.clone(), context.clone()));
                        let _ = sender.send(task.abort_handle());
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_failing, true) {
                        warn!(%error, "Can't accept a connection; trying again until one is accepted");
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    // A client that comes now is refused by the kernel and goes to another replica, instead of waiting here.
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Serves one connection. What it looks at each time it is woken is what costs every client something with every change;
/// so there is no more than has to be.
async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    cut: oneshot::Receiver<AbortHandle>,
    routes: Router,
    context: Context,
) {
    let Ok(cut) = cut.await else { return };
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%peer, %error, "Lost a connection at once");
        return;
    }
    let _open = context.metrics.connection_opened();
    let retired = context.shutdown.child_token();
    let connection = Connection { retired: retired.clone(), cut };
    let (stream, has_begun) = Greeting::new(stream);
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        routes.clone().oneshot(request.map(Body::new))
    });
    let mut http = pin!(
        http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(Some(KEEPALIVE_INTERVAL))
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .max_concurrent_streams(MAX_STREAMS)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(SEND_BUFFER)
            .serve_connection(TokioIo::new(stream), service)
    );
    let begun = poll_fn(|cx| match http.as_mut().poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Err(ended)),
        Poll::Pending if has_begun.load(Ordering::Relaxed) => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    });
    tokio::select! {
        begun = begun => if let Err(ended) = begun {
            debug!(%peer, error = ended.err().map(tracing::field::display), "Lost a connection before HTTP/2 began");
            return;
        },
        () = sleep(context.limits.handshake_deadline) => {
            context.metrics.connection_unserved(UnservedConnection::Handshake);
            debug!(%peer, "Cut a connection on which HTTP/2 didn't begin");
            return;
        }
        () = retired.cancelled() => return,
    }
    let mut age = pin!(max_age(context.limits.max_connection_age));
    let mut retiring = false;
    loop {
        tokio::select! {
            biased;
            ended = &mut http => {
                if let Err(error) = ended {
                    debug!(%peer, %error, "Lost a connection");
                }
                return;
            }
            // GOAWAY: no new streams here. The open ones end by themselves, each after its first response.
            () = retired.cancelled(), if !retiring => {
                retiring = true;
                http.as_mut().graceful_shutdown();
            }
            () = &mut age, if !retiring => retired.cancel(),
        }
    }
}

/// Returns when a connection that begins now is old. With a jitter of a tenth, so that clients that came together after a
/// restart don't leave together.
async fn max_age(limit: Option<Duration>) {
    match limit {
        Some(age) => sleep(age.mul_f64(fastrand::f64().mul_add(0.2, 0.9))).await,
        None => std::future::pending().await,
    }
}
