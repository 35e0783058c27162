//! Load reporting (LRS): how many requests each client sent where, summed up by cluster in the metrics.
//!
//! ```text
//! client ── node ──────▶ Plan ── "report all", or a list of clusters ──▶ client
//!        ── report ────▶ Totals ── clusters of the client's snapshot only ──▶ chancery_load_…
//! ```
//!
//! A report steers nothing; it is only counted.

mod plan;
mod report;
mod totals;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Instant;

use axum::body::Body as HttpBody;
use data_plane_api::load_stats::LoadStatsResponse;
use futures::{Stream, stream};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::{Grpc, StreamingService};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tracing::{Span, debug, info, info_span, warn};

use super::Context;
use super::connection::Connection;
use super::stream::at;
use super::streams::Slot;
use crate::identity::{self, Node};
use crate::telemetry::Open;
use crate::xds::{ResourceType, Target};
use plan::Plan;
use report::LoadStatsRequest;
use totals::{LeftOut, Totals};

/// The name of the service.
pub(super) const NAME: &str = "envoy.service.load_stats.v3.LoadReportingService";

/// Its only method.
pub(super) const METHOD: &str = "StreamLoadStats";

/// The method. Its sums follow the publications until `context.shutdown`.
pub(super) fn method(context: Context) -> LoadReporting {
    let totals = Arc::new(Totals::new(Arc::clone(&context.metrics), context.snapshots.clone()));
    tokio::spawn(Arc::clone(&totals).follow(context.snapshots.clone(), context.shutdown.clone()));
    LoadReporting { context, totals }
}

/// The method. Not generated, because what is generated reads all of a report.
#[derive(Clone)]
pub(super) struct LoadReporting {
    context: Context,
    totals: Arc<Totals>,
}

/// HTTP: one call of the method.
impl Service<http::Request<HttpBody>> for LoadReporting {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<HttpBody>) -> Self::Future {
        let method = self.clone();
        let mut grpc = Grpc::new(ProstCodec::<LoadStatsResponse, LoadStatsRequest>::default());
        Box::pin(async move { Ok(grpc.streaming(method, request).await) })
    }
}

/// gRPC: reports in, what to report out.
impl StreamingService<LoadStatsRequest> for LoadReporting {
    type Response = LoadStatsResponse;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<LoadStatsResponse, Status>> + Send>>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<LoadStatsRequest>>) -> Self::Future {
        ready(self.responses(request).map(Response::new))
    }
}

impl LoadReporting {
    fn responses(
        &self,
        request: Request<Streaming<LoadStatsRequest>>,
    ) -> Result<<Self as StreamingService<LoadStatsRequest>>::ResponseStream, Status> {
        let mut context = self.context.clone();
        if context.snapshots.latest().is_none() {
            return Err(Status::unavailable("no cluster has been published yet, so there is nothing to report"));
        }
        let connection = Connection::of(request.extensions())?;
        let slot = context.admit()?;
        let (requests, totals) = (request.into_inner(), Arc::clone(&self.totals));
        let reporter = Reporter { requests, connection, context, totals, peer: None, _slot: slot };
        Ok(Box::pin(stream::unfold(Some(reporter), async |reporter| {
            let mut reporter = reporter?;
            match reporter.next().await {
                Ok(Some(response)) => Some((Ok(response), Some(reporter))),
                Ok(None) => None,
                Err(status) => Some((Err(status), None)),
            }
        })))
    }
}

/// One stream.
struct Reporter {
    requests: Streaming<LoadStatsRequest>,
    connection: Connection,
    context: Context,
    totals: Arc<Totals>,
    /// Known from the first request on.
    peer: Option<Peer>,
    /// Counts among all streams.
    _slot: Slot,
}

/// The client behind a stream.
struct Peer {
    target: Target,
    plan: Plan,
    span: Span,
    /// Whether an impossible number of it was logged: once is enough.
    warned: bool,
    /// Counts the stream as open until it is dropped.
    _open: Open,
}

impl Reporter {
    /// The next response; `None` when the stream is over.
    async fn next(&mut self) -> Result<Option<LoadStatsResponse>, Status> {
        loop {
            if let Some(response) = self.peer.as_mut().and_then(|peer| peer.plan.poll(Instant::now())) {
                return Ok(Some(response));
            }
            let deadline = self.peer.as_ref().and_then(|peer| peer.plan.deadline());
            tokio::select! {
                () = self.connection.retired.cancelled() => return Ok(None),
                request = self.requests.message() => match request {
                    Ok(Some(request)) => self.on_request(&request)?,
                    Ok(None) => return Ok(None),
                    Err(status) => return self.broken(&status),
                },
                true = self.context.snapshots.changed() => self.on_publication(),
                () = at(deadline) => {}
            }
        }
    }

    fn on_request(&mut self, request: &LoadStatsRequest) -> Result<(), Status> {
        if self.peer.is_none() {
            self.peer = Some(self.introduce(request.node.as_ref())?);
        }
        let Some(peer) = &mut self.peer else { return Ok(()) };
        peer.plan.on_report();
        let mut unknown = 0_usize;
        for stats in &request.cluster_stats {
            match self.totals.add(&peer.target, stats) {
                Err(LeftOut::Unknown) => unknown += 1,
                Err(error @ LeftOut::Impossible { .. }) if !peer.warned => {
                    peer.warned = true;
                    warn!(parent: &peer.span, %error, "Left a cluster out of a load report; the rest counts");
                }
                Ok(()) | Err(LeftOut::Impossible { .. }) => {}
            }
        }
        debug!(parent: &peer.span, clusters = request.cluster_stats.len(), unknown, "Client reported its load");
        Ok(())
    }

    fn introduce(&mut self, node: Option<&Node>) -> Result<Peer, Status> {
        let client = identity::identify(node).map_err(|refused| {
            warn!(error = %refused, "Refused a client");
            Status::invalid_argument(refused.to_string())
        })?;
        let Some(publication) = self.context.snapshots.latest() else {
            return Err(Status::unavailable("no cluster has been published yet, so there is nothing to report"));
        };
        let target = client.target;
        let span = info_span!("load", node.id = client.node_id, fleet = &*target.fleet, client = %target.kind);
        info!(parent: &span, user_agent = client.user_agent, "Client will report its load");
        let clusters = publication.world.snapshot(&target).get(ResourceType::Cluster).clone();
        let sends_all = node.is_some_and(|node| node.sends_all_clusters);
        Ok(Peer {
            _open: self.context.metrics.load_stream_opened(target.kind.as_str()),
            plan: Plan::new(sends_all, clusters, self.context.load_reporting_interval),
            target,
            span,
            warned: false,
        })
    }

    fn on_publication(&mut self) {
        if let (Some(peer), Some(publication)) = (&mut self.peer, self.context.snapshots.latest()) {
            peer.plan.on_clusters(publication.world.snapshot(&peer.target).get(ResourceType::Cluster).clone());
        }
    }

    fn broken(&self, status: &Status) -> Result<Option<LoadStatsResponse>, Status> {
        let span = self.peer.as_ref().map_or_else(Span::none, |peer| peer.span.clone());
        // The codec says `INTERNAL` of bytes that are no message, but the fault is the client's.
        let code = if status.code() == Code::Internal { Code::InvalidArgument } else { status.code() };
        if matches!(code, Code::InvalidArgument | Code::OutOfRange) {
            warn!(parent: &span, error = %status.message(), "Refused a load report that can't be read");
            return Err(Status::new(code, status.message()));
        }
        debug!(parent: &span, error = %status.message(), "Lost a client");
        Ok(None)
    }
}
