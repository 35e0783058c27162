//! A field of a Mapping, with its path.

use serde_json::Value;

use super::super::draft::{AnnotationField, Draft};
use super::mapping_ref::MappingRef;
use crate::model::{FieldPath, Rejected, meanwhile};

/// A field, or an item of a list.
pub(super) struct Field<'a> {
    mapping: &'a MappingRef,
    path: FieldPath,
    name: &'a str,
    value: &'a Value,
}

impl<'a> Field<'a> {
    pub fn new(mapping: &'a MappingRef, path: FieldPath, name: &'a str, value: &'a Value) -> Self {
        Self { mapping, path, name, value }
    }

    /// The same field under another name, at the same place.
    pub fn called(self, name: &'a str) -> Self {
        Self { name, ..self }
    }

    pub fn name(&self) -> &'a str {
        self.name
    }

    pub fn value(&self) -> &'a Value {
        self.value
    }

    pub fn place(&self) -> AnnotationField {
        AnnotationField { field: self.mapping.at(self.path.clone()), value: self.text() }
    }

    /// What stands there: a scalar as it is written, anything else as JSON.
    pub fn text(&self) -> String {
        match self.value {
            Value::Null => String::new(),
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        }
    }

    /// Whether it says anything: an absent field, `false` and what is empty don't.
    pub fn is_set(&self) -> bool {
        match self.value {
            Value::Null | Value::Bool(false) => false,
            Value::Bool(true) | Value::Number(_) => true,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
        }
    }

    pub fn is_true(&self) -> bool {
        *self.value == Value::Bool(true)
    }

    pub fn is_bool(&self) -> bool {
        self.value.is_boolean() || self.value.is_null()
    }

    /// The fields of a mapping; says so if it is none.
    pub fn fields(&self, draft: &mut Draft<'_>) -> Vec<Self> {
        match self.value {
            Value::Object(fields) => {
                let field = |(name, value): (&'a String, _)| {
                    Self::new(self.mapping, self.path.field(Rejected::shorten(name)), name.as_str(), value)
                };
                fields.iter().map(field).collect()
            }
            Value::Null => Vec::new(),
            _ => {
                draft.refuse(&self.place(), "expected a mapping", meanwhile::IGNORED);
                Vec::new()
            }
        }
    }

    /// The items of a list; says so if it is none.
    pub fn items(&self, draft: &mut Draft<'_>) -> Vec<Self> {
        match self.value {
            Value::Array(items) => {
                let item = |(i, value)| Self::new(self.mapping, self.path.item(i), self.name, value);
                items.iter().enumerate().map(item).collect()
            }
            Value::Null => Vec::new(),
            _ => {
                draft.refuse(&self.place(), "expected a list", meanwhile::IGNORED);
                Vec::new()
            }
        }
    }

    /// Says that Chancery has no equivalent.
    pub fn ignore(&self, draft: &mut Draft<'_>) {
        if self.is_set() {
            draft.ignore(&self.place(), "Chancery has no equivalent");
        }
    }
}
