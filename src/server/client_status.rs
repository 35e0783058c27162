//! CSDS: what each connected client was sent, and what it said of it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use data_plane_api::admin_dump::UpdateFailureState;
use data_plane_api::client_status::server::{ClientStatusDiscoveryService, ClientStatusDiscoveryServiceServer};
use data_plane_api::client_status::{
    ClientConfig, ClientStatusRequest, ClientStatusResponse, ConfigStatus, GenericXdsConfig,
};
use data_plane_api::core::{Locality, Node};
use data_plane_api::matcher::{NodeMatcher, StringMatcher, string_matcher::MatchPattern};
use futures::{Stream, StreamExt};
use prost::Message;
use tonic::{Request, Response, Status, Streaming};

use super::Streams;
use super::connection::Connection;
use super::peer::Peer;
use crate::protocol::{ResourceStatus, Standing};
use crate::xds::{Place, ResourceType};

/// The service. `streams` are those that it tells of.
pub(super) fn service(streams: Streams) -> ClientStatusDiscoveryServiceServer<ClientStatus> {
    ClientStatusDiscoveryServiceServer::new(ClientStatus { streams })
}

/// Answers from what the streams know. One `ClientConfig` is one stream: a node with several streams has several.
#[derive(Debug, Clone)]
pub(super) struct ClientStatus {
    streams: Streams,
}

#[tonic::async_trait]
impl ClientStatusDiscoveryService for ClientStatus {
    type StreamClientStatusStream = Pin<Box<dyn Stream<Item = Result<ClientStatusResponse, Status>> + Send>>;

    async fn stream_client_status(
        &self,
        requests: Request<Streaming<ClientStatusRequest>>,
    ) -> Result<Response<Self::StreamClientStatusStream>, Status> {
        let service = self.clone();
        let retired = Connection::of(requests.extensions())?.retired.cancelled_owned();
        let answers = requests.into_inner().map(move |request| service.answer(&request?)).take_until(retired);
        Ok(Response::new(Box::pin(answers)))
    }

    async fn fetch_client_status(
        &self,
        request: Request<ClientStatusRequest>,
    ) -> Result<Response<ClientStatusResponse>, Status> {
        self.answer(request.get_ref()).map(Response::new)
    }
}

impl ClientStatus {
    fn answer(&self, request: &ClientStatusRequest) -> Result<ClientStatusResponse, Status> {
        let ClientStatusRequest { node_matchers, node: _, exclude_resource_contents } = request;
        check(node_matchers)?;
        let peers = self.streams.peers();
        let meant = peers.iter().filter(|peer| is_meant(peer, node_matchers));
        let config = meant.map(|peer| client_config(peer, !exclude_resource_contents)).collect();
        Ok(ClientStatusResponse { config })
    }
}

/// Refuses matchers that aren't understood, by name; to ignore them would be to answer another question.
fn check(matchers: &[NodeMatcher]) -> Result<(), Status> {
    for NodeMatcher { node_id, node_metadatas } in matchers {
        if !node_metadatas.is_empty() {
            return Err(Status::invalid_argument(
                "node_matchers.node_metadatas: not supported, as metadata isn't kept; expected node_matchers.node_id",
            ));
        }
        let pattern = node_id.as_ref().map(|matcher| &matcher.match_pattern);
        if matches!(pattern, Some(None | Some(MatchPattern::SafeRegex(_) | MatchPattern::Custom(_)))) {
            return Err(Status::invalid_argument("node_matchers.node_id: expected exact, prefix, suffix or contains"));
        }
    }
    Ok(())
}

/// Whether any of the matchers is for this client. None at all is for every client.
fn is_meant(peer: &Peer, matchers: &[NodeMatcher]) -> bool {
    matchers.is_empty()
        || matchers.iter().any(|matcher| {
            matcher.node_id.as_ref().is_none_or(|StringMatcher { match_pattern, ignore_case }| {
                matches(match_pattern.as_ref(), *ignore_case, &peer.client.node_id)
            })
        })
}

fn matches(pattern: Option<&MatchPattern>, ignore_case: bool, node_id: &str) -> bool {
    let fold = |text: &str| if ignore_case { text.to_lowercase() } else { text.to_owned() };
    let id = fold(node_id);
    match pattern {
        Some(MatchPattern::Exact(text)) => id == fold(text),
        Some(MatchPattern::Prefix(text)) => id.starts_with(&fold(text)),
        Some(MatchPattern::Suffix(text)) => id.ends_with(&fold(text)),
        Some(MatchPattern::Contains(text)) => id.contains(&fold(text)),
        Some(MatchPattern::SafeRegex(_) | MatchPattern::Custom(_)) | None => false,
    }
}

fn client_config(peer: &Peer, with_contents: bool) -> ClientConfig {
    // The lock is held for pointers only; what takes long comes after.
    let (statuses, refused_on) = {
        let state = peer.state();
        (ResourceType::ALL.map(|resource_type| state.session.statuses(resource_type)), state.refused_on())
    };
    let configs = ResourceType::ALL.into_iter().zip(statuses).zip(refused_on);
    let configs = configs.flat_map(|((resource_type, statuses), refused_on)| {
        statuses.into_iter().map(move |status| config(resource_type, status, refused_on, with_contents))
    });
    ClientConfig {
        node: Some(Node {
            id: peer.client.node_id.clone(),
            cluster: peer.client.target.fleet.to_string(),
            locality: locality(&peer.client.place),
            ..Node::default()
        }),
        generic_xds_configs: configs.collect(),
        client_scope: peer.scope.clone(),
        ..ClientConfig::default()
    }
}

/// The locality by which the client said where it runs, if it did.
fn locality(place: &Place) -> Option<Locality> {
    let Place { zone, node } = place;
    let locality = Locality { zone: zone.to_string(), sub_zone: node.to_string(), ..Locality::default() };
    (*place != Place::default()).then_some(locality)
}

fn config(
    resource_type: ResourceType,
    status: ResourceStatus,
    refused_on: Option<SystemTime>,
    with_contents: bool,
) -> GenericXdsConfig {
    let ResourceStatus { name, resource, standing, error } = status;
    let version = resource.as_ref().map(|resource| resource.version().to_string()).unwrap_or_default();
    let contents =
        resource.filter(|_| with_contents).and_then(|resource| prost_types::Any::decode(resource.any().clone()).ok());
    let (xds_config, failed_configuration) = match standing {
        Standing::Error => (None, contents),
        Standing::Synced | Standing::NotSent | Standing::Stale => (contents, None),
    };
    let error_state = error.map(|details: Arc<str>| UpdateFailureState {
        failed_configuration,
        last_update_attempt: refused_on.map(Into::into),
        details: details.to_string(),
        version_info: version.clone(),
    });
    GenericXdsConfig {
        type_url: resource_type.type_url().to_owned(),
        name: name.to_string(),
        version_info: version,
        xds_config,
        config_status: match standing {
            Standing::Synced => ConfigStatus::Synced,
            Standing::NotSent => ConfigStatus::NotSent,
            Standing::Stale => ConfigStatus::Stale,
            Standing::Error => ConfigStatus::Error,
        }
        .into(),
        error_state,
        ..GenericXdsConfig::default()
    }
}
