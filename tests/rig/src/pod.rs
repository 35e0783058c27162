//! A pod: a gRPC echo server that says which pod answered, and does what it is told to.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use data_plane_api::echo::server::{Echo, EchoServer};
use data_plane_api::echo::{EchoRequest, EchoResponse};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};
use tokio_stream::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Code, Status, Streaming};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::ServiceExt as _;

use crate::deployment::Workload;
use crate::{PATIENCE, soon};

/// Where the echo service listens for unary requests; the pod takes any `/<service>/Echo` for it.
const ECHO: &str = "/chancery.echo.v1.Echo/Echo";

/// A gRPC echo server in this process, on a runtime of its own, so that it can die at once. It dies when dropped.
#[derive(Debug)]
pub struct Pod {
    name: String,
    address: SocketAddr,
    script: Arc<Script>,
    health: HealthReporter,
    draining: CancellationToken,
    ended: watch::Receiver<bool>,
    runtime: Option<Runtime>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The answer of the echo service.
    Echo,
    /// This status at once, as gRPC servers do: in the headers, without a message.
    Grpc(Code),
    /// This HTTP status, without a body.
    Http(u16),
    /// None, until the pod is told something else to answer.
    Held,
}

/// What the pod does, and what was done to it.
#[derive(Debug)]
struct Script {
    answer: watch::Sender<Answer>,
    /// For so many requests this answer comes first.
    first: Mutex<(u64, Answer)>,
    /// Goes into the trailers of every answer.
    load: Mutex<Option<(HeaderName, HeaderValue)>>,
    is_well: AtomicBool,
    seen: AtomicU64,
    answered: AtomicU64,
    connections: AtomicU64,
    last: Mutex<HeaderMap>,
}

/// The echo service.
#[derive(Debug, Clone)]
struct Service {
    name: Arc<str>,
    script: Arc<Script>,
}

impl Pod {
    /// Starts one, which listens when this returns.
    ///
    /// # Panics
    /// When it can't.
    pub async fn start(name: &str, address: SocketAddr) -> Self {
        Self::launch(name, address).await.expect("a pod starts")
    }

