//! Resources, versions and snapshots.
//!
//! ```text
//! Target ── asks the World for ──▶ Snapshot ── one per ResourceType ──▶ ResourceMap ── by Name ──▶ Resource
//!                                                                                                 │
//!                                                            Any bytes, Version = hash of them ◀──┘
//! ```
//!
//! A resource may be *located*: it looks different from different [`Place`]s. The maps hold it once, for all, with a
//! version that stands for all its views; where something goes out to a client, it is what [`Resource::at`] gives.
//!
//! All maps are persistent: cloning one is a pointer copy, changing one entry copies a path of a tree, and two maps
//! that came from each other are compared in time proportional to their differences. That is why one endpoint change
//! costs the same with ten Services and with ten thousand.

mod entry;
mod json;
mod partial_message;
mod place;
mod resource;
mod resource_map;
mod resource_type;
mod snapshot;
mod target;
mod version;

pub use json::{JsonError, resource_to_json};
pub(crate) use partial_message::{in_field, merge_map_entry, merge_optional, partial_message, receive_only};
pub use place::Place;
pub use resource::{Name, Origin, Resource};
pub use resource_map::{Difference, ResourceMap};
pub use resource_type::ResourceType;
pub use snapshot::{Snapshot, World};
pub use target::{ClientKind, Target};
pub use version::Version;
