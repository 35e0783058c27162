//! A game: a client, a session, and what happens to them, with the rules of the protocol watching every move.
//!
//! ```text
//! Step ──▶ Game ──▶ View (the client: applies responses as Envoy does)
//!            │  ──▶ Session (under test)
//!            └────▶ Book (the rules: what may be sent, what has to be)
//! ```
//!
//! The views and books know nothing of how the session works: they are written from the specification, with a plain list
//! of what was sent. What breaks a rule is a panic.

mod book;
mod game;
mod resources;
mod step;
mod subscription;
mod view;

pub use game::{Game, Streams};
pub use step::{Change, NAMES, Nonce, Step, WILDCARD};
