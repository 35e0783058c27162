//! The pages that are made from the code, and what the others say of it.
//!
//! - `docs/configuration.md`: from the flags of `chancery serve`, which are the keys of the configuration file, too.
//! - `docs/metrics.md`: from the table of metrics.
//! - `docs/stability.md`, and the files that pages name: held against the code.
//! - completions and man pages: of the program itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod configuration;
mod files;
mod manual;
mod metrics;
mod stability;

/// What writes the generated pages anew.
const COMMAND: &str = "cargo test --test pages";

/// Text for the cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// `` `a`, `b` ``.
fn code(words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("`{}`", word.as_ref())).collect();
    words.join(", ")
}
