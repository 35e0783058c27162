//! Requests in, responses out; the ids (B01 …) are those of the conformance list.

mod delta;
mod interleavings;
mod nack;
mod order;
mod places;
mod single;
mod size;
mod sotw;
mod unsupported;
mod world;
