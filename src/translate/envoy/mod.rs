//! Renders resources for Envoy proxies (1.36 and newer), with the fields that aren't deprecated there.
//!
//! A value that no setting changes is a constant beside the field it fills, with its reason.

mod balancing;
mod circuit_breakers;
mod cluster;
mod domains;
mod health_check;
mod listener;
mod protocol;
mod retry;
mod route;

use data_plane_api::core::TcpKeepalive;

pub use cluster::cluster;
pub use domains::{ClaimKind, Conflict, DirtyVirtualHosts, DomainClaim, Domains, PortRoutes, ShadowedPath};
pub use listener::{ListenerOptions, listener};
pub use route::{EncodedVirtualHost, route_configuration};

/// A connection whose other end vanished without a word (a node that lost power, a NAT that forgot) is noticed after
/// 30 s of silence and 3 probes 5 s apart, instead of Linux's two hours. Costs nothing while there is traffic.
const fn tcp_keepalive() -> TcpKeepalive {
    TcpKeepalive { keepalive_time: Some(30), keepalive_interval: Some(5), keepalive_probes: Some(3) }
}
