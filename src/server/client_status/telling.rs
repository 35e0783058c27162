//! What is told of one client, written out resource by resource.

use std::iter::Peekable;
use std::mem;
use std::time::SystemTime;

use data_plane_api::admin_dump::UpdateFailureState;
use data_plane_api::client_status::{ClientConfig, ConfigStatus, GenericXdsConfig};
use data_plane_api::core::{Locality, Node};
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint, message};

use super::message::Message;
use crate::protocol::{ResourceStatus, Standing, View};
use crate::server::peer::Peer;
use crate::xds::{Place, ResourceType};

/// `config` of `ClientStatusResponse`, and `generic_xds_configs` of `ClientConfig` (envoy/service/status/v3/csds.proto).
const CONFIG: u32 = 1;
const GENERIC_XDS_CONFIGS: u32 = 3;

/// A client that is being told of. Each resource is rendered when it is its turn, and gone when it is written; so a client
/// costs no more than the message that it goes into.
pub(super) struct Telling {
    /// Node and scope, which each message repeats.
    head: Vec<u8>,
    left: Peekable<Box<dyn Iterator<Item = GenericXdsConfig> + Send>>,
    /// Where each is written first.
    scratch: Vec<u8>,
}

impl Telling {
    /// Looks at a client as it is now, for which its lock is held only as long as it takes to copy pointers.
    pub(super) fn of(peer: &Peer, with_contents: bool) -> Self {
        let node = Node {
            id: peer.client.node_id.clone(),
            cluster: peer.client.target.fleet.to_string(),
            locality: locality(&peer.client.place),
            ..Node::default()
        };
        Self::new(node, peer.scope.clone(), peer.views(), with_contents)
    }

    /// One that tells of these views, each with the time at which something of its type was last refused.
    pub(super) fn new(
        node: Node,
        client_scope: String,
        views: Vec<(View, Option<SystemTime>)>,
        with_contents: bool,
    ) -> Self {
        let head = ClientConfig { node: Some(node), client_scope, ..ClientConfig::default() }.encode_to_vec();
        let configs = views.into_iter().flat_map(move |(view, refused_on)| {
            let resource_type = view.resource_type();
            view.statuses().map(move |status| config(resource_type, status, refused_on, with_contents))
        });
        let configs: Box<dyn Iterator<Item = GenericXdsConfig> + Send> = Box::new(configs);
        Self { head, left: configs.peekable(), scratch: Vec::new() }
    }

    /// Adds to a `ClientStatusResponse`, of which so far there is this, as much as `most` bytes have room for; but always one
    /// resource, if any is left. Says whether that was all.
    pub(super) fn write(&mut self, response: &mut Message, most: usize) -> bool {
        let mut client = Message::default();
        client.push(&self.head);
        let mut is_first = true;
        while let Some(config) = self.left.next_if(|config| {
            let size = response.len() + frame(client.len() + frame(config.encoded_len()));
            mem::take(&mut is_first) || size <= most
        }) {
            self.scratch.clear();
            message::encode(GENERIC_XDS_CONFIGS, &config, &mut self.scratch);
            client.push(&self.scratch);
        }
        self.scratch.clear();
        encode_key(CONFIG, WireType::LengthDelimited, &mut self.scratch);
        encode_varint(client.len() as u64, &mut self.scratch);
        response.push(&self.scratch);
        response.append(client);
        self.left.peek().is_none()
    }
}

/// How large a field is whose content is so large, at most: its key has one byte, its length five.
const fn frame(content: usize) -> usize {
    content + 6
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
    let error_state = error.map(|details| UpdateFailureState {
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
