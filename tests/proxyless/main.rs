//! Real gRPC clients without a proxy, one of each family, and what a control plane does to their calls.
//!
//! ```text
//!  manifests ─▶ chancery serve ─xDS─▶ client (go, java, node, python) ─▶ pods, which do what the test says
//!                                      ▲ commands │ answers, CSDS
//!                                      └── test ◀─┘
//! ```
//!
//! - [`scene`]: Services, pods, control plane. [`client`]: a client; [`server`]: a server; each is the [`program`] of a [`family`].
//! - [`features`]: what each family does, and what it doesn't, which every test consults; [`page`]: what users read of that.
//! - Which pod a call goes to: [`spread`], [`balancing`], [`zones`], at which of its addresses: [`families`]; when pods come and go, or the channel sleeps: [`changes`];
//!   when a call is made again: [`retries`]; when it is ended, or not made at all: [`limits`].
//! - What becomes of a name that nobody told of: [`names`]; how names are written: [`forms`]. What becomes of what a client can't
//!   take: [`rejections`], [`events`]; that there is nothing such: [`worlds`]. Control planes come and go: [`servers`]. Servers
//!   ask, too: [`served`].
//!
//! Nearly each test ends with a look at what the client itself says of its resources (CSDS), and at how many the control plane saw
//! rejected: none.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod client;
mod family;
mod features;
mod page;
mod program;
mod scene;
mod server;

mod balancing;
mod changes;
mod events;
mod families;
mod forms;
mod limits;
mod names;
mod rejections;
mod retries;
mod served;
mod servers;
mod spread;
mod worlds;
mod zones;
