//! Why an address is used or isn't.

use serde::{Deserialize, Serialize};

/// One address of an EndpointSlice, as one port sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressExplanation {
    /// The address; of a rejected one, what stands in the slice.
    pub address: String,
    /// The port that the pod listens on; absent for a rejected address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// What clients do with it.
    #[serde(rename = "verdict")]
    pub state: AddressState,
    /// Why it is in this state.
    pub reason: AddressReason,
    /// Why it is rejected; absent if it isn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The slice whose word counts, where the same address stands in another one; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
    /// The zone it runs in; empty when unknown.
    pub zone: String,
    /// The node it runs on; empty when unknown.
    pub node: String,
    /// Its share relative to the others; absent for a rejected address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// The pod behind it, with its namespace only if that isn't the Service's; absent if the slice doesn't say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// The slice it stands in.
    pub slice: String,
}

/// What clients do with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressState {
    /// They send it requests.
    In,
    /// They let it finish.
    Draining,
    /// They aren't told of it.
    Out,
}

/// Why an address is used or isn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressReason {
    /// It is ready.
    Ready,
    /// It isn't ready, and the Service has `publishNotReadyAddresses`.
    NotReadyPublished,
    /// It is terminating and still serves, and no other is ready.
    NothingElse,
    /// It is terminating and still serves: it finishes what it has begun.
    Terminating,
    /// It isn't ready.
    NotReady,
    /// It is terminating and serves no more.
    Terminated,
    /// It is the second address of a pod whose first one, of the Service's first family, is ready.
    SecondAddress,
    /// The slices don't say which pod has it, and addresses of the other family are used.
    OtherFamily,
    /// The same address stands in the slices a second time.
    Repeated,
    /// Clients could do nothing with such an address.
    #[serde(rename = "refused")]
    Rejected,
}

impl AddressReason {
    /// What clients do with the address.
    pub const fn state(self) -> AddressState {
        match self {
            Self::Ready | Self::NotReadyPublished | Self::NothingElse | Self::SecondAddress => AddressState::In,
            Self::Terminating => AddressState::Draining,
            Self::NotReady | Self::Terminated | Self::OtherFamily | Self::Repeated | Self::Rejected => {
                AddressState::Out
            }
        }
    }
}
