//! What `chancery bootstrap` prints.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::programs::printed;

/// The bootstrap of an Envoy, for these arguments of `chancery bootstrap envoy`.
pub fn envoy(chancery: &Path, arguments: &[&str]) -> anyhow::Result<Value> {
    let yaml = printed(chancery, &[&["bootstrap", "envoy"], arguments].concat())?;
    serde_saphyr::from_str(&yaml).context("the bootstrap is no YAML")
}

/// The bootstrap of a gRPC client, for these arguments of `chancery bootstrap grpc`.
pub fn grpc(chancery: &Path, arguments: &[&str]) -> anyhow::Result<Value> {
    let json = printed(chancery, &[&["bootstrap", "grpc"], arguments].concat())?;
    serde_json::from_str(&json).context("the bootstrap is no JSON")
}
