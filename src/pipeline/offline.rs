//! Renders complete lists of objects once, without source, clock and clients.

use std::sync::Arc;

use super::explain::QueryState;
use super::rejected::all_rejected;
use super::{RenderOptions, Renderer};
use crate::channels::ServiceSummary;
use crate::model::explanation::ServiceExplanation;
use crate::model::{Catalog, Event, Key, Rejected};
use crate::xds::{Snapshot, World};

/// What comes of a set of objects.
#[derive(Debug)]
pub struct Offline {
    /// What clients would hold.
    pub world: World,
    /// Everything that can't be used, in a stable order, each thing once.
    pub rejected: Vec<Rejected>,
    catalog: Catalog,
    renderer: Renderer,
}

impl Offline {
    /// What gRPC clients would get if they dialled every port of every Service, each by its shortest name.
    pub fn grpc(&self) -> Arc<Snapshot> {
        self.renderer.all_dialled()
    }

    /// Why this Service would be served as it would; `None` if there is no such Service.
    pub fn explain(&self, key: &Key) -> Option<ServiceExplanation> {
        self.query_state().explain(key)
    }

    /// Some of the Services after this key, in the order of keys; none is the end.
    pub fn page(&self, after: Option<&Key>) -> Vec<ServiceSummary> {
        self.query_state().page(after)
    }

    fn query_state(&self) -> QueryState<'_> {
        QueryState { catalog: &self.catalog, renderer: &self.renderer, rejected: &self.rejected }
    }
}

/// Renders the objects of complete lists: for each kind `Init`, then the objects, then `InitDone`.
pub fn offline(events: impl IntoIterator<Item = Event>, options: RenderOptions) -> Offline {
    let mut catalog = Catalog::default();
    for event in events {
        catalog.apply(event);
    }
    let mut renderer = Renderer::new(options);
    renderer.apply(catalog.take_changes());
    let rejected = all_rejected(&catalog, &renderer);
    Offline { world: renderer.world(), rejected, catalog, renderer }
}
