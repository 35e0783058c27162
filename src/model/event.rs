//! The events that sources emit.

use super::{Concern, Kind, ObjectRef, Rejected, object::Object};

/// Something that happened to the objects of a source; the words are kube-runtime's.
///
/// A complete list of a kind comes as `Init`, any number of `InitApply`, `InitDone`. Until `InitDone` nothing of it
/// counts; then it replaces, in one step, all that was known of that kind, and only the net difference is a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The object was added or changed.
    Apply(Converted),
    /// The object is gone.
    Delete(ObjectRef),
    /// A complete list of this kind begins.
    Init(Kind),
    /// The object is in the list.
    InitApply(Converted),
    /// The list of this kind is complete.
    InitDone(Kind),
}

/// What became of one object (or file) when it was converted.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// Which object this is about.
    pub id: ObjectRef,
    /// What it is now; `None` if it can't be used as a whole, and then what was known of it stays.
    pub object: Option<Object>,
    /// What of it can't be used. Replaces what was rejected of it before.
    pub rejected: Vec<Rejected>,
    /// Whose business that is while there is no object. (What is rejected of a file is everybody's.)
    pub concern: Concern,
}
