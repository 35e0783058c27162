//! Collects everything that is rejected, and finds what of it is new.

use super::Renderer;
use crate::model::{Catalog, Rejected};

/// Everything that is rejected now, in a stable order, each thing once.
pub(super) fn all_rejected(catalog: &Catalog, renderer: &Renderer) -> Vec<Rejected> {
    let mut rejected: Vec<Rejected> = catalog.rejected().chain(renderer.rejected()).cloned().collect();
    rejected.sort_unstable();
    rejected.dedup();
    rejected
}

/// Those of `these` that aren't among `others`; both sorted.
pub(super) fn missing<'a>(these: &'a [Rejected], others: &'a [Rejected]) -> impl Iterator<Item = &'a Rejected> {
    these.iter().filter(|rejected| others.binary_search(rejected).is_err())
}
