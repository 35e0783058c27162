//! Collects what is rejected of one object.

use crate::model::object::Object;
use crate::model::{Concern, Converted, Key, Kind, Location, ObjectRef, Reason, Rejected, meanwhile};

/// Collects what can't be used of one object while it is converted.
#[derive(Debug)]
pub(super) struct Report {
    id: ObjectRef,
    refused: bool,
    rejected: Vec<Rejected>,
    concern: Concern,
}

impl Report {
    /// Nothing wrong with the object so far.
    pub(super) fn new(kind: Kind, key: Key, concern: Concern) -> Self {
        Self { id: ObjectRef::Object(kind, key), refused: false, rejected: Vec::new(), concern }
    }

    /// Whatever is wrong with the object, it was meant for us.
    pub(super) fn concerns_us(&mut self) {
        self.concern = Concern::Ours;
    }

    /// Whether the object says itself that it is meant for us.
    pub(super) fn is_ours(&self) -> bool {
        self.concern == Concern::Ours
    }

    /// Whose report it is.
    pub(super) fn id(&self) -> &ObjectRef {
        &self.id
    }

    /// Whether the object as a whole can't be used.
    pub(super) fn is_refused(&self) -> bool {
        self.refused
    }

    /// Kubernetes would refuse the object because of this field.
    pub(super) fn refuse(&mut self, field: impl Into<Location>, value: &str, message: impl Into<String>) {
        self.refuse_for(Reason::InvalidObject, field, value, message);
    }

    /// The object as a whole can't be used, for this reason.
    pub(super) fn refuse_for(
        &mut self,
        reason: Reason,
        field: impl Into<Location>,
        value: &str,
        message: impl Into<String>,
    ) {
        self.refused = true;
        self.reject(reason, field.into(), value, message.into(), meanwhile::LAST_GOOD_STATE);
    }

    /// This part of an EndpointSlice can't be used, the rest can.
    pub(super) fn leave_out(&mut self, field: impl Into<Location>, value: &str, message: impl Into<String>) {
        let meanwhile = "left out; the rest of the slice is served";
        self.reject(Reason::InvalidEndpoint, field.into(), value, message.into(), meanwhile);
    }

    /// This field isn't followed, or hardly does what its author wants; the object is served all the same.
    pub(super) fn doubt(
        &mut self,
        field: impl Into<Location>,
        value: &str,
        message: impl Into<String>,
        meanwhile: &str,
    ) {
        self.reject(Reason::DoubtfulObject, field.into(), value, message.into(), meanwhile);
    }

    /// What somebody else found.
    pub(super) fn extend(&mut self, rejected: Vec<Rejected>) {
        self.rejected.extend(rejected);
    }

    /// What became of the object: `object`, unless it was refused.
    pub(super) fn converted(self, object: Option<Object>) -> Converted {
        let Self { id, refused, rejected, concern } = self;
        Converted { id, object: object.filter(|_| !refused), rejected, concern }
    }

    fn reject(&mut self, reason: Reason, field: Location, value: &str, message: String, meanwhile: &str) {
        self.rejected.push(Rejected {
            object: self.id.clone(),
            field,
            value: Rejected::shorten(value),
            reason,
            message,
            meanwhile: meanwhile.to_owned(),
        });
    }
}
