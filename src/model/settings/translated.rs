//! Settings that come from annotations of other products.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Settings;
use super::name::{Name, Unnamed};
use super::value::ValueError;
use crate::model::compat::{self, AnnotationField, Translation};
use crate::model::{Location, ObjectRef, Reason, Rejected, meanwhile};

/// The annotations of other products on one Service, parsed as if they were ours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Translated {
    settings: Settings,
    /// Where each setting was read, good or bad.
    places: BTreeMap<Name, Arc<Written>>,
    /// What can't be read, so that nobody knows what it would set.
    unreadable: Vec<Location>,
}

/// Where a setting was read.
#[derive(Debug, PartialEq, Eq)]
struct Written {
    place: AnnotationField,
    /// Of a list whose items stand apart: where each of them was read.
    items: BTreeMap<String, AnnotationField>,
}

impl Translated {
    /// Parses a translation. What is said of a value that can't be used names the place where it was written.
    pub fn parse(service: &ObjectRef, translation: Translation) -> (Self, Vec<Rejected>) {
        let Translation { settings, mut rejected, unreadable } = translation;
        let mut translated = Self { unreadable, ..Self::default() };
        for compat::TranslatedSetting { name, text, place, items, expected } in settings {
            let mut reject = |reason, part: Option<String>, message, meanwhile| {
                let value = part.unwrap_or_else(|| Rejected::shorten(&place.value));
                rejected.push(Rejected {
                    object: service.clone(),
                    field: place.field.clone(),
                    value,
                    reason,
                    message,
                    meanwhile,
                });
            };
            match Name::parse(&name) {
                Err(Unnamed::Unknown(message)) => {
                    reject(Reason::UnknownAnnotation, None, message, meanwhile::IGNORED.to_owned());
                }
                Err(Unnamed::BadPort(message)) => {
                    reject(Reason::InvalidAnnotation, None, message, meanwhile::IGNORED.to_owned());
                }
                Ok((name, setting)) => {
                    for ValueError { value, message, meanwhile } in
                        translated.settings.take(name.clone(), setting, &text)
                    {
                        let meanwhile =
                            meanwhile.map_or_else(|| meanwhile::default_stays(setting.default), str::to_owned);
                        let message = expected.map_or(message, str::to_owned);
                        reject(Reason::InvalidAnnotation, value, message, meanwhile);
                    }
                    translated.places.insert(name, Arc::new(Written { place, items }));
                }
            }
        }
        (translated, rejected)
    }

    /// Keeps the `previous` value of every setting whose value now can't be used, or whose place can't be read.
    pub fn keep_last_good(&mut self, previous: &Self) {
        self.settings.keep_last_good(&previous.settings);
        for (name, value) in &previous.settings.good {
            let place = previous.places.get(name).filter(|written| self.is_unreadable(&written.place.field));
            if let (Some(place), false) = (place, self.places.contains_key(name)) {
                self.settings.good.insert(name.clone(), value.clone());
                self.places.insert(name.clone(), Arc::clone(place));
            }
        }
    }

    /// The settings that can be used, by their names after our prefix, with their texts.
    pub fn good(&self) -> impl Iterator<Item = (String, &str)> {
        self.settings.good.iter().map(|(name, value)| (name.to_string(), value.text()))
    }

    /// Where they were read, good or bad: the fields.
    pub fn fields(&self) -> impl Iterator<Item = &Location> {
        self.places.values().map(|written| &written.place.field)
    }

    /// Whether they opt the Service in, be it one port only.
    pub fn enables(&self) -> bool {
        self.settings.enables()
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where a setting was read, good or bad.
    pub(super) fn place(&self, name: &Name) -> Option<&AnnotationField> {
        self.places.get(name).map(|written| &written.place)
    }

    /// Where the items of a list were read, of which each stands for itself.
    pub(super) fn items(&self, name: &Name) -> impl Iterator<Item = (&str, &AnnotationField)> {
        let written = self.places.get(name).into_iter();
        written.flat_map(|written| written.items.iter().map(|(item, place)| (item.as_str(), place)))
    }

    fn is_unreadable(&self, field: &Location) -> bool {
        self.unreadable.iter().any(|unreadable| field.is_within(unreadable))
    }
}
