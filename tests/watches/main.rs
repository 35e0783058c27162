//! The Kubernetes source before an API server that misbehaves: what is served stays, the log says once what is wrong, few
//! requests are made, and what is true is served soon after it can be read again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod faults;
mod history;
mod restored;
mod rights;
mod scene;
