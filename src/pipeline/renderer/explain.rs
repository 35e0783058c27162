//! What became of a Service, told from what was rendered.

use std::collections::BTreeMap;
use std::iter;

use super::{EVERYONE, RenderedPort, Renderer};
use crate::channels::{DomainLost, DomainWanted, RenderedFor};
use crate::model::{Key, Port};
use crate::translate::envoy::{Contest, DomainClaim};
use crate::translate::names;
use crate::xds::Name;

impl Renderer {
    /// What clients get for each port of this Service that is served.
    pub fn explain(&self, key: &Key) -> BTreeMap<u16, RenderedFor> {
        let ports = self.services.get(key).into_iter().flat_map(|service| &service.ports);
        let explain = |Port { number, .. }: &Port| {
            let cluster = names::cluster(key, *number);
            let RenderedPort { endpoints: _, preference: _, cluster: _, assignment: _, routes } =
                self.ports.get(&cluster)?;
            let fleets: Vec<Name> = iter::once(EVERYONE)
                .chain(self.fleets.keys().map(|fleet| &**fleet))
                .filter(|fleet| routes.fleets.includes(fleet))
                .map(Name::from)
                .collect();
            let lost: Vec<(&Name, Contest)> = fleets
                .iter()
                .flat_map(|fleet| self.domains.lost(routes, fleet).into_iter().map(move |lost| (fleet, lost)))
                .collect();
            let domain = |DomainClaim { domain, requests, by_hosts: _ }: DomainClaim<'_>| DomainWanted {
                domain: Name::clone(domain),
                requests,
                lost: lost_to(domain, &lost),
            };
            let domains = routes.claims().map(domain).collect();
            let everywhere = fleets.len();
            Some((*number, RenderedFor { cluster, fleets: routes.fleets.clone(), everywhere, domains }))
        };
        ports.filter_map(explain).collect()
    }
}

/// Who has a domain instead, by the fleets in which they have it.
fn lost_to(domain: &Name, lost: &[(&Name, Contest)]) -> Vec<DomainLost> {
    let mut all: BTreeMap<(&Key, u16), Vec<Name>> = BTreeMap::new();
    for (fleet, Contest { domain: lost, prefix, winner, port, title: _ }) in lost {
        // Who lost only a path of a domain has a part in it all the same.
        if lost == domain && prefix.is_none() {
            all.entry((winner, *port)).or_default().push(Name::clone(fleet));
        }
    }
    let lost = all.into_iter().map(|((service, port), fleets)| DomainLost { service: service.clone(), port, fleets });
    lost.collect()
}
