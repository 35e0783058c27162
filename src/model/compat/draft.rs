//! Collects the translation of other products' annotations.

use std::collections::BTreeMap;

use super::Subject;
use crate::model::object::Port;
use crate::model::settings::PREFIX;
use crate::model::{Key, Location, ObjectRef, Reason, Rejected, meanwhile};

/// What the annotations of other products come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translation {
    /// Settings of ours, each name once, in the order of their names.
    pub settings: Vec<TranslatedSetting>,
    /// What has no counterpart, or can't be read at all.
    pub rejected: Vec<Rejected>,
    /// The places of which nobody knows what would have been set there, because they can't be read.
    pub unreadable: Vec<Location>,
}

/// One setting of ours, as its author might have written it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranslatedSetting {
    /// The annotation after our prefix: `retry-on`, `protocol.80`.
    pub name: String,
    /// Its text. Nobody has looked whether it can be used.
    pub text: String,
    /// Where it was read.
    pub place: AnnotationField,
    /// Of a list whose items stand apart: where each of them was read.
    pub items: BTreeMap<String, AnnotationField>,
    /// What is said where the text can't be used, if what we expect would mislead whoever wrote it.
    pub expected: Option<&'static str>,
}

/// Where something of another product stands, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationField {
    /// The field.
    pub field: Location,
    /// What stands there, as its author wrote it.
    pub value: String,
}

/// How much is said of one Service; who has more to mend than that mends this first.
const MAX_REJECTED: usize = 50;

/// Collects settings and complaints.
pub(super) struct Draft<'a> {
    subject: Subject<'a>,
    settings: BTreeMap<String, TranslatedSetting>,
    rejected: Vec<Rejected>,
    unreadable: Vec<Location>,
    unsaid: usize,
}

impl AnnotationField {
    /// An annotation as a whole.
    pub(super) fn annotation(name: &str, value: &str) -> Self {
        Self { field: Location::annotation(name), value: value.to_owned() }
    }

    /// What users would call it: the annotation without the way to it.
    pub fn spoken(&self) -> String {
        self.field.spoken()
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(subject: Subject<'a>) -> Self {
        Self { subject, settings: BTreeMap::new(), rejected: Vec::new(), unreadable: Vec::new(), unsaid: 0 }
    }

    /// The Service at hand.
    pub(super) fn service(&self) -> &'a Key {
        self.subject.key
    }

    /// Its TCP ports, if they are known.
    pub(super) fn ports(&self) -> Option<&'a [Port]> {
        self.subject.ports
    }

    /// Whether the Service has no pods.
    pub(super) fn is_external_name(&self) -> bool {
        self.subject.external_name
    }

    /// Takes a setting, unless an earlier place says otherwise.
    pub(super) fn set(&mut self, name: impl Into<String>, text: impl Into<String>, place: &AnnotationField) {
        self.set_expecting(None, name, text, place);
    }

    /// Takes a setting of which something else is expected there than here.
    pub(super) fn set_expecting(
        &mut self,
        expected: Option<&'static str>,
        name: impl Into<String>,
        text: impl Into<String>,
        place: &AnnotationField,
    ) {
        let (name, text) = (name.into(), text.into());
        self.take(TranslatedSetting { name, text, place: place.clone(), items: BTreeMap::new(), expected });
    }

    /// Takes a list whose items stand apart, the first of them at `place`.
    pub(super) fn set_list(&mut self, name: String, items: BTreeMap<String, AnnotationField>, place: AnnotationField) {
        let text = items.keys().map(String::as_str).collect::<Vec<_>>().join(",");
        self.take(TranslatedSetting { name, text, place, items, expected: None });
    }

    fn take(&mut self, setting: TranslatedSetting) {
        match self.settings.get(&setting.name) {
            None => drop(self.settings.insert(setting.name.clone(), setting)),
            Some(before) if before.text == setting.text => {}
            Some(before) => {
                let message = format!("contradicts {}, which has the same setting here", before.place.spoken());
                let meanwhile = format!("{PREFIX}{} is {}", setting.name, Rejected::shorten(&before.text));
                self.reject(Reason::UnknownAnnotation, &setting.place, message, meanwhile);
            }
        }
    }

    /// Says that something has no counterpart.
    pub(super) fn ignore(&mut self, place: &AnnotationField, message: impl Into<String>) {
        self.ignore_but(place, message, meanwhile::IGNORED);
    }

    /// Says that something has no counterpart, and what is done instead.
    pub(super) fn ignore_but(&mut self, place: &AnnotationField, message: impl Into<String>, meanwhile: &str) {
        self.reject(Reason::UnknownAnnotation, place, message.into(), meanwhile.to_owned());
    }

    /// Says that an annotation under `prefix` isn't one that is read, which of those that are may have been meant, and what is
    /// said `otherwise`.
    pub(super) fn not_read(&mut self, place: &AnnotationField, prefix: &str, near: Option<&str>, otherwise: &str) {
        match near {
            Some(near) => self.ignore(place, format!("not supported; did you mean {prefix}{near}?")),
            None => self.ignore(place, format!("not read{otherwise}")),
        }
    }

    /// Says that something is a mistake.
    pub(super) fn refuse(&mut self, place: &AnnotationField, message: impl Into<String>, meanwhile: &str) {
        self.reject(Reason::InvalidAnnotation, place, message.into(), meanwhile.to_owned());
    }

    /// Says that something can't be read, so that whatever it set before stays.
    pub(super) fn unreadable(&mut self, place: &AnnotationField, message: impl Into<String>) {
        self.refuse(place, message, "what it said before stays");
        self.unreadable.push(place.field.clone());
    }

    pub(super) fn finish(self) -> Translation {
        let Self { subject: _, settings, mut rejected, unreadable, unsaid } = self;
        if let (Some(last), 1..) = (rejected.last_mut(), unsaid) {
            last.message = format!("{}; {unsaid} more of these follow", last.message);
        }
        Translation { settings: settings.into_values().collect(), rejected, unreadable }
    }

    fn reject(&mut self, reason: Reason, place: &AnnotationField, message: String, meanwhile: String) {
        if self.rejected.len() == MAX_REJECTED {
            self.unsaid += 1;
            return;
        }
        self.rejected.push(Rejected {
            object: ObjectRef::service(self.subject.key),
            field: place.field.clone(),
            value: Rejected::shorten(&place.value),
            reason,
            message,
            meanwhile,
        });
    }
}
