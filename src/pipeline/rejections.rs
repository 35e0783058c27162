//! What can't be used, compared with what couldn't be used before.

use crate::model::Rejected;

/// Those of `these` that aren't among `others`; both sorted.
pub(super) fn missing<'a>(these: &'a [Rejected], others: &'a [Rejected]) -> impl Iterator<Item = &'a Rejected> {
    these.iter().filter(|rejected| others.binary_search(rejected).is_err())
}
