//! The life of one connection: HTTP/2 over TCP, with the streams of one client on it.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Request, Status};
use tower::ServiceExt;
use tracing::{debug, warn};

use super::Context;
use super::outbox::Outbox;

/// A client whose side of a connection is silent for this long is asked whether it is there …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// … and has this long to answer. Together they free the state of a vanished client within 40 s.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(15);

/// How long to wait when no connection can be accepted: as a rule because there are no file descriptors left, and then
/// the next attempt fails too.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection, as the streams on it see it.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// Cancelled when the streams on it should end, because it is old or the server shuts down.
    pub(super) retired: CancellationToken,
    /// Cancels to close it at once, whatever is on it.
    pub(super) cut: CancellationToken,
}

/// What one stream has of its connection.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    pub(super) connection: Connection,
    /// What of its responses isn't written yet.
    pub(super) outbox: Arc<Outbox>,
}

impl Connection {
    /// The connection that a request came on.
    pub(super) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let connection = request.extensions().get().cloned();
        connection.ok_or_else(|| Status::internal("a request without a connection; this is a bug"))
    }
}

/// Accepts connections until the context says to shut down, and returns when the last has ended.
pub(super) async fn accept(listener: TcpListener, routes: Router, context: &Context) {
    let connections = TaskTracker::new();
    loop {
        tokio::select! {
            () = context.shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => drop(connections.spawn(serve(stream, peer, routes.clone(), context.clone()))),
                Err(error) => {
                    warn!(%error, "Can't accept a connection; trying again");
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

async fn serve(stream: TcpStream, peer: SocketAddr, routes: Router, context: Context) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%peer, %error, "Lost a connection at once");
        return;
    }
    let connection = Connection { retired: context.shutdown.child_token(), cut: CancellationToken::new() };
    let on_connection = connection.clone();
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(on_connection.clone());
        routes.clone().oneshot(request.map(Body::new))
    });
    let mut http = pin!(
        http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(Some(KEEPALIVE_INTERVAL))
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service)
    );
    let mut age = pin!(max_age(&context));
    let mut retiring = false;
    loop {
        tokio::select! {
            ended = &mut http => {
                if let Err(error) = ended {
                    debug!(%peer, %error, "Lost a connection");
                }
                return;
            }
            () = &mut age, if !retiring => {
                retiring = true;
                connection.retired.cancel();
                http.as_mut().graceful_shutdown();
            }
            () = context.shutdown.cancelled(), if !retiring => {
                // GOAWAY: no new streams here. The open ones end by themselves, each after its first response.
                retiring = true;
                http.as_mut().graceful_shutdown();
            }
            () = connection.cut.cancelled() => return,
        }
    }
}

/// Returns when a connection that begins now is old. With a jitter of a tenth, so that clients that came together after a
/// restart don't leave together.
async fn max_age(context: &Context) {
    match context.limits.max_connection_age {
        Some(age) => sleep(age.mul_f64(fastrand::f64().mul_add(0.2, 0.9))).await,
        None => std::future::pending().await,
    }
}
