//! Maps the conditions of an endpoint to a state.

use crate::model::EndpointState;
use crate::model::explanation::AddressReason;
use crate::model::object::SliceEndpoint;

/// What the conditions of an endpoint come to, whatever the others are.
#[derive(Clone, Copy)]
pub(super) enum Condition {
    Ready,
    /// Not ready, but its Service has `publishNotReadyAddresses`.
    Published,
    /// Terminating, but still serving.
    Serving,
    /// Terminating, and not serving.
    Terminated,
    NotReady,
}

impl Condition {
    /// With `publishNotReadyAddresses` the EndpointSlice controller writes `ready: true` whatever the pod does, so there the
    /// other two conditions tell. Without it, what is terminating is never ready (EndpointConditions in `discovery/v1`), and
    /// is called so only for as long as the controller needs to follow the Service.
    pub(super) const fn of(endpoint: &SliceEndpoint, publish_not_ready: bool) -> Self {
        let SliceEndpoint { address: _, ready, serving, terminating, zone: _, node: _, pod: _ } = endpoint;
        let is_ready = *ready && !*terminating && (!publish_not_ready || *serving);
        match (is_ready, *terminating, *serving) {
            (true, _, _) => Self::Ready,
            (false, true, true) => Self::Serving,
            (false, true, false) => Self::Terminated,
            (false, false, _) if publish_not_ready => Self::Published,
            (false, false, _) => Self::NotReady,
        }
    }

    /// How it takes part while others are ready, if it does.
    pub(super) const fn state(self) -> Option<EndpointState> {
        match self {
            Self::Ready | Self::Published => Some(EndpointState::Ready),
            Self::Serving => Some(EndpointState::Draining),
            Self::Terminated | Self::NotReady => None,
        }
    }

    /// In words, once it is known what became of it.
    pub(super) const fn reason(self, merged: Option<EndpointState>) -> AddressReason {
        match (self, merged) {
            // What isn't ready is in only because the other address of its pod is.
            (Self::Ready, _) | (Self::Terminated | Self::NotReady, Some(EndpointState::Ready)) => AddressReason::Ready,
            (Self::Published, _) => AddressReason::NotReadyPublished,
            (Self::Serving, Some(EndpointState::Ready)) => AddressReason::NothingElse,
            (Self::Serving, None)
            | (Self::Serving | Self::Terminated | Self::NotReady, Some(EndpointState::Draining)) => {
                AddressReason::Terminating
            }
            (Self::Terminated, None) => AddressReason::Terminated,
            (Self::NotReady, None) => AddressReason::NotReady,
        }
    }
}
