//! The xDS transport protocol as state machines, without sockets, clocks and locks.
//!
//! ```text
//! DiscoveryRequest ──────┐                         ┌──▶ Answer (ACK or NACK)
//! DeltaDiscoveryRequest ─┴─▶ Request ──▶ Session ──┴──▶ Response ─▶ (the server encodes it)
//!                            Snapshot ─────▶ │ └─────▶ is_waiting ─▶ (the server keeps the time)
//!                                            ▼
//!           one Subscriber per ResourceType: Subscription, what the client holds, what is in flight
//! ```
//!
//! # What a client holds
//!
//! No list of (name, version) is kept per client. A [`Session`] keeps, per type, the very
//! [`ResourceMap`](crate::xds::ResourceMap) that the client was last brought up to; the maps are persistent, so this is
//! a pointer, and comparing it with the newest map costs what changed between them, not what there is. Whatever departs
//! from "holds all of its subscription" is a small set beside it: names to send though unchanged, names that it NACKed.
//!
//! A resource that looks different from different places is in these maps once, too; it is compared and sent as it looks
//! from where the client is ([`Session::at`]).
//!
//! The names that it subscribes to are a set, which all streams with the same names share ([`NameSets`]). So a client of a
//! thousand names costs hardly more memory than a client of ten, unless no other client subscribes to the same names.
//!
//! # Flow
//!
//! At most one response per type is in flight; whatever happens meanwhile is sent, as one difference, after its ACK or
//! NACK. So a slow client skips intermediate states, and costs no memory for them.
//!
//! # Order
//!
//! See [`order`]: CDS, EDS, LDS, RDS; assignments again after their clusters; routes only after the clusters that they
//! name; removal of clusters only after the routes that named them. (gRPC clients get routes first: see
//! [`Session::by_name`].)

mod messages;
mod nack;
mod name_list;
mod names;
mod order;
mod request;
mod respond;
mod session;
mod status;
mod subscriber;
mod subscription;
#[cfg(test)]
mod tests;
mod unsupported;
mod xdstp;

pub use messages::{DeltaDiscoveryRequest, DiscoveryRequest, ErrorDetail};
pub use nack::{Nack, NackedResource};
pub use name_list::NameList;
pub use names::{NameSet, NameSets};
pub use request::{Request, SubscriptionUpdate};
pub use respond::MAX_RESPONSE_BYTES;
pub use session::{Answer, MAX_NAMES_BYTES, Session, Variant};
pub use status::{ResourceStatus, SubscriptionStatus, SyncStatus};
pub use subscriber::Response;
pub use subscription::NAME_OVERHEAD_BYTES;
pub use unsupported::NotFoundResponse;
