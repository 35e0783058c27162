//! What the settings say about rendering.

use std::net::SocketAddr;

use crate::pipeline::RenderOptions;
use crate::translate::envoy::ListenerAddress;

/// The settings in the pipeline's terms.
pub fn render_options<'a>(
    cluster_domain: &str,
    listener: SocketAddr,
    fleets: impl IntoIterator<Item = (&'a String, &'a SocketAddr)>,
) -> RenderOptions {
    RenderOptions {
        cluster_domain: cluster_domain.into(),
        listener: listener_address(listener),
        fleets: fleets.into_iter().map(|(name, address)| (name.as_str().into(), listener_address(*address))).collect(),
    }
}

fn listener_address(address: SocketAddr) -> ListenerAddress {
    ListenerAddress { address: address.ip(), port: address.port() }
}
