//! Converts durations of other products to one number and one unit.

use std::time::Duration;

use crate::model::duration::show;

/// The units, in nanoseconds. Go has all but the day, Linkerd all from `ms` on.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// The duration in our spelling; as it stands if it is none, so that our parser says what is wrong with it.
pub(super) fn ours(text: &str) -> String {
    times(text, 1).unwrap_or_else(|| text.to_owned())
}

/// The duration so many times, in our spelling.
pub(super) fn times(text: &str, factor: u64) -> Option<String> {
    parse(text)?.checked_mul(factor).map(|nanoseconds| show(Duration::from_nanos(nanoseconds)))
}

/// A whole number of milliseconds in our spelling; as it stands if it is none.
pub(super) fn of_milliseconds(text: &str) -> String {
    let milliseconds = text.parse().ok().filter(|_| is_whole(text));
    milliseconds.map_or_else(|| text.to_owned(), |number| show(Duration::from_millis(number)))
}

/// Whether it is a whole number, of any size.
pub(super) fn is_whole(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Numbers and units, one after the other, as in Go: `1h30m`, `1.5s`. In nanoseconds.
fn parse(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len()));
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(scaled(number, *size)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// A number with or without a fraction, so many times; what is below a nanosecond is dropped.
fn scaled(number: &str, size: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut total = whole.checked_mul(size)?;
    let mut place = size;
    for digit in fraction.chars().filter_map(|digit| digit.to_digit(10)) {
        place /= 10;
        total = total.checked_add(u64::from(digit).checked_mul(place)?)?;
    }
    Some(total)
}
