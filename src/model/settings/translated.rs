//! Settings that were said in the words of another product.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::name::{Name, Unnamed};
use super::value::Fault;
use super::{Settings, default_stays};
use crate::model::compat::{self, Place, Translation};
use crate::model::{ObjectRef, Reason, Rejected};

/// The annotations of other products on one Service, parsed as if they were ours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Translated {
    settings: Settings,
    /// Where each setting was read, good or bad.
    fields: BTreeMap<Name, Arc<str>>,
    /// How the fields begin that can't be read, so that nobody knows what they would set.
    unreadable: Vec<String>,
}

impl Translated {
    /// Parses a translation. What is said of a value that can't be used names the place where it was written.
    pub fn parse(service: &ObjectRef, translation: Translation) -> (Self, Vec<Rejected>) {
        let Translation { settings, mut rejected, unreadable } = translation;
        let mut translated = Self { unreadable, ..Self::default() };
        for compat::Setting { name, text, place: Place { field, value } } in settings {
            let mut reject = |reason, part: Option<String>, message, meanwhile| {
                let value = part.unwrap_or_else(|| Rejected::shorten(&value));
                rejected.push(Rejected {
                    object: service.clone(),
                    field: field.clone(),
                    value,
                    reason,
                    message,
                    meanwhile,
                });
            };
            match Name::parse(&name) {
                Err(Unnamed::Unknown(message)) => {
                    reject(Reason::UnknownAnnotation, None, message, "it is ignored".to_owned());
                }
                Err(Unnamed::BadPort(message)) => {
                    reject(Reason::InvalidAnnotation, None, message, "it is ignored".to_owned());
                }
                Ok((name, setting)) => {
                    translated.fields.insert(name.clone(), field.as_str().into());
                    for Fault { value, message, meanwhile } in translated.settings.take(name, setting, &text) {
                        let meanwhile = meanwhile.map_or_else(|| default_stays(setting), str::to_owned);
                        reject(Reason::InvalidAnnotation, value, message, meanwhile);
                    }
                }
            }
        }
        (translated, rejected)
    }

    /// Keeps the `previous` value of every setting whose value now can't be used, or whose place can't be read.
    pub fn keep_last_good(&mut self, previous: &Self) {
        self.settings.keep_last_good(&previous.settings);
        for (name, value) in &previous.settings.good {
            let field = previous.fields.get(name).filter(|field| self.is_unreadable(field));
            if let (Some(field), false) = (field, self.fields.contains_key(name)) {
                self.settings.good.insert(name.clone(), value.clone());
                self.fields.insert(name.clone(), Arc::clone(field));
            }
        }
    }

    /// The settings that can be used, by their names after our prefix, with their texts and where each was read.
    pub fn good(&self) -> impl Iterator<Item = (String, &str, &str)> {
        self.settings.good.iter().map(|(name, value)| (name.to_string(), value.text(), self.field(name)))
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The field in which a setting was read.
    pub(super) fn field(&self, name: &Name) -> &str {
        self.fields.get(name).map_or("", |field| field)
    }

    /// What users would call the place where a setting was read.
    pub(super) fn spoken(&self, name: &Name) -> String {
        compat::spoken(self.field(name))
    }

    fn is_unreadable(&self, field: &str) -> bool {
        self.unreadable.iter().any(|beginning| field.starts_with(beginning))
    }
}
