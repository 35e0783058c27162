//! The `ClientConfig` of one stream, encoded resource by resource.

use std::iter::Peekable;
use std::mem;
use std::time::SystemTime;

use data_plane_api::admin_dump::UpdateFailureState;
use data_plane_api::client_status::{ClientConfig, ConfigStatus, GenericXdsConfig};
use data_plane_api::core::{Locality, Node};
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint, message};

use super::message::MessageBuffer;
use crate::protocol::{ResourceStatus, SubscriptionStatus, SyncStatus};
use crate::server::client_stream::ClientStream;
use crate::xds::{Place, ResourceType};

/// `config` of `ClientStatusResponse`, and `generic_xds_configs` of `ClientConfig` (envoy/service/status/v3/csds.proto).
const CONFIG: u32 = 1;
const GENERIC_XDS_CONFIGS: u32 = 3;

/// Writes one stream into messages. Each resource is encoded when it is its turn, and freed when it is written; so a stream
/// costs no more than the message that it is written into.
pub(super) struct ClientConfigWriter {
    /// Node and scope, which each message repeats.
    head: Vec<u8>,
    left: Peekable<Box<dyn Iterator<Item = GenericXdsConfig> + Send>>,
    /// The buffer in which each is encoded.
    scratch: Vec<u8>,
}

impl ClientConfigWriter {
    /// A writer for a stream as it is now. Holds its lock only to copy pointers.
    pub(super) fn of(stream: &ClientStream, with_contents: bool) -> Self {
        let client = &stream.client;
        let node = Node {
            id: client.node_id.clone(),
            cluster: client.target.fleet.to_string(),
            locality: locality(&client.place),
            ..Node::default()
        };
        Self::new(node, stream.scope.clone(), stream.statuses(), with_contents)
    }

    /// A writer for these statuses, each with the time of the last NACK of its type.
    pub(super) fn new(
        node: Node,
        client_scope: String,
        statuses: Vec<(SubscriptionStatus, Option<SystemTime>)>,
        with_contents: bool,
    ) -> Self {
        let head = ClientConfig { node: Some(node), client_scope, ..ClientConfig::default() }.encode_to_vec();
        let configs = statuses.into_iter().flat_map(move |(status, nacked_on)| {
            let resource_type = status.resource_type();
            status.resources().map(move |status| config(resource_type, status, nacked_on, with_contents))
        });
        let configs: Box<dyn Iterator<Item = GenericXdsConfig> + Send> = Box::new(configs);
        Self { head, left: configs.peekable(), scratch: Vec::new() }
    }

    /// Adds to a `ClientStatusResponse` as much as fits into `most` bytes, but at least one resource, if any is left. Returns
    /// whether that was all.
    pub(super) fn write(&mut self, response: &mut MessageBuffer, most: usize) -> bool {
        let mut client = MessageBuffer::default();
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

/// The largest size of a field with content of this size: its key has one byte, its length five.
const fn frame(content: usize) -> usize {
    content + 6
}

/// The locality of the client's place, if it has one.
fn locality(place: &Place) -> Option<Locality> {
    let Place { zone, node } = place;
    let locality = Locality { zone: zone.to_string(), sub_zone: node.to_string(), ..Locality::default() };
    (*place != Place::default()).then_some(locality)
}

fn config(
    resource_type: ResourceType,
    status: ResourceStatus,
    nacked_on: Option<SystemTime>,
    with_contents: bool,
) -> GenericXdsConfig {
    let ResourceStatus { name, resource, sync, error } = status;
    let version = resource.as_ref().map(|resource| resource.version().to_string()).unwrap_or_default();
    let contents =
        resource.filter(|_| with_contents).and_then(|resource| prost_types::Any::decode(resource.any().clone()).ok());
    let (xds_config, failed_configuration) = match sync {
        SyncStatus::Error => (None, contents),
        SyncStatus::Synced | SyncStatus::NotSent | SyncStatus::Stale => (contents, None),
    };
    let error_state = error.map(|details| UpdateFailureState {
        failed_configuration,
        last_update_attempt: nacked_on.map(Into::into),
        details: details.to_string(),
        version_info: version.clone(),
    });
    GenericXdsConfig {
        type_url: resource_type.type_url().to_owned(),
        name: name.to_string(),
        version_info: version,
        xds_config,
        config_status: match sync {
            SyncStatus::Synced => ConfigStatus::Synced,
            SyncStatus::NotSent => ConfigStatus::NotSent,
            SyncStatus::Stale => ConfigStatus::Stale,
            SyncStatus::Error => ConfigStatus::Error,
        }
        .into(),
        error_state,
        ..GenericXdsConfig::default()
    }
}
