//! The endpoints of a Service port as a cluster's load assignment.

use std::sync::Arc;

use crate::model::{Balancing, Endpoint};
use crate::translate::envoy::{self, Preference};
use crate::xds::{Name, Resource};

/// The assignment of the cluster `name`: as Envoys get it, but for what is different here.
///
/// - Draining endpoints are left out: gRPC takes all that are listed for ready.
/// - Pick first is a policy of gRPC's own, and needs no priorities.
/// - On a ring the weight of an endpoint is multiplied by that of its locality (gRFC A42). So without zone routing all are in
///   one locality there, or pods in crowded zones would get more calls than others.
///
/// The second address of a pod is listed as for Envoys (gRFC A61).
pub fn assignment(name: &Name, endpoints: &Arc<[Endpoint]>, balancing: &Balancing) -> Resource {
    envoy::assignment(name, endpoints, Preference::of_grpc(balancing))
}

#[cfg(test)]
mod tests;
