//! Converts Kubernetes objects to the model. Pure: no client, no clock, no I/O.
//!
//! ```text
//! v1 Namespace ──────────▶ namespace.rs ─┐
//! v1 Service ────────────▶ service.rs ───┤
//! discovery.k8s.io/v1 ───▶ slice.rs ─────┼──▶ report.rs ──▶ Converted { id, object, rejected }
//!   EndpointSlice            address.rs  │
//! v1 Pod ────────────────▶ pod.rs ───────┘
//!                          metadata.rs, names.rs: what every kind has to satisfy
//!                          astray.rs: keys of ours where they have no effect
//! ```
//!
//! Objects from files have passed no API server, so what the API server would refuse is refused here, for the same
//! reason. Both sources convert with this code: what works offline works in the cluster.

mod address;
mod astray;
mod metadata;
mod names;
mod namespace;
mod pod;
mod report;
mod service;
mod slice;
#[cfg(test)]
mod tests;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::model::compat::Compat;
use crate::model::{Concern, Converted, Kind};

pub use astray::Among;
pub use metadata::{DEFAULT_NAMESPACE, object_ref};
pub use names::dns_label;
pub use pod::WEIGHT_LABEL;
pub use slice::SERVICE_NAME_LABEL;

/// How objects are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conversion {
    /// Take endpoints with a loopback address, which Kubernetes refuses, for demonstrations on one machine. Other
    /// addresses that no other machine can reach (link-local, unspecified) stay refused.
    pub allow_loopback_endpoints: bool,
    /// The other products whose annotations on Services are read, too.
    pub compat: Compat,
}

impl Conversion {
    /// Whose business it is what can't be used of an object of this kind and metadata.
    pub fn concern(&self, kind: Kind, metadata: &ObjectMeta) -> Concern {
        metadata::concern(kind, metadata, self.compat)
    }

    /// Converts a Namespace.
    pub fn namespace(&self, namespace: &core::Namespace) -> Converted {
        namespace::convert(namespace)
    }

    /// Converts a Service.
    pub fn service(&self, service: &core::Service) -> Converted {
        service::convert(service, self.compat)
    }

    /// Converts an EndpointSlice. One without the label [`SERVICE_NAME_LABEL`] belongs to no Service: its Service has the
    /// empty name, and nothing of it is looked at.
    pub fn endpoint_slice(&self, slice: &discovery::EndpointSlice) -> Converted {
        slice::convert(slice, self.allow_loopback_endpoints)
    }

    /// Converts a Pod. One without the label [`WEIGHT_LABEL`] has the weight 1, as if it weren't there.
    pub fn pod(&self, pod: &core::Pod) -> Converted {
        pod::convert(pod)
    }
}
