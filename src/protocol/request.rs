//! Discovery requests, in one form for both variants of the protocol.

use std::collections::BTreeMap;

use super::messages::{DeltaDiscoveryRequest, DiscoveryRequest};
use super::name_list::NameList;
use super::xdstp::{all_canonical, canonical};
use crate::xds::ResourceType;

/// A discovery request for one resource type, of either variant.
#[derive(Debug, Clone)]
pub struct Request {
    /// The resource type.
    pub resource_type: ResourceType,
    /// The nonce of the response that it ACKs or NACKs; empty if it answers none.
    pub nonce: String,
    /// The message of its `error_detail`, whose presence makes it a NACK.
    pub error: Option<String>,
    /// What it says about the subscription.
    pub update: SubscriptionUpdate,
}

/// What a request says about the subscription to its resource type.
#[derive(Debug, Clone)]
pub enum SubscriptionUpdate {
    /// State of the world: the whole subscription.
    Replace {
        /// `resource_names`.
        names: NameList,
        /// Whether `version_info` is set: the client already holds resources of this type, from this stream or an
        /// earlier one. Which version it names isn't used: it may be that of another set of names.
        has_version: bool,
    },
    /// Delta: the changes of the subscription.
    Change {
        /// `resource_names_subscribe`.
        subscribe: NameList,
        /// `resource_names_unsubscribe`.
        unsubscribe: NameList,
        /// `initial_resource_versions`: what a client that reconnects still holds. Read in the first request of a type
        /// only.
        initial_versions: BTreeMap<String, String>,
    },
}

impl DiscoveryRequest {
    /// This request, as one for `resource_type`.
    pub fn into_request(self, resource_type: ResourceType) -> Request {
        let Self { version_info, resource_names, type_url: _, response_nonce, error_detail } = self;
        Request {
            resource_type,
            nonce: response_nonce,
            error: error_detail.map(|error| error.message),
            update: SubscriptionUpdate::Replace {
                names: all_canonical(resource_names),
                has_version: !version_info.is_empty(),
            },
        }
    }
}

impl DeltaDiscoveryRequest {
    /// This request, as one for `resource_type`.
    pub fn into_request(self, resource_type: ResourceType) -> Request {
        let Self {
            type_url: _,
            resource_names_subscribe,
            resource_names_unsubscribe,
            initial_resource_versions,
            response_nonce,
            error_detail,
        } = self;
        Request {
            resource_type,
            nonce: response_nonce,
            error: error_detail.map(|error| error.message),
            update: SubscriptionUpdate::Change {
                subscribe: all_canonical(resource_names_subscribe),
                unsubscribe: all_canonical(resource_names_unsubscribe),
                initial_versions: initial_resource_versions
                    .into_iter()
                    .map(|(name, version)| (canonical(&name).into_owned(), version))
                    .collect(),
            },
        }
    }
}
