//! What was measured, and what is said of it.

mod figures;
mod saved;

use std::collections::BTreeMap;

pub use figures::Figures;
pub use saved::{Machine, Saved};

/// What the clients of a load generator received.
#[derive(Debug, Clone, Default)]
pub struct Receptions {
    /// By change: when each client had it.
    pub changes: BTreeMap<u32, Vec<u64>>,
    /// How many bytes of bodies, all clients together.
    pub bytes: u64,
    /// How many clients have everything that they asked for.
    pub complete: usize,
}