    /// The same for whoever can do without it.
    pub async fn launch(name: &str, address: SocketAddr) -> anyhow::Result<Self> {
        let script = Arc::new(Script {
            answer: watch::Sender::new(Answer::Echo),
            first: Mutex::new((0, Answer::Echo)),
            load: Mutex::default(),
            is_well: AtomicBool::new(true),
            seen: AtomicU64::default(),
            answered: AtomicU64::default(),
            connections: AtomicU64::default(),
            last: Mutex::default(),
        });
        let (health, health_service) = tonic_health::server::health_reporter();
        let echo = EchoServer::new(Service { name: name.into(), script: Arc::clone(&script) });
        let application = Router::new()
            .fallback_service(tower::service_fn(move |request| any_echo(echo.clone(), request)))
            .layer(from_fn_with_state(Arc::clone(&script), act))
            .route("/healthz", get(healthz).with_state(Arc::clone(&script)))
            .route_service("/grpc.health.v1.Health/{*method}", health_service);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().thread_name(name).build()?;
        let draining = CancellationToken::new();
        let (end, ended) = watch::channel(false);
        let (serving, drain) = (Arc::clone(&script), draining.clone());
        let (started, listens) = oneshot::channel::<io::Result<()>>();
        runtime.spawn(async move {
            let listener = listen(address).await;
            // Whoever started it may have given up.
            let _ = started.send(listener.as_ref().map(drop).map_err(|error| error.kind().into()));
            if let Ok(listener) = listener {
                serve(listener, application, &serving, &drain).await;
            }
            end.send_replace(true);
        });
        let this = Self { name: name.to_owned(), address, script, health, draining, ended, runtime: Some(runtime) };
        let listening = tokio::time::timeout(PATIENCE, listens).await;
        listening
            .with_context(|| format!("{address} is taken"))??
            .with_context(|| format!("can't listen on {address}"))?;
        Ok(this)
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it answers this. Requests that are held get it, too.
    pub fn answers(&self, answer: Answer) {
        self.script.answer.send_replace(answer);
    }

    /// It answers the next `count` requests with this, the others as before.
    pub fn answers_first(&self, count: u64, answer: Answer) {
        *lock(&self.script.first) = (count, answer);
    }

    /// From now on every answer carries this trailer (ORCA).
    pub fn reports(&self, name: &'static str, value: &str) {
        *lock(&self.script.load) = Some((HeaderName::from_static(name), value.parse().unwrap()));
    }

    /// Sets what it says to those who ask whether it is well: `grpc.health.v1`, and `GET /healthz`.
    pub async fn is_well(&self, is_well: bool) {
        self.script.is_well.store(is_well, Ordering::Relaxed);
        self.service_is_well("", is_well).await;
    }

    /// Sets what `grpc.health.v1` says about one service.
    pub async fn service_is_well(&self, service: &str, is_well: bool) {
        let status = if is_well { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.health.set_service_status(service, status).await;
    }

    /// How many requests reached it, without those for its health.
    pub fn seen(&self) -> u64 {
        self.script.seen.load(Ordering::Relaxed)
    }

    /// How many connections it took.
    pub fn connections(&self) -> u64 {
        self.script.connections.load(Ordering::Relaxed)
    }

    /// The headers of the last request that reached it.
    pub fn last_headers(&self) -> HeaderMap {
        lock(&self.script.last).clone()
    }

    /// Returns when so many requests have reached it.
    pub async fn until_seen(&self, count: u64) {
        soon(&format!("{count} requests at {}", self.name), async {
            while self.seen() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// It takes no more connections, tells clients to go away (GOAWAY), and finishes what has begun; for that see
    /// [`Self::drained`].
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Returns when a pod that drains has finished everything.
    pub async fn drained(&self) {
        let mut ended = self.ended.clone();
        soon("the pod to drain", ended.wait_for(|ended| *ended)).await.unwrap();
    }

    /// It vanishes: its connections are closed, whatever was under way.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Workload for Pod {
    type Template = ();

    async fn start((): &(), name: &str, address: SocketAddr) -> anyhow::Result<Self> {
        Self::launch(name, address).await
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    async fn drain(self, patience: Duration) -> anyhow::Result<()> {
        Self::drain(&self);
        let mut ended = self.ended.clone();
        let drained = tokio::time::timeout(patience, ended.wait_for(|ended| *ended)).await;
        drained.with_context(|| format!("{} still has requests after {} s", self.name, patience.as_secs()))??;
        Ok(())
    }

    async fn kill(mut self) -> anyhow::Result<()> {
        self.end();
        Ok(())
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        self.end();
    }
}

/// Listens at an address, as soon as a pod that had it, and has died, has let go of it.
async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    loop {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse => tokio::time::sleep(Duration::from_millis(5)).await,
            listener => return listener,
        }
    }
}

/// Serves connections until it has drained. Not by tonic's server, which would end requests at their deadline by itself,
/// before Envoy does.
async fn serve(listener: TcpListener, application: Router, script: &Script, draining: &CancellationToken) {
    let conversations = TaskTracker::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.unwrap().0,
            () = draining.cancelled() => break,
        };
        script.connections.fetch_add(1, Ordering::Relaxed);
        stream.set_nodelay(true).unwrap();
        conversations.spawn(converse(stream, application.clone(), draining.clone()));
    }
    drop(listener);
    conversations.close();
    conversations.wait().await;
}

/// One connection. Its failures are those of the other end.
async fn converse(stream: TcpStream, application: Router, draining: CancellationToken) {
    let service =
        service_fn(move |request: http::Request<Incoming>| application.clone().oneshot(request.map(Body::new)));
    let mut http = pin!(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = http.as_mut() => return,
        () = draining.cancelled() => http.as_mut().graceful_shutdown(),
    }
    let _ = http.await;
}

/// Does what the script says around a request.
async fn act(State(script): State<Arc<Script>>, request: Request, next: Next) -> Response {
    lock(&script.last).clone_from(request.headers());
    script.seen.fetch_add(1, Ordering::Relaxed);
    let response = match script.next_answer().await {
        Answer::Echo => next.run(request).await,
        Answer::Grpc(code) => Status::new(code, "as the test says").into_http(),
        Answer::Http(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Held => unreachable!("the wait is over"),
    };
    script.answered.fetch_add(1, Ordering::Relaxed);
    let load = lock(&script.load).clone();
    match load {
        Some(load) => response.map(|body| {
            let trailers = async move { Some(Ok(HeaderMap::from_iter([load]))) };
            Body::new(body.with_trailers(trailers))
        }),
        None => response,
    }
}

async fn healthz(State(script): State<Arc<Script>>) -> StatusCode {
    if script.is_well.load(Ordering::Relaxed) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// The echo service under any name.
async fn any_echo(echo: EchoServer<Service>, mut request: Request) -> Result<Response, Infallible> {
    if request.uri().path().ends_with("/Echo") {
        *request.uri_mut() = Uri::from_static(ECHO);
    }
    let response = echo.oneshot(request.map(tonic::body::Body::new)).await?;
    Ok(response.map(Body::new))
}

impl Script {
    async fn next_answer(&self) -> Answer {
        {
            let (count, answer) = &mut *lock(&self.first);
            if *count > 0 {
                *count -= 1;
                return *answer;
            }
        }
        // The sender is in `self`: it doesn't end.
        *self.answer.subscribe().wait_for(|answer| *answer != Answer::Held).await.unwrap()
    }
}

impl Service {
    fn echo(&self, request: EchoRequest) -> EchoResponse {
        EchoResponse {
            message: request.message,
            pod: self.name.to_string(),
            served: self.script.answered.load(Ordering::Relaxed),
        }
    }
}

#[tonic::async_trait]
impl Echo for Service {
    type StreamStream = Pin<Box<dyn Stream<Item = Result<EchoResponse, Status>> + Send>>;

    async fn echo(&self, request: tonic::Request<EchoRequest>) -> Result<tonic::Response<EchoResponse>, Status> {
        let request = request.into_inner();
        // Negative delays are none.
        if let Some(delay) = request.delay.and_then(|delay| Duration::try_from(delay).ok()) {
            tokio::time::sleep(delay).await;
        }
        Ok(tonic::Response::new(Self::echo(self, request)))
    }

    async fn stream(
        &self,
        requests: tonic::Request<Streaming<EchoRequest>>,
    ) -> Result<tonic::Response<Self::StreamStream>, Status> {
        let service = self.clone();
        let responses = requests.into_inner().map(move |request| Ok(Self::echo(&service, request?)));
        Ok(tonic::Response::new(Box::pin(responses)))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
