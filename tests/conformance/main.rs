//! The conformance suite: what an xDS server must do, one case at a time, asked of the real server over a real socket.
//!
//! [`cases`] lists all cases by id. The id is the beginning of the test's name, and a test there fails when a case has
//! no test. The finer points of the state machines are tested beside them, in `src/protocol/tests`.
//!
//! A story reads so: the server [has](rig::control_plane::ControlPlane::have) resources, written
//! `name=anything`; a client asks, and takes or refuses what comes; that nothing comes is heard by
//! [asking for something else](rig::ads::Sotw::silent).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod area;
mod cases;
mod delta;
mod identity;
mod limits;
mod nack;
mod names;
mod order;
mod readme;
mod reconnect;
mod services;
mod single;
mod sotw;
mod status;
mod transport;
mod unserved;
mod wildcard;
mod world;
