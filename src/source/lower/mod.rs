//! Kubernetes objects, lowered to the nouns of the model. Pure: no client, no clock, no I/O.
//!
//! ```text
//! v1 Namespace ──────────▶ namespace.rs ─┐
//! v1 Service ────────────▶ service.rs ───┤
//! discovery.k8s.io/v1 ───▶ slice.rs ─────┼──▶ Lowered { id, object, rejected }
//!   EndpointSlice            address.rs  │
//! v1 Pod ────────────────▶ pod.rs ───────┘
//!                          metadata.rs, names.rs: what every kind has to satisfy
//! ```
//!
//! Objects from files have passed no API server, so what the API server would refuse is refused here, for the same
//! reason. Both sources lower with this code: what works offline works in the cluster.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::model::{Key, Kind, Lowered, ObjectRef};

/// The namespace of an object that names none, as `kubectl apply` has it.
pub const DEFAULT_NAMESPACE: &str = "default";

/// The label of an EndpointSlice that names its Service.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// The label of a Pod with its weight.
pub const WEIGHT_LABEL: &str = "chancery.dev/weight";

/// How objects are lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lowering {
    /// Take endpoints with a loopback address, which Kubernetes refuses, for demonstrations on one machine.
    pub allow_loopback_endpoints: bool,
}

impl Lowering {
    /// Lowers a Namespace.
    pub fn namespace(&self, namespace: &core::Namespace) -> Lowered {
        thin(Kind::Namespace, &namespace.metadata)
    }

    /// Lowers a Service.
    pub fn service(&self, service: &core::Service) -> Lowered {
        thin(Kind::Service, &service.metadata)
    }

    /// Lowers an EndpointSlice. One without the label [`SERVICE_NAME_LABEL`] belongs to no Service: its Service has the
    /// empty name.
    pub fn endpoint_slice(&self, slice: &discovery::EndpointSlice) -> Lowered {
        thin(Kind::EndpointSlice, &slice.metadata)
    }

    /// Lowers a Pod. One without the label [`WEIGHT_LABEL`] has the weight 1, as if it weren't there.
    pub fn pod(&self, pod: &core::Pod) -> Lowered {
        thin(Kind::Pod, &pod.metadata)
    }
}

/// What the object of this kind and metadata is called. An absent namespace is [`DEFAULT_NAMESPACE`] (empty for a
/// Namespace), an absent name is empty.
pub fn object_ref(kind: Kind, metadata: &ObjectMeta) -> ObjectRef {
    let name = metadata.name.as_deref().unwrap_or_default();
    let namespace = match kind {
        Kind::Namespace => "",
        Kind::Service | Kind::EndpointSlice | Kind::Pod => {
            metadata.namespace.as_deref().filter(|namespace| !namespace.is_empty()).unwrap_or(DEFAULT_NAMESPACE)
        }
    };
    ObjectRef::Object(kind, Key::new(namespace, name))
}

fn thin(kind: Kind, metadata: &ObjectMeta) -> Lowered {
    Lowered { id: object_ref(kind, metadata), object: None, rejected: Vec::new() }
}
