//! What is read of measurements on a real Kubernetes API.

use serde::{Deserialize, Serialize};

use super::Figures;
use crate::load::Variant;

/// The name of their file.
pub const NAME: &str = "kubernetes";

/// The servers that are compared there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Server {
    /// `chancery serve`, which watches the API.
    Chancery,
    /// go-control-plane's `LinearCache`, fed by informers.
    Informer,
}

/// What was measured, once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Written {
    /// Of what.
    pub server: Server,
    /// How the clients speak.
    pub variant: Variant,
    /// How many Services there are.
    pub services: usize,
    /// How many clients there are.
    pub clients: usize,
    /// Per write: to a bare watch in the same run.
    pub watch_ms: Figures,
    /// Per write: the last client after the bare watch.
    pub above_ms: Figures,
    /// Processor time of the server, per write.
    pub cpu_ms: f64,
    /// Writes that not every client had in time.
    pub lost: usize,
}
