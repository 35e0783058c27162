//! What is fuzzed of Chancery: four functions of bytes that must never panic, whatever the bytes.
//!
//! ```text
//! targets/*.rs ─▶ one function each      seeds/<target>/   what a run begins with: ours, small
//!       ▲                                tests/seeds.rs    runs every seed in an ordinary build
//!       └── run, with libFuzzer          words/<target>    what it may put in
//!                                        rustc             has our packages count what they run
//! ```
//!
//! A crash that is found becomes a seed, so that it is tested from then on.

#![allow(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is what is looked for"
)]

mod annotations;
mod manifests;
mod requests;
mod session;

/// Shared with the property tests of the session.
#[path = "../../session/play/mod.rs"]
mod play;

pub use annotations::annotations;
pub use manifests::manifests;
pub use requests::requests;
pub use session::session;
