//! Why a Service is served as it is, as JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::answer::{blocking, unanswered};
use super::{AddressJson, Admin, RejectedJson, SettingJson};
use crate::channels::{DomainLost, DomainWanted, Explained, QueryError, RenderedFor, rejected_by_clients};
use crate::model::explain::{DefaultFor, Explanation, PortExplanation, SliceSummary, Unserved};
use crate::model::{Fleets, Key, NearestService, ObjectRef, Rejected, Requests};

/// Why a Service is served as it is, as programs read it here and from `chancery explain -o json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplanationJson {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Why nothing of it can be served; absent if that is up to its ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unserved: Option<Unserved>,
    /// Its TCP ports.
    pub ports: Vec<PortJson>,
    /// Its EndpointSlices.
    pub slices: Vec<SliceJson>,
    /// What can't be used of it, of its Namespace, its slices and its pods, and what clients refuse of it.
    pub rejected: Vec<RejectedJson>,
}

/// Why a port is served as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortJson {
    /// Its number.
    pub number: u16,
    /// Its name; may be empty.
    pub name: String,
    /// Whether it is meant, for whichever requests, when nobody names a port.
    pub default: bool,
    /// For which requests; absent if it is no default port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_for: Option<DefaultFor>,
    /// Its `appProtocol`, if that isn't understood; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_app_protocol: Option<String>,
    /// Whether clients get it.
    pub served: bool,
    /// Why not; absent if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unserved: Option<Unserved>,
    /// The name of its cluster; absent if it isn't served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The fleets that get it: names, or `*` alone for all.
    pub fleets: Vec<String>,
    /// The domains that it wants.
    pub domains: Vec<DomainJson>,
    /// Every setting there is.
    pub settings: Vec<SettingJson>,
    /// Every address that a slice has for it; none if it isn't served.
    pub addresses: Vec<AddressJson>,
}

/// A domain that a port wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainJson {
    /// The domain.
    pub domain: String,
    /// Which requests under it the port takes: `grpc`, or `other` for those that aren't gRPC; absent if all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
    /// Who has it instead; absent if the port has it wherever it is served.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<LostJson>,
}

/// Who has a domain instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostJson {
    /// The Service that has it: its namespace, a slash, and its name.
    pub to: String,
    /// The port of that Service.
    pub port: u16,
    /// The fleets where that is so; an empty name stands for all that nobody names. Absent if it is so in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleets: Option<Vec<String>>,
}

/// One EndpointSlice of a Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceJson {
    /// Its name.
    pub name: String,
    /// The names of its TCP ports, each the name of a port of the Service; may be empty.
    pub ports: Vec<String>,
    /// How many usable addresses it has.
    pub addresses: usize,
}

/// That there is no such Service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoServiceJson {
    /// In words.
    pub error: String,
    /// The Service with the nearest name, as `<name>.<namespace>`; absent if none is near.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

impl ExplanationJson {
    /// The explanation as programs read it. Of what clients refuse (`refused`) it has what comes of this Service.
    pub fn new(explained: Explained, refused: &[Rejected]) -> Self {
        let Explained { explanation, mut rendered, rejected } = explained;
        let Explanation { key, unserved, ports, slices } = explanation;
        let object = ObjectRef::service(&key);
        let refused = refused.iter().filter(|one| one.object == object);
        let port = |port: PortExplanation| {
            let rendered = rendered.remove(&port.number);
            PortJson::new(port, rendered, &key)
        };
        Self {
            ports: ports.into_iter().map(port).collect(),
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
            unserved,
            slices: slices.into_iter().map(SliceJson::from).collect(),
            rejected: rejected.iter().chain(refused).map(RejectedJson::from).collect(),
        }
    }
}

impl PortJson {
    fn new(port: PortExplanation, rendered: Option<RenderedFor>, service: &Key) -> Self {
        let PortExplanation { number, name, default_for, unknown_app_protocol, unserved, settings, addresses, refused } =
            port;
        let (cluster, fleets, domains) = rendered.map_or_else(Default::default, |rendered| {
            let RenderedFor { cluster, fleets, everywhere, domains } = rendered;
            let domains = domains.into_iter().map(|domain| DomainJson::new(domain, everywhere)).collect();
            (Some(cluster.to_string()), fleet_names(&fleets), domains)
        });
        let addresses = addresses.into_iter().map(|address| AddressJson::new(address, service));
        Self {
            number,
            name: name.to_string(),
            default: default_for.is_some(),
            default_for,
            unknown_app_protocol: unknown_app_protocol.as_deref().map(str::to_owned),
            served: unserved.is_none(),
            unserved,
            cluster,
            fleets,
            domains,
            settings: settings.into_iter().map(SettingJson::from).collect(),
            addresses: addresses.chain(refused.into_iter().map(AddressJson::refused)).collect(),
        }
    }
}

impl DomainJson {
    fn new(DomainWanted { domain, requests, lost }: DomainWanted, everywhere: usize) -> Self {
        let requests = match requests {
            Requests::All => None,
            Requests::Grpc => Some("grpc".to_owned()),
            Requests::Other => Some("other".to_owned()),
        };
        let lost = lost.into_iter().map(|DomainLost { service, port, fleets }| LostJson {
            to: service.to_string(),
            port,
            fleets: (fleets.len() < everywhere).then(|| fleets.iter().map(ToString::to_string).collect()),
        });
        Self { domain: domain.to_string(), requests, lost: lost.collect() }
    }
}

impl From<SliceSummary> for SliceJson {
    fn from(SliceSummary { key, ports, addresses }: SliceSummary) -> Self {
        let ports = ports.into_iter().map(|(name, _)| name.to_string()).collect();
        Self { name: key.name.to_string(), ports, addresses }
    }
}

impl NoServiceJson {
    /// That there is no such Service, and which may have been meant.
    pub fn new(wanted: &Key, nearest: Option<&Key>) -> Self {
        let nearest = nearest.map(|Key { namespace, name }| format!("{name}.{namespace}"));
        Self { error: format!("there is no Service {wanted}"), nearest }
    }
}

fn fleet_names(fleets: &Fleets) -> Vec<String> {
    match fleets {
        Fleets::All => vec!["*".to_owned()],
        Fleets::Named(names) => names.iter().map(ToString::to_string).collect(),
    }
}

pub(super) async fn explain(State(admin): State<Admin>, Path((namespace, name)): Path<(String, String)>) -> Response {
    let key = Key::new(namespace, name);
    match admin.queries.explain(key.clone()).await {
        Ok(Some(explained)) => {
            let clients = Arc::clone(&admin.clients);
            blocking(move || ExplanationJson::new(explained, &rejected_by_clients(clients.nacks()))).await
        }
        Ok(None) => match nearest(&admin, key.clone()).await {
            Ok(nearest) => (StatusCode::NOT_FOUND, Json(NoServiceJson::new(&key, nearest.as_ref()))).into_response(),
            Err(error) => unanswered(error),
        },
        Err(error) => unanswered(error),
    }
}

async fn nearest(admin: &Admin, wanted: Key) -> Result<Option<Key>, QueryError> {
    let mut nearest = NearestService::new(wanted);
    let mut last = None;
    loop {
        let page = admin.queries.page(last).await?;
        for known in &page {
            nearest.consider(&known.key);
        }
        last = page.into_iter().next_back().map(|known| known.key);
        if last.is_none() {
            return Ok(nearest.found());
        }
    }
}
