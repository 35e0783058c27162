//! Policy: outlier detection and health checks.

use std::sync::Arc;
use std::time::Duration;

/// Which pods are left out for a while because of how they answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outlier {
    /// What `outlier-detection` says; `None`: nothing, and any other setting turns it on.
    pub detection: Option<bool>,
    /// Out after so many 5xx (or their gRPC codes) in a row.
    pub consecutive_5xx: Option<u32>,
    /// Out after so many 502, 503, 504, connection failures or UNAVAILABLE in a row.
    pub consecutive_gateway_failure: Option<u32>,
    /// How often pods are looked at.
    pub interval: Option<Duration>,
    /// How long a pod is out, times how often it was.
    pub base_ejection_time: Option<Duration>,
    /// How long a pod is out at most.
    pub max_ejection_time: Option<Duration>,
    /// How much of the pods is out at most, in percent.
    pub max_ejection_percent: Option<u32>,
    /// Out if so many standard deviations below the mean of successes; `None`: not looked at.
    pub success_rate: Option<f64>,
    /// Out from this share of failures on, in percent; `None`: not looked at.
    pub failure_percentage: Option<u32>,
}

/// How pods are asked whether they are well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// What they are asked; `None`, which is the default: nothing.
    pub probe: Option<Probe>,
    /// How often; default 10 s.
    pub interval: Duration,
    /// How long the answer may take; default 1 s.
    pub timeout: Duration,
    /// In after so many good answers; default 1.
    pub healthy_threshold: u32,
    /// Out after so many bad ones; default 3.
    pub unhealthy_threshold: u32,
}

/// What a pod is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// `grpc.health.v1.Health`, for this service; empty for the server as a whole.
    Grpc(Arc<str>),
    /// `GET` this path.
    Http(Arc<str>),
    /// To accept a connection.
    Tcp,
}

impl Outlier {
    /// Whether pods are watched at all: `outlier-detection` decides, else whether anything else is set.
    pub fn is_on(&self) -> bool {
        self.detection.unwrap_or_else(|| *self != Self::default())
    }
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self {
            probe: None,
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(1),
            healthy_threshold: 1,
            unhealthy_threshold: 3,
        }
    }
}
