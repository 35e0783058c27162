//! The xDS protocol as state machines, without sockets and clocks.
//!
//! ```text
//! DiscoveryRequest ──────▶ sotw::ask ──┐                ┌──▶ Verdict (ACK, NACK)
//! DeltaDiscoveryRequest ─▶ delta::ask ─┴─▶ Ask ─▶ Session ─▶ Response ─▶ (server encodes)
//!                                Snapshot ────────▶ │  └──▶ waiting ─▶ (server keeps the time)
//!                                                   ▼
//!               one Subscriber per ResourceType: Subscription, what it holds, what is unanswered
//! ```
//!
//! # What a client holds
//!
//! No list of (name, version) is kept per client. A [`Session`] keeps, per type, the very
//! [`ResourceMap`](crate::xds::ResourceMap) that the client was last brought up to; the maps are persistent, so this is
//! a pointer, and comparing it with the newest map costs what changed between them, not what there is. Whatever departs
//! from "holds all of its subscription" is a small set beside it: names to send though unchanged, names it rejected.
//!
//! A resource that looks different from different places is in these maps once, too; it is compared and sent as it looks
//! from where the client is ([`Session::at`]).
//!
//! The names that it asks for are a set, which is shared by all streams that ask for the same ([`names`]). So a client of
//! a thousand names costs hardly more memory than a client of ten, unless nobody else wants what it wants.
//!
//! # Flow
//!
//! At most one response per type is unanswered at any time; whatever happens meanwhile is seen, as one difference, when
//! the answer comes. So a slow client skips intermediate states, and costs no memory for them.
//!
//! # Order
//!
//! See [`order`]: CDS, EDS, LDS, RDS; assignments again after their clusters; routes only after the clusters that they
//! name; removal of clusters only after the routes that named them. (gRPC clients get routes first: see
//! [`Session::by_name`].)

mod blame;
pub mod delta;
mod name_list;
mod names;
mod order;
mod request;
mod respond;
mod session;
pub mod sotw;
mod status;
mod subscriber;
mod subscription;
#[cfg(test)]
mod tests;
mod unserved;
mod xdstp;

pub use blame::{Blamed, Complaint};
pub use name_list::NameList;
pub use request::{DeltaDiscoveryRequest, DiscoveryRequest, ErrorDetail};
pub use respond::MAX_RESPONSE_BYTES;
pub use session::{Ask, Asked, MAX_NAMES_BYTES, Session, Variant, Verdict};
pub use status::{ResourceStatus, Standing, View};
pub use subscriber::Response;
pub use subscription::NAME_OVERHEAD_BYTES;
pub use unserved::Absence;
