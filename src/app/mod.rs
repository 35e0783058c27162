//! The composition root: the only place that knows which parts a running Chancery has.
//!
//! ```text
//!  flags, environment, file ──▶ Config ──▶ serve
//!                                            │ starts, and stops on a signal
//!      Source ──▶ pipeline ──▶ SnapshotCache ├──▶ ADS server   (xDS port)
//!                      └─────▶ Status ──┬────└──▶ admin server (admin port)
//!                      what clients refuse ┴─▶ tell ──▶ Events
//! ```

pub mod config;
mod render;
mod serve;
mod signals;
mod source;
mod tell;

pub use render::render_options;
pub use serve::serve;
