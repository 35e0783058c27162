//! The load reporting service (LRS): the requests that clients report, summed up by cluster in the metrics.
//!
//! ```text
//! client ── node ──────▶ ReportingPlan ── "report all", or a list of clusters ──▶ client
//!        ── report ────▶ Totals ── clusters of the client's snapshot only ──▶ metrics chancery_load_…
//! ```
//!
//! Reports are counted and have no other effect.

mod plan;
mod report;
mod totals;

#[cfg(test)]
mod tests;

use std::future::ready;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::Request as HttpRequest;
use axum::routing::{MethodRouter, any};
use data_plane_api::load_stats::LoadStatsResponse;
use futures::{Stream, stream};
use tonic::server::Grpc;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn;
use tracing::{Span, debug, info, info_span, warn};

use super::Context;
use super::connection::Connection;
use super::stream::at;
use super::streams::StreamSlot;
use crate::identity::{self, Node};
use crate::telemetry::OpenGuard;
use crate::xds::{ResourceType, Target};
use plan::ReportingPlan;
use report::LoadStatsRequest;
use totals::{ClusterStatsError, Totals};

/// The name of the service.
pub(super) const NAME: &str = "envoy.service.load_stats.v3.LoadReportingService";

/// Its only method.
pub(super) const METHOD: &str = "StreamLoadStats";

/// The method. Its sums follow the publications until `context.shutdown`. Not generated, because the generated one decodes
/// all of a report.
pub(super) fn method(context: Context) -> MethodRouter {
    let totals = Arc::new(Totals::new(Arc::clone(&context.metrics), context.snapshots.clone()));
    tokio::spawn(Arc::clone(&totals).follow(context.snapshots.clone(), context.shutdown.clone()));
    let service = service_fn(move |request| ready(responses(request, context.clone(), &totals).map(Response::new)));
    any(move |request: HttpRequest| {
        let service = service.clone();
        let mut grpc = Grpc::new(ProstCodec::<LoadStatsResponse, LoadStatsRequest>::default());
        async move { grpc.streaming(service, request).await }
    })
}

/// The responses of a stream: what the client is to report.
fn responses(
    request: Request<Streaming<LoadStatsRequest>>,
    mut context: Context,
    totals: &Arc<Totals>,
) -> Result<impl Stream<Item = Result<LoadStatsResponse, Status>> + Send + use<>, Status> {
    if context.snapshots.latest().is_none() {
        return Err(Status::unavailable("no cluster has been published yet, so there is nothing to report"));
    }
    let connection = Connection::of(request.extensions())?;
    let slot = context.admit()?;
    let (requests, totals) = (request.into_inner(), Arc::clone(totals));
    let state = LoadStreamLoop { requests, connection, context, totals, client: None, _slot: slot };
    Ok(stream::try_unfold(state, async |mut state| Ok(state.next().await?.map(|response| (response, state)))))
}

/// The loop of one stream.
struct LoadStreamLoop {
    requests: Streaming<LoadStatsRequest>,
    connection: Connection,
    context: Context,
    totals: Arc<Totals>,
    /// Known from the first request on.
    client: Option<ReportingClient>,
    /// Counts among all streams.
    _slot: StreamSlot,
}

/// A client that reports its load.
struct ReportingClient {
    target: Target,
    plan: ReportingPlan,
    span: Span,
    /// Whether a number that is too large was logged: once is enough.
    warned: bool,
    /// Counts the stream as open until it is dropped.
    _open: OpenGuard,
}

impl LoadStreamLoop {
    /// The next response; `None` when the stream is over.
    async fn next(&mut self) -> Result<Option<LoadStatsResponse>, Status> {
        loop {
            if let Some(response) = self.client.as_mut().and_then(|client| client.plan.poll(Instant::now())) {
                return Ok(Some(response));
            }
            let deadline = self.client.as_ref().and_then(|client| client.plan.deadline());
            tokio::select! {
                () = self.connection.retired.cancelled() => return Ok(None),
                request = self.requests.message() => match request {
                    Ok(Some(request)) => self.on_request(&request)?,
                    Ok(None) => return Ok(None),
                    Err(status) => return self.on_broken_request(&status),
                },
                true = self.context.snapshots.changed() => self.on_publication(),
                () = at(deadline) => {}
            }
        }
    }

    fn on_request(&mut self, request: &LoadStatsRequest) -> Result<(), Status> {
        if self.client.is_none() {
            self.client = Some(self.identify(request.node.as_ref())?);
        }
        let Some(client) = &mut self.client else { return Ok(()) };
        client.plan.on_report();
        let mut unknown = 0_usize;
        for stats in &request.cluster_stats {
            match self.totals.add(&client.target, stats) {
                Err(ClusterStatsError::Unknown) => unknown += 1,
                Err(error @ ClusterStatsError::TooLarge { .. }) if !client.warned => {
                    client.warned = true;
                    warn!(parent: &client.span, %error, "Ignored a cluster in a load report; the rest is counted");
                }
                Ok(()) | Err(ClusterStatsError::TooLarge { .. }) => {}
            }
        }
        debug!(parent: &client.span, clusters = request.cluster_stats.len(), unknown, "Client sent a load report");
        Ok(())
    }

    fn identify(&mut self, node: Option<&Node>) -> Result<ReportingClient, Status> {
        let client = identity::identify(node).map_err(|error| {
            warn!(%error, "Rejected a client");
            Status::invalid_argument(error.to_string())
        })?;
        let Some(publication) = self.context.snapshots.latest() else {
            return Err(Status::unavailable("no cluster has been published yet, so there is nothing to report"));
        };
        let target = client.target;
        let span = info_span!("load", node.id = client.node_id, fleet = &*target.fleet, client = %target.kind);
        info!(parent: &span, user_agent = client.user_agent, "Client opened a load-reporting stream");
        let clusters = publication.world.snapshot(&target).get(ResourceType::Cluster).clone();
        let sends_all = node.is_some_and(Node::sends_all_clusters);
        Ok(ReportingClient {
            _open: self.context.metrics.load_stream_opened(target.kind.as_str()),
            plan: ReportingPlan::new(sends_all, clusters, self.context.load_reporting_interval),
            target,
            span,
            warned: false,
        })
    }

    fn on_publication(&mut self) {
        if let (Some(client), Some(publication)) = (&mut self.client, self.context.snapshots.latest()) {
            client.plan.on_clusters(publication.world.snapshot(&client.target).get(ResourceType::Cluster).clone());
        }
    }

    /// Ends the stream with a status if the report is invalid, without one if the connection is lost.
    fn on_broken_request(&self, status: &Status) -> Result<Option<LoadStatsResponse>, Status> {
        let span = self.client.as_ref().map_or_else(Span::none, |client| client.span.clone());
        // The codec says `INTERNAL` of bytes that are no message, but it is the client that sent them.
        let code = if status.code() == Code::Internal { Code::InvalidArgument } else { status.code() };
        if matches!(code, Code::InvalidArgument | Code::OutOfRange) {
            warn!(parent: &span, error = %status.message(), "Rejected a load report that can't be decoded");
            return Err(Status::new(code, status.message()));
        }
        debug!(parent: &span, error = %status.message(), "Lost the connection to a client");
        Ok(None)
    }
}
