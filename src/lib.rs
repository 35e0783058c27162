//! Chancery, an Envoy xDS control plane. (The architecture page follows.)

pub mod access;
pub mod admin;
pub mod app;
pub mod cache;
pub mod cli;
pub mod model;
pub mod pipeline;
pub mod protocol;
pub mod server;
pub mod source;
pub mod telemetry;
pub mod translate;
pub mod xds;
