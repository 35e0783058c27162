//! The composition root: the only place that knows which parts a running Chancery has.
//!
//! ```text
//!  flags, environment, file ──▶ Config ──▶ serve
//!                                            │ starts, and stops on a signal
//!      Source ──▶ pipeline ──▶ SnapshotReader ├──▶ ADS server   (xDS port)
//!                      └─────▶ Status ──┬────└──▶ admin server (admin port)
//!                      what clients refuse ┴─▶ tell ──▶ Events
//! ```
//!
//! The pipeline has a thread of its own, because to render thousands of Services takes as long as it takes. All other parts
//! only wait, and share the threads of the runtime.

pub mod config;
mod render;
mod serve;
mod signals;
mod source;
mod tell;
mod thread;

pub use render::render_options;
pub use serve::serve;
