//! A translation while it is made.

use std::collections::BTreeMap;

use crate::model::settings::PREFIX;
use crate::model::{Key, ObjectRef, Reason, Rejected};

/// What the annotations of other products come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translation {
    /// Settings of ours, each name once, in the order of their names.
    pub settings: Vec<Setting>,
    /// What has no counterpart, or can't be read at all.
    pub rejected: Vec<Rejected>,
    /// How the fields begin of which nobody knows what they would have set, because they can't be read.
    pub unreadable: Vec<String>,
}

/// One setting of ours, as its author might have written it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The annotation after our prefix: `retry-on`, `protocol.80`.
    pub name: String,
    /// Its text. Nobody has looked whether it can be used.
    pub text: String,
    /// Where it was read.
    pub place: Place,
}

/// Where something of another product stands, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The field, as in [`Rejected::field`].
    pub field: String,
    /// What stands there, as its author wrote it.
    pub value: String,
}

/// How much is said of one Service; who has more to mend than that mends this first.
const MAX_REJECTED: usize = 50;

/// Collects settings and complaints.
pub(super) struct Draft<'a> {
    service: &'a Key,
    settings: BTreeMap<String, (String, Place)>,
    rejected: Vec<Rejected>,
    unreadable: Vec<String>,
    unsaid: usize,
}

impl Place {
    /// An annotation as a whole.
    pub(super) fn annotation(name: &str, value: &str) -> Self {
        Self { field: format!("metadata.annotations[{}]", Rejected::shorten(name)), value: value.to_owned() }
    }

    /// What users would call it: the annotation without the way to it.
    pub fn spoken(&self) -> String {
        match self.field.strip_prefix("metadata.annotations[") {
            Some(rest) => rest.replacen(']', "", 1),
            None => self.field.clone(),
        }
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(service: &'a Key) -> Self {
        Self { service, settings: BTreeMap::new(), rejected: Vec::new(), unreadable: Vec::new(), unsaid: 0 }
    }

    /// The Service at hand.
    pub(super) fn service(&self) -> &Key {
        self.service
    }

    /// Takes a setting, unless an earlier place says otherwise.
    pub(super) fn set(&mut self, name: impl Into<String>, text: impl Into<String>, place: &Place) {
        let (name, text) = (name.into(), text.into());
        match self.settings.get(&name) {
            None => drop(self.settings.insert(name, (text, place.clone()))),
            Some((before, _)) if *before == text => {}
            Some((before, first)) => {
                let message = format!("contradicts {}, which has the same setting here", first.spoken());
                let meanwhile = format!("{PREFIX}{name} is {}", Rejected::shorten(before));
                self.reject(Reason::UnknownAnnotation, place, message, meanwhile);
            }
        }
    }

    /// Says that something has no counterpart.
    pub(super) fn ignore(&mut self, place: &Place, message: impl Into<String>) {
        self.ignore_but(place, message, "it is ignored");
    }

    /// Says that something has no counterpart, and what is done instead.
    pub(super) fn ignore_but(&mut self, place: &Place, message: impl Into<String>, meanwhile: &str) {
        self.reject(Reason::UnknownAnnotation, place, message.into(), meanwhile.to_owned());
    }

    /// Says that something is a mistake.
    pub(super) fn refuse(&mut self, place: &Place, message: impl Into<String>, meanwhile: &str) {
        self.reject(Reason::InvalidAnnotation, place, message.into(), meanwhile.to_owned());
    }

    /// Says that something can't be read, so that whatever it set before stays.
    pub(super) fn unreadable(&mut self, place: &Place, message: impl Into<String>) {
        self.refuse(place, message, "what it said before stays");
        self.unreadable.push(place.field.clone());
    }

    pub(super) fn finish(self) -> Translation {
        let Self { service: _, settings, mut rejected, unreadable, unsaid } = self;
        if let (Some(last), 1..) = (rejected.last_mut(), unsaid) {
            last.message = format!("{}; {unsaid} more of these follow", last.message);
        }
        let settings = settings.into_iter().map(|(name, (text, place))| Setting { name, text, place }).collect();
        Translation { settings, rejected, unreadable }
    }

    fn reject(&mut self, reason: Reason, place: &Place, message: String, meanwhile: String) {
        if self.rejected.len() == MAX_REJECTED {
            self.unsaid += 1;
            return;
        }
        self.rejected.push(Rejected {
            object: ObjectRef::service(self.service),
            field: place.field.clone(),
            value: Rejected::shorten(&place.value),
            reason,
            message,
            meanwhile,
        });
    }
}
