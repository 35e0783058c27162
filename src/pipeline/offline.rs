//! The pipeline without source, clock and clients.

use super::{RenderOptions, Renderer};
use crate::model::{Catalog, Event, Rejected};
use crate::xds::World;

/// What comes of a set of objects.
#[derive(Debug)]
pub struct Offline {
    /// What clients would hold.
    pub world: World,
    /// Everything that can't be used, in a stable order, each thing once.
    pub rejected: Vec<Rejected>,
}

/// Renders the objects of complete lists: for each kind `Init`, then the objects, then `InitDone`.
pub fn offline(events: impl IntoIterator<Item = Event>, options: RenderOptions) -> Offline {
    let mut catalog = Catalog::default();
    for event in events {
        catalog.apply(event);
    }
    let mut renderer = Renderer::new(options);
    renderer.apply(catalog.take_changes());
    Offline { world: renderer.world(), rejected: all_rejected(&catalog, &renderer) }
}

/// Everything that can't be used now, in a stable order, each thing once.
pub(super) fn all_rejected(catalog: &Catalog, renderer: &Renderer) -> Vec<Rejected> {
    let mut rejected: Vec<Rejected> = catalog.rejected().chain(renderer.rejected()).cloned().collect();
    rejected.sort_unstable();
    rejected.dedup();
    rejected
}
