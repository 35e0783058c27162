//! Parses values from a fixed list of words, and suggests the nearest word.

use std::collections::BTreeSet;

use super::value::{ValueError, parts};
use crate::model::{LbPolicy, Protocol, Rejected, RetryOn, ZoneRouting};

/// A value that is one of a fixed list of kebab-case words.
pub(super) trait Word: Copy + 'static {
    const ALL: &'static [Self];

    fn as_str(self) -> &'static str;
}

/// Nothing that is longer, in bytes, is compared with words: the comparison is quadratic.
const MAX_COMPARED_BYTES: usize = 64;

/// One word.
pub(super) fn word<W: Word>(text: &str) -> Result<W, ValueError> {
    find(text).map_err(|near| ValueError::new(format!("no such value{near}")))
}

/// A list of words, or `none` for the empty set.
pub(super) fn set_or_none<W: Word + Ord>(text: &str) -> Result<BTreeSet<W>, ValueError> {
    let mut words = BTreeSet::new();
    let mut none = false;
    for part in parts(text) {
        if part == "none" {
            none = true;
            continue;
        }
        let unknown = |near| ValueError::new(format!("\"{}\" is no such value{near}", Rejected::shorten(part)));
        words.insert(find(part).map_err(unknown)?);
    }
    match (words.is_empty(), none) {
        (true, false) => Err(ValueError::new("an empty list")),
        (false, true) => Err(ValueError::new("none stands alone")),
        (true, true) | (false, false) => Ok(words),
    }
}

/// The word, `snake_case` read as kebab-case; else the question whether the nearest was meant, if one is near.
fn find<W: Word>(text: &str) -> Result<W, String> {
    let kebab = if text.len() <= MAX_COMPARED_BYTES { text.replace('_', "-") } else { String::new() };
    W::ALL.iter().copied().find(|word| word.as_str() == kebab).ok_or_else(|| {
        let near = nearest(text, W::ALL.iter().map(|word| word.as_str()));
        near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default()
    })
}

/// The words, as they follow "expected".
pub(super) fn one_of<W: Word>() -> String {
    let words: Vec<&str> = W::ALL.iter().map(|word| word.as_str()).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// The candidate most like `text`, if one is like it at all.
pub(in crate::model) fn nearest(text: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    if text.len() > MAX_COMPARED_BYTES {
        return None;
    }
    let text = text.to_lowercase().replace('_', "-");
    let tolerated = (text.chars().count() / 3).max(1);
    candidates
        .map(|candidate| (strsim::osa_distance(&text, candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerated)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

impl Word for Protocol {
    const ALL: &'static [Self] = &Self::WORDS;

    fn as_str(self) -> &'static str {
        self.as_str()
    }
}

impl Word for LbPolicy {
    const ALL: &'static [Self] = &Self::ALL;

    fn as_str(self) -> &'static str {
        self.as_str()
    }
}

impl Word for ZoneRouting {
    const ALL: &'static [Self] = &Self::ALL;

    fn as_str(self) -> &'static str {
        self.as_str()
    }
}

impl Word for RetryOn {
    const ALL: &'static [Self] = &Self::ALL;

    fn as_str(self) -> &'static str {
        self.as_str()
    }
}
