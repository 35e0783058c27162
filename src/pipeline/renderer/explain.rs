//! Explains what was rendered for a Service.

use std::collections::BTreeMap;
use std::iter;

use super::{EVERYONE, RenderedPort, Renderer};
use crate::model::explanation::{DomainExplanation, DomainOwner, PortExplanation};
use crate::model::{Fleets, Key};
use crate::translate::envoy::{Conflict, DomainClaim};
use crate::translate::names;
use crate::xds::Name;

impl Renderer {
    /// Adds to the explanation of a port of this Service what clients get for it, if it is rendered.
    pub fn explain(&self, service: &Key, port: &mut PortExplanation) {
        let cluster = names::cluster(service, port.number);
        let Some(RenderedPort { endpoints: _, preference: _, cluster: _, assignment: _, routes }) =
            self.ports.get(&cluster)
        else {
            return;
        };
        let fleets: Vec<&str> = iter::once(EVERYONE)
            .chain(self.fleets.keys().map(|fleet| &**fleet))
            .filter(|fleet| routes.fleets.includes(fleet))
            .collect();
        let lost: Vec<(&str, Conflict)> = fleets
            .iter()
            .flat_map(|fleet| self.domains.conflicts(routes, fleet).into_iter().map(move |lost| (*fleet, lost)))
            .collect();
        let domain = |DomainClaim { domain, requests, by_hosts: _ }: DomainClaim<'_>| DomainExplanation {
            domain: domain.to_string(),
            requests,
            lost: owners(domain, &lost, fleets.len()),
        };
        port.domains = routes.claims().map(domain).collect();
        port.fleets = match &routes.fleets {
            Fleets::All => vec!["*".to_owned()],
            Fleets::Named(names) => names.iter().map(ToString::to_string).collect(),
        };
        port.cluster = Some(cluster.to_string());
    }
}

/// Who has a domain instead, by the fleets in which they have it, which aren't named if they are all.
fn owners(domain: &Name, lost: &[(&str, Conflict)], all_fleets: usize) -> Vec<DomainOwner> {
    let mut owners: BTreeMap<(&Key, u16), Vec<String>> = BTreeMap::new();
    for (fleet, Conflict { domain: lost, prefix, winner, winner_port: port, winner_claim: _ }) in lost {
        // Who lost only a path of a domain has a part in it all the same.
        if lost == domain && prefix.is_none() {
            owners.entry((winner, *port)).or_default().push((*fleet).to_owned());
        }
    }
    let owner = |((service, port), fleets): ((&Key, u16), Vec<String>)| DomainOwner {
        service: service.to_string(),
        port,
        fleets: (fleets.len() < all_fleets).then_some(fleets),
    };
    owners.into_iter().map(owner).collect()
}
