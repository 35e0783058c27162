//! The composition root: makes the parts of a running Chancery, connects them, and stops them.
//!
//! ```text
//!  flags, environment, file ──▶ Config ──▶ serve
//!                                            │ starts, and stops on a signal
//!      Source ──▶ pipeline ──▶ SnapshotReader ├──▶ ADS server   (xDS port)
//!                      └─────▶ Status ──┬────└──▶ admin server (admin port)
//!                               NACKs ──┴───▶ events ──▶ Kubernetes Events
//! ```
//!
//! The pipeline has a thread of its own, because rendering thousands of Services takes long. All other parts
//! only wait, and share the threads of the runtime.

pub mod config;
mod events;
mod render;
mod serve;
mod signals;
mod source;
mod thread;

pub use render::render_options;
pub use serve::serve;
