//! Values that are words of a fixed list, and the nearest word to a mistyped one.

use std::collections::BTreeSet;

use super::value::{Fault, parts};
use crate::model::{LbPolicy, Protocol, Rejected, RetryOn};

/// A value that is one of a fixed list of kebab-case words.
pub(super) trait Word: Copy + 'static {
    const ALL: &'static [Self];

    fn as_str(self) -> &'static str;
}

/// Nothing that is longer, in bytes, is compared with words: the comparison is quadratic.
const MAX_COMPARED_BYTES: usize = 64;

/// One word.
pub(super) fn word<W: Word>(text: &str) -> Result<W, Fault> {
    let kebab = if text.len() <= MAX_COMPARED_BYTES { text.replace('_', "-") } else { String::new() };
    W::ALL.iter().copied().find(|word| word.as_str() == kebab).ok_or_else(|| {
        let near = match nearest(text, W::ALL.iter().map(|word| word.as_str())) {
            Some(near) => format!(" (did you mean {near}?)"),
            None => String::new(),
        };
        Fault::new(format!("\"{}\" is not known{near}", Rejected::shorten(text)))
    })
}

/// A list of words, or `none` for the empty set.
pub(super) fn set_or_none<W: Word + Ord>(text: &str) -> Result<BTreeSet<W>, Fault> {
    let nones = parts(text).filter(|part| *part == "none").count();
    let words: BTreeSet<W> = parts(text).filter(|part| *part != "none").map(word).collect::<Result<_, _>>()?;
    match (words.is_empty(), nones > 0) {
        (true, false) => Err(Fault::new("an empty list")),
        (false, true) => Err(Fault::new("none stands alone")),
        (true, true) | (false, false) => Ok(words),
    }
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
pub(super) fn nearest(text: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
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
    const ALL: &'static [Self] = &Self::ALL;

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

impl Word for RetryOn {
    const ALL: &'static [Self] = &Self::ALL;

    fn as_str(self) -> &'static str {
        self.as_str()
    }
}
