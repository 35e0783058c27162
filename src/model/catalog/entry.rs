//! One Service that takes part.

use std::sync::Arc;

use super::endpoints;
use crate::model::explain::Unserved;
use crate::model::object::{self, EndpointSlice};
use crate::model::{Endpoints, Key, ObjectRef, Reason, Rejected, Service};

/// A Service that takes part, with its endpoints.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The Service. The same allocation as before when only endpoints changed.
    pub service: Arc<Service>,
    /// Its endpoints. An unchanged port keeps the same allocation.
    pub endpoints: Endpoints,
}

impl Entry {
    /// Merges, sharing with `before` what is the same as there.
    pub(super) fn new<'a>(
        service: Service,
        declared: &object::Service,
        slices: &(impl Iterator<Item = &'a EndpointSlice> + Clone),
        weight_of: impl Fn(&Key) -> u32 + Copy,
        before: Option<&Self>,
    ) -> Self {
        let endpoints = service.ports.iter().map(|port| {
            let now = endpoints::merge(slices.clone(), &port.name, declared.publish_not_ready, weight_of);
            let shared = before.and_then(|before| before.endpoints.get(&port.number)).filter(|then| ***then == *now);
            (port.number, shared.map_or_else(|| now.into(), Arc::clone))
        });
        let endpoints = endpoints.collect();
        let shared = before.map(|before| &before.service).filter(|then| ***then == service);
        Self { service: shared.map_or_else(|| Arc::new(service), Arc::clone), endpoints }
    }

    /// Whether all parts are shared: equality, for two entries of which one was made from the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let Self { service, endpoints } = self;
        let pairs = || endpoints.iter().zip(&other.endpoints);
        Arc::ptr_eq(service, &other.service)
            && endpoints.len() == other.endpoints.len()
            && pairs().all(|((one, a), (two, b))| one == two && Arc::ptr_eq(a, b))
    }
}

/// Why there can be nothing to balance over, whatever the settings say.
pub(super) fn unsupported(service: &object::Service) -> Option<Rejected> {
    let (field, value, message) = match service.unserved()? {
        Unserved::ExternalName => {
            ("spec.type", "ExternalName", "has no pods to balance over; expected a Service with endpoints")
        }
        Unserved::NoTcpPort => ("spec.ports", "", "no TCP port, and nothing else can be served; expected one at least"),
        Unserved::NotEnabled | Unserved::Disabled | Unserved::Unusable => return None,
    };
    Some(Rejected {
        object: ObjectRef::service(&service.key),
        field: field.to_owned(),
        value: value.to_owned(),
        reason: Reason::Unsupported,
        message: message.to_owned(),
        meanwhile: "clients get nothing for it".to_owned(),
    })
}
