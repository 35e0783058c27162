//! Connections: HTTP/2 over TCP, with the streams of one client on each.

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
use super::connection_limit::ConnectionLimit;
use super::preface::PrefaceReader;
use crate::telemetry::UnservedConnection;

/// A connection without traffic from the client for this long is pinged …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// … and closed without an answer within this time. Together they free the state of a vanished client within 40 s.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(15);

/// How long to wait when no connection can be accepted: as a rule because there are no file descriptors left, and then
/// the next attempt fails too.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many streams a connection may have. A client needs two or three: ADS, load reports, health. (RFC 9113 advises
/// against less than 100.)
const MAX_STREAMS: u32 = 100;

/// How much of its requests a client may send before they are read, on one stream …
const STREAM_WINDOW: u32 = 64 << 10;

/// … and on all streams of a connection. Requests are small and read at once, except from a client that doesn't read its
/// responses; this bounds what such a client costs.
const CONNECTION_WINDOW: u32 = 256 << 10;

/// How much of the responses of one stream HTTP/2 buffers for the socket: two frames, so that one is ready when the other is
/// written. More would only cost memory when a thousand clients connect at once.
const SEND_BUFFER: usize = 32 << 10;

/// A connection, as the streams on it see it.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// Cancelled when the streams on it should end, because it is old or the server shuts down.
    pub(super) retired: CancellationToken,
    /// Aborts its task, which closes it at once, whatever is on it.
    pub(super) cut: AbortHandle,
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
    let mut limit = ConnectionLimit::new(context.limits.max_connections, Arc::clone(&context.metrics));
    let mut is_failing = false;
    loop {
        tokio::select! {
            () = context.shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    is_failing = false;
                    // One that isn't admitted is closed here.
                    if limit.admits(connections.len(), peer) {
                        let (sender, cut) = oneshot::channel();
                        let task = connections.spawn(serve(stream, peer, cut, routes.clone(), context.clone()));
                        let _ = sender.send(task.abort_handle());
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_failing, true) {
                        warn!(%error, "Can't accept connections; retrying");
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    // From now on the kernel refuses clients, and they go to another replica instead of waiting here.
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Serves one connection. What it polls each time it is woken costs every client something with every change; so it polls
/// no more than it has to.
async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    cut: oneshot::Receiver<AbortHandle>,
    routes: Router,
    context: Context,
) {
    let Ok(cut) = cut.await else { return };
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%peer, %error, "Lost a new connection");
        return;
    }
    let _open = context.metrics.connection_opened();
    let retired = context.shutdown.child_token();
    let connection = Connection { retired: retired.clone(), cut };
    let (stream, has_preface) = PrefaceReader::new(stream);
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
        Poll::Pending if has_preface.load(Ordering::Relaxed) => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    });
    tokio::select! {
        begun = begun => if let Err(ended) = begun {
            debug!(%peer, error = ended.err().map(tracing::field::display), "Lost a connection before it started HTTP/2");
            return;
        },
        () = sleep(context.limits.handshake_deadline) => {
            context.metrics.connection_unserved(UnservedConnection::Handshake);
            debug!(%peer, "Closed a connection that didn't start HTTP/2 in time");
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

/// Returns when a connection that begins now has reached its maximum age. With a jitter of a tenth, so that clients that
/// connected together after a restart don't reconnect together.
async fn max_age(limit: Option<Duration>) {
    match limit {
        Some(age) => sleep(age.mul_f64(fastrand::f64().mul_add(0.2, 0.9))).await,
        None => std::future::pending().await,
    }
}
