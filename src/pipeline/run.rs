//! The pipeline's loop: takes notices from the source, renders, publishes, and answers queries.

use std::future::pending;
use std::sync::Arc;
use std::time::Instant;

use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use tokio::task::unconstrained;
use tracing::{debug, info, warn};

use super::explain::QueryState;
use super::rejected::{all_rejected, missing};
use super::rename_deadlines::RenameDeadlines;
use super::{RenderOptions, Renderer};
use crate::channels::{
    DemandChange, DemandReader, Outage, Publication, Query, QueryError, QueryReceiver, SnapshotWriter, StatusWriter,
};
use crate::model::{Catalog, Event, Kind, ObjectRef, Reason, Rejected};
use crate::source::{Notice, Source};
use crate::telemetry::Metrics;
use crate::xds::{ClientKind, ResourceType};

/// How many notices are taken as one batch. A bound, because a source that never stops talking must not keep clients
/// waiting; so high that an ordinary list of a cluster fits.
const MAX_BATCH: usize = 4096;

/// Renders and publishes what the source reports, until the source ends (which none does by itself).
///
/// Whatever the source has ready is one batch, and becomes at most one publication: batches grow under load and vanish
/// without it, and nobody waits for more to come. Nothing is published before every kind has been listed once; then a
/// first publication comes even if there is nothing to serve. Each is stamped with the time of the oldest event in it.
///
/// Rejections are logged when they appear and when they are resolved, and shown in the status.
///
/// Never yields while it renders: give it a thread of its own, with a runtime to wait for the source's sockets and timers.
///
/// Queries are answered while the source is silent, and one at most between two batches. What clients ask for by name is
/// rendered with every batch, and when the source is silent.
pub async fn run(
    source: Box<dyn Source>,
    options: RenderOptions,
    writer: SnapshotWriter,
    status: StatusWriter,
    metrics: Arc<Metrics>,
    mut queries: QueryReceiver,
    demand: DemandReader,
) {
    let source_name = source.name();
    let mut notices = source.notices();
    let mut pipeline = Pipeline::new(source_name, options, writer, status, metrics);
    loop {
        tokio::select! {
            biased;
            first = notices.next() => {
                let Some(first) = first else { break };
                pipeline.take(first);
                drain(&mut notices, &mut pipeline);
            }
            () = demand.changed() => {}
            () = until(pipeline.renames.next()) => {}
            Some(query) = queries.next() => {
                pipeline.answer(query);
                continue;
            }
        }
        pipeline.publish(&demand);
        // A source that never falls silent must not leave anybody without an answer, nor must clients that never do.
        if let Some(query) = queries.waiting() {
            pipeline.answer(query);
        }
    }
}

/// Returns at this time; without one, never.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => pending().await,
    }
}

/// Takes what is ready, without waiting.
fn drain(notices: &mut BoxStream<'static, Notice>, pipeline: &mut Pipeline) {
    for _ in 1..MAX_BATCH {
        // Unconstrained, or tokio would pretend after 128 of them that nothing is ready.
        match unconstrained(notices.next()).now_or_never() {
            Some(Some(notice)) => pipeline.take(notice),
            Some(None) | None => break,
        }
    }
}

struct Pipeline {
    source: &'static str,
    catalog: Catalog,
    renderer: Renderer,
    writer: SnapshotWriter,
    status: StatusWriter,
    metrics: Arc<Metrics>,
    rejected: Arc<[Rejected]>,
    /// The [`Catalog::rejections`] and [`Renderer::rejections`] that `rejected` is of.
    rejections: (u64, u64),
    up_to_date_at: Instant,
    has_outage: bool,
    /// When the oldest event was delivered that isn't published yet.
    oldest: Option<Instant>,
    published: bool,
    renames: RenameDeadlines,
}

impl Pipeline {
    fn new(
        source: &'static str,
        options: RenderOptions,
        writer: SnapshotWriter,
        status: StatusWriter,
        metrics: Arc<Metrics>,
    ) -> Self {
        for kind in Kind::ALL {
            metrics.synced(kind.as_str(), false);
        }
        metrics.rejected(reasons().map(|reason| (reason.as_str(), 0)));
        Self {
            source,
            catalog: Catalog::default(),
            renderer: Renderer::new(options),
            writer,
            status,
            metrics,
            rejected: Arc::default(),
            rejections: (0, 0),
            up_to_date_at: Instant::now(),
            has_outage: false,
            oldest: None,
            published: false,
            renames: RenameDeadlines::default(),
        }
    }

    fn take(&mut self, notice: Notice) {
        match notice {
            Notice::Event { at, event } => {
                self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
                self.metrics.source_event(self.source, word(&event));
                let listed = if let Event::InitDone(kind) = event { Some(kind) } else { None };
                self.catalog.apply(event);
                if let Some(kind) = listed {
                    self.listed(kind);
                }
            }
            Notice::UpToDate => self.up_to_date(Instant::now()),
            Notice::Outage { error } => self.outage(error),
            Notice::Denied { kind: _, what, error } => self.denied(what, error),
            Notice::Allowed { what } => self.allowed(&what),
        }
    }

