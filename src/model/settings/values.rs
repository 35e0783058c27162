//! The kinds of value: each describes its parser and its documentation.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::effective::Effective;
use super::value::{self, Read, ValueError};
use crate::model::duration;

/// What a setting accepts, and where it goes.
#[derive(Debug)]
pub(super) enum Values {
    /// `true` or `false`.
    Boolean(Set<bool>),
    /// `on` or `off`.
    Switch(Set<bool>),
    /// A whole number.
    Whole(RangeInclusive<u32>, Set<u32>),
    /// A whole number, or a word for none.
    WholeOr(&'static str, RangeInclusive<u32>, Set<Option<u32>>),
    /// A number that may have a fraction.
    Decimal(RangeInclusive<f64>, Set<f64>),
    /// The same, or `off`.
    DecimalOrOff(RangeInclusive<f64>, Set<Option<f64>>),
    /// A duration from [`SHORTEST`] to [`LONGEST`].
    Duration(Set<Duration>),
    /// The same, or `off`.
    DurationOrOff(Set<Option<Duration>>),
    /// Anything else.
    Other {
        /// The values, as they follow the word "expected".
        accepts: fn() -> String,
        read: fn(&str) -> Read,
    },
}

/// Where a value goes.
type Set<T> = fn(&mut Effective, T);

/// Envoy's clocks count milliseconds.
const SHORTEST: Duration = Duration::from_millis(1);

/// A year. Envoy and the gRPC libraries refuse or overflow somewhere above it, and nobody means it.
const LONGEST: Duration = Duration::from_hours(8760);

/// The word for "none" of most settings.
const OFF: &str = "off";

impl Values {
    /// The values, as they follow the word "expected".
    pub fn accepts(&self) -> String {
        let duration =
            || format!("a duration from {} to {}, as 250ms, 1.5s, 2m or 1h", duration::show(SHORTEST), "8760h");
        match self {
            Self::Boolean(_) => "true or false".to_owned(),
            Self::Switch(_) => "on or off".to_owned(),
            Self::Whole(range, _) => whole_in(range),
            Self::WholeOr(word, range, _) => format!("{word}, or {}", whole_in(range)),
            Self::Decimal(range, _) => number_in(range),
            Self::DecimalOrOff(range, _) => format!("{OFF}, or {}", number_in(range)),
            Self::Duration(_) => duration(),
            Self::DurationOrOff(_) => format!("{OFF}, or {}", duration()),
            Self::Other { accepts, read: _ } => accepts(),
        }
    }

    /// Reads a text that isn't empty.
    pub fn read(&self, text: &str) -> Read {
        match self {
            Self::Boolean(set) => Read::of(value::boolean(text), *set),
            Self::Switch(set) => Read::of(value::switch(text), *set),
            Self::Whole(range, set) => Read::of(value::whole(text, range), *set),
            Self::WholeOr(word, range, set) => Read::of(or(word, text, |text| value::whole(text, range)), *set),
            Self::Decimal(range, set) => Read::of(value::decimal(text, range), *set),
            Self::DecimalOrOff(range, set) => Read::of(or(OFF, text, |text| value::decimal(text, range)), *set),
            Self::Duration(set) => Read::of(duration(text), *set),
            Self::DurationOrOff(set) => Read::of(or(OFF, text, duration), *set),
            Self::Other { accepts: _, read } => read(text),
        }
    }
}

fn or<T>(word: &str, text: &str, read: impl Fn(&str) -> Result<T, ValueError>) -> Result<Option<T>, ValueError> {
    if text == word { Ok(None) } else { read(text).map(Some) }
}

/// A duration that clients can keep.
pub(super) fn duration(text: &str) -> Result<Duration, ValueError> {
    match duration::parse(text) {
        Ok(duration) if duration < SHORTEST => Err(ValueError::new("too short")),
        Ok(duration) if duration > LONGEST => Err(ValueError::new("too long")),
        Ok(duration) => Ok(duration),
        Err(why) => Err(ValueError::new(why)),
    }
}

fn whole_in(range: &RangeInclusive<u32>) -> String {
    format!("a whole number from {} to {}", range.start(), range.end())
}

fn number_in(range: &RangeInclusive<f64>) -> String {
    format!("a number from {} to {}", range.start(), range.end())
}
