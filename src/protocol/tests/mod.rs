//! Requests in, responses out; the ids (B01 …) are those of the conformance list.

mod delta;
mod interleavings;
mod order;
mod sotw;
mod world;