    fn up_to_date(&mut self, at: Instant) {
        self.up_to_date_at = at;
        if self.has_outage {
            self.has_outage = false;
            self.status.update(|status| status.outage = None);
            info!(source = self.source, "Source is in touch again");
        }
    }

    fn outage(&mut self, error: String) {
        if self.published {
            warn!(source = self.source, %error, "Source is out of touch; the last known configuration stays in force");
        } else {
            warn!(source = self.source, %error, "Source is out of touch; nothing is served until it has listed everything");
        }
        self.has_outage = true;
        let since = self.up_to_date_at;
        self.status.update(|status| status.outage = Some(Outage { since, error }));
    }

    fn denied(&self, what: String, error: String) {
        if self.published {
            warn!(source = self.source, %error, "Source lacks a permission; serving without the objects");
        } else {
            warn!(source = self.source, %error, "Source lacks a permission; it will serve without the objects");
        }
        self.status.update(|status| drop(status.denied.insert(what, error)));
    }

    fn allowed(&self, what: &str) {
        info!(source = self.source, what, "Source has the permission again");
        self.status.update(|status| drop(status.denied.remove(what)));
    }

    fn listed(&mut self, kind: Kind) {
        self.metrics.synced(kind.as_str(), true);
        self.status.update(|status| {
            status.listed.insert(kind);
        });
    }

    /// Renders what changed and what is newly in demand, and publishes it if any snapshot changed.
    fn publish(&mut self, demand: &DemandReader) {
        if !self.catalog.is_complete() {
            return;
        }
        if let Some(due) = self.renames.due(Instant::now())
            && self.catalog.end_renames(due)
        {
            self.oldest.get_or_insert_with(Instant::now);
        }
        let (new, step) = demand.take();
        if self.oldest.is_some() || !new.is_empty() {
            self.render(new);
        }
        demand.mark_rendered(step);
    }

    fn render(&mut self, demand: Vec<DemandChange>) {
        let begun = Instant::now();
        let observed_at = self.oldest.take().unwrap_or(begun);
        let entries = self.catalog.take_changes();
        self.renames.record(self.catalog.renames(), begun);
        let services = entries.len();
        let demand_changed = self.renderer.update_demand(demand);
        let changed = self.renderer.apply(entries) || demand_changed;
        let rendered = Instant::now();
        self.metrics.translated(rendered.duration_since(begun));
        if changed || !self.published {
            self.writer.publish(Publication { world: self.renderer.world(), observed_at });
            self.published = true;
            self.metrics.published(rendered.elapsed());
            self.count();
            debug!(services, took = ?begun.elapsed(), "Published");
        }
        self.report();
    }

    /// Answers from what the last publication was made of. Whoever no longer waits for it doesn't mind.
    fn answer(&self, query: Query) {
        let state = QueryState { catalog: &self.catalog, renderer: &self.renderer, rejected: &self.rejected };
        let state = if self.published { Ok(state) } else { Err(QueryError::NotYet) };
        match query {
            Query::Explain(key, reply) => drop(reply.send(state.map(|state| state.explain(&key)))),
            Query::Page(after, reply) => drop(reply.send(state.map(|state| state.page(after.as_ref())))),
        }
    }

    fn count(&self) {
        for client in [ClientKind::Envoy, ClientKind::Grpc] {
            for resource_type in ResourceType::ALL {
                let count = self.renderer.count(client, resource_type);
                self.metrics.snapshot_resources(resource_type.as_str(), client.as_str(), count);
            }
        }
    }

    fn report(&mut self) {
        let rejections = (self.catalog.rejections(), self.renderer.rejections());
        if std::mem::replace(&mut self.rejections, rejections) == rejections {
            return;
        }
        let rejected = all_rejected(&self.catalog, &self.renderer);
        if *rejected == *self.rejected {
            return;
        }
        for Rejected { object, field, value, reason, message, meanwhile } in missing(&rejected, &self.rejected) {
            let field = field.to_string();
            // Not `message`: that is the name of the constant one.
            warn!(%object, field, value, %reason, error = message, meanwhile, "Rejected configuration");
        }
        for Rejected { object, field, value, reason, message: _, meanwhile: _ } in missing(&self.rejected, &rejected) {
            let field = field.to_string();
            info!(%object, field, value, %reason, "Rejected configuration is resolved");
        }
        let count = |reason| rejected.iter().filter(|rejected| rejected.reason == reason).count();
        self.metrics.rejected(reasons().map(|reason| (reason.as_str(), count(reason))));
        self.rejected = rejected.into();
        let rejected = Arc::clone(&self.rejected);
        self.status.update(|status| status.rejected = rejected);
    }
}

/// The reasons that are found here. NACKs are counted by the server.
fn reasons() -> impl Iterator<Item = Reason> {
    Reason::ALL.into_iter().filter(|reason| *reason != Reason::RejectedByClient)
}

/// The kind of object that an event is about, for metrics.
fn word(event: &Event) -> &'static str {
    let id = match event {
        Event::Apply(converted) | Event::InitApply(converted) => &converted.id,
        Event::Delete(id) => id,
        Event::Init(kind) | Event::InitDone(kind) => return kind.as_str(),
    };
    match id {
        ObjectRef::Object(kind, _) => kind.as_str(),
        ObjectRef::File(_) => "File",
    }
}

#[cfg(test)]
mod tests;
