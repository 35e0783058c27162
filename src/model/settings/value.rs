//! Parses values and applies them to a policy.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::effective::Effective;
use crate::model::{Fleets, Rejected, meanwhile};

/// A value that can be used: what it changes, and the text that it was read from.
#[derive(Clone)]
pub(super) struct Value {
    text: Arc<str>,
    change: Change,
}

/// What a value changes once it is in force.
pub(super) type Change = Arc<dyn Fn(&mut Effective) + Send + Sync>;

/// What was read from a text: the change, if any of it can be used, and what can't be.
pub(super) struct Read {
    pub change: Option<Change>,
    pub faults: Vec<ValueError>,
}

/// Why a value, or one part of it, can't be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ValueError {
    /// The part, shortened; `None` for the whole value.
    pub value: Option<String>,
    /// What is wrong with it.
    pub message: String,
    /// What is in force meanwhile, if not the default.
    pub meanwhile: Option<&'static str>,
}

/// The longest name of a fleet, in bytes.
const MAX_FLEET_BYTES: usize = 253;

impl Value {
    pub fn new(text: &str, change: Change) -> Self {
        Self { text: text.into(), change }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn apply(&self, to: &mut Effective) {
        (self.change)(to);
    }
}

/// Under one key, one text has one meaning.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl Read {
    /// A value that is usable as a whole or not at all.
    pub fn of<T: Clone + Send + Sync + 'static>(read: Result<T, ValueError>, set: fn(&mut Effective, T)) -> Self {
        match read {
            Ok(value) => Self { change: Some(Arc::new(move |to| set(to, value.clone()))), faults: Vec::new() },
            Err(fault) => Self { change: None, faults: vec![fault] },
        }
    }

    /// A list whose bad parts cost only themselves. If no part is good, nothing is.
    pub fn of_parts<T: Ord + Clone + Send + Sync + 'static>(
        (good, faults): (BTreeSet<T>, Vec<ValueError>),
        set: fn(&mut Effective, BTreeSet<T>),
    ) -> Self {
        if good.is_empty() {
            return Self { change: None, faults };
        }
        let faults = faults.into_iter().map(|fault| ValueError { meanwhile: Some(meanwhile::REST_OF_LIST), ..fault });
        Self { faults: faults.collect(), change: Some(Arc::new(move |to| set(to, good.clone()))) }
    }
}

impl ValueError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { value: None, message: message.into(), meanwhile: None }
    }

    pub fn of_part(value: &str, message: impl Into<String>) -> Self {
        Self { value: Some(Rejected::shorten(value)), message: message.into(), meanwhile: None }
    }
}

/// The parts of a comma list, without the spaces round them; empty parts don't count.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// `true` or `false`.
pub(super) fn boolean(text: &str) -> Result<bool, ValueError> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(ValueError::new("neither true nor false")),
    }
}

/// `on` or `off`.
pub(super) fn switch(text: &str) -> Result<bool, ValueError> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(ValueError::new("neither on nor off")),
    }
}

/// A whole number of this range, in digits only.
pub(super) fn whole(text: &str, range: &RangeInclusive<u32>) -> Result<u32, ValueError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValueError::new("not a whole number"));
    }
    match text.parse() {
        Ok(number) if number < *range.start() => Err(ValueError::new("too small")),
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(ValueError::new("too large")),
    }
}

/// A number of this range, in digits, perhaps with a fraction.
pub(super) fn decimal(text: &str, range: &RangeInclusive<f64>) -> Result<f64, ValueError> {
    // `parse` alone would take signs, exponents, infinity and worse.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text.starts_with(|c: char| c != '.');
    match text.parse::<f64>() {
        Ok(number) if plain && number < *range.start() => Err(ValueError::new("too small")),
        Ok(number) if plain && range.contains(&number) => Ok(number),
        Ok(_) if plain => Err(ValueError::new("too large")),
        _ if text.ends_with('%') => Err(ValueError::new("not a number; leave out the %")),
        _ => Err(ValueError::new("not a number")),
    }
}

/// `none`, or a list of whole numbers of this range.
pub(super) fn wholes(text: &str, range: &RangeInclusive<u32>) -> Result<BTreeSet<u32>, ValueError> {
    if text == "none" {
        return Ok(BTreeSet::new());
    }
    let numbers = parts(text).map(|part| {
        whole(part, range).map_err(|ValueError { message, .. }| {
            ValueError::new(format!("\"{}\" is {message}", Rejected::shorten(part)))
        })
    });
    let numbers: BTreeSet<u32> = numbers.collect::<Result<_, _>>()?;
    if numbers.is_empty() { Err(ValueError::new("an empty list")) } else { Ok(numbers) }
}

/// `*`, or a list of the names that Envoys give as `node.cluster`.
pub(super) fn fleets(text: &str) -> Result<Fleets, ValueError> {
    let mut names = BTreeSet::new();
    for name in parts(text) {
        if name == "*" {
            continue;
        }
        if name.len() > MAX_FLEET_BYTES || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '*') {
            return Err(ValueError::new(format!("\"{}\" is not the name of a fleet", Rejected::shorten(name))));
        }
        names.insert(Arc::from(name));
    }
    match (names.is_empty(), parts(text).any(|part| part == "*")) {
        (true, true) => Ok(Fleets::All),
        (true, false) => Err(ValueError::new("an empty list")),
        (false, true) => Err(ValueError::new("* is every fleet and stands alone")),
        (false, false) => Ok(Fleets::Named(names)),
    }
}
