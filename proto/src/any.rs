//! Packing messages into `Any`.

use prost::Name;
use prost_types::Any;

/// What stands before the message's full name in every type URL of xDS.
pub const TYPE_URL_PREFIX: &str = "type.googleapis.com/";

/// Packs a message, under the type URL `type.googleapis.com/<full name>`.
///
/// Equal messages give equal bytes, in every process: see the crate's page. `Any::to_msg` is the way back.
pub fn any<M: Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

/// The full name of the message in a type URL: what follows the last slash.
///
/// ```
/// let url = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
/// assert_eq!(data_plane_api::message_name(url), "envoy.config.cluster.v3.Cluster");
/// ```
#[must_use]
pub fn message_name(type_url: &str) -> &str {
    type_url.rsplit_once('/').map_or(type_url, |(_, name)| name)
}
