//! A Service of the catalog with its resolved ports and endpoints.

use std::sync::Arc;

use super::endpoints;
use super::renames::Renames;
use crate::model::explanation::UnservedReason;
use crate::model::object::{self, EndpointSlice};
use crate::model::{Endpoints, HashOn, Key, ObjectRef, Port, Reason, Rejected, Service};

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
        service: &Arc<Service>,
        declared: &object::Service,
        slices: &(impl Iterator<Item = &'a EndpointSlice> + Clone),
        renames: &Renames,
        weight_of: impl Fn(&Key) -> u32 + Copy,
        before: Option<&Self>,
    ) -> Self {
        let endpoints = service.ports.iter().map(|port| {
            let name = renames.name_in_slices(&service.key, port.number, &port.name);
            let now = endpoints::merge(slices.clone(), name, declared, weight_of);
            let shared = before.and_then(|before| before.endpoints.get(&port.number)).filter(|then| ***then == *now);
            (port.number, shared.map_or_else(|| now.into(), Arc::clone))
        });
        Self { service: Arc::clone(service), endpoints: endpoints.collect() }
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

/// What the Service says of affinity and these ports of it don't do.
pub(super) fn lacking_affinity(service: &object::Service, ports: &[Port]) -> Option<Rejected> {
    let follows = |port: &&Port| {
        let balancing = &port.policy.balancing;
        balancing.policy.is_by_hash() && balancing.hash_on.contains(&HashOn::SourceIp)
    };
    let lacking: Vec<&Port> = ports.iter().filter(|port| !follows(port)).collect();
    if !service.traffic.client_ip_affinity || lacking.is_empty() {
        return None;
    }
    let spoken = |port: &&Port| if port.name.is_empty() { port.number.to_string() } else { port.name.to_string() };
    let at = if lacking.len() == ports.len() {
        String::new()
    } else {
        format!(" at {}", lacking.iter().map(spoken).collect::<Vec<_>>().join(", "))
    };
    Some(Rejected {
        object: ObjectRef::service(&service.key),
        field: ["spec", "sessionAffinity"].into(),
        value: "ClientIP".to_owned(),
        reason: Reason::DoubtfulObject,
        message: format!(
            "isn't followed{at}; for one pod per client address say chancery.dev/lb-policy: ring-hash (or maglev) and \
             chancery.dev/hash-on: source-ip"
        ),
        meanwhile: "requests go to pods as lb-policy says, whoever the client is".to_owned(),
    })
}

/// Why there can be nothing to balance over, whatever the settings say.
pub(super) fn unsupported(service: &object::Service) -> Option<Rejected> {
    let (field, value, message) = match service.unserved()? {
        UnservedReason::ExternalName => {
            (["spec", "type"], "ExternalName", "has no pods to balance over; expected a Service with endpoints")
        }
        UnservedReason::NoTcpPort => {
            (["spec", "ports"], "", "no TCP port, and nothing else can be served; expected one at least")
        }
        UnservedReason::NotEnabled | UnservedReason::Disabled | UnservedReason::Unusable => return None,
    };
    Some(Rejected {
        object: ObjectRef::service(&service.key),
        field: field.into(),
        value: value.to_owned(),
        reason: Reason::Unsupported,
        message: message.to_owned(),
        meanwhile: "clients get nothing for it".to_owned(),
    })
}
