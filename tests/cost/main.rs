//! What a change costs, counted instead of timed: allocations, bytes, and how often a resource is encoded. A change costs
//! what it changes, however many names a client asks for, however many other Services there are, and however many clients
//! have come.
//!
//! Allocations are counted on the thread that makes them, so that tests may run side by side.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod client;
mod services;
mod session;
mod wire;

use allocation_counter::{AllocationInfo, measure};

/// What `work` allocates, and what comes of it.
fn counted<T>(work: impl FnOnce() -> T) -> (AllocationInfo, T) {
    let mut result = None;
    let info = measure(|| result = Some(work()));
    (info, result.unwrap())
}

/// Fails unless `more` is at most `percent` above `less`.
#[track_caller]
fn assert_flat(what: &str, less: u64, more: u64, percent: u64) {
    assert!(more * 100 <= less * (100 + percent), "{what} isn't flat: {less}, then {more}");
}
