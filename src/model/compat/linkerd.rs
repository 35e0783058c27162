//! Linkerd: `retry.linkerd.io/…`, `timeout.linkerd.io/…` and `balancer.linkerd.io/…`.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{AnnotationField, Draft};
use super::{duration, under};
use crate::model::settings::nearest;
use crate::model::{RetryOn, meanwhile};

const RETRY: &str = "retry.linkerd.io/";
const TIMEOUT: &str = "timeout.linkerd.io/";
const BALANCER: &str = "balancer.linkerd.io/";

/// Linkerd's breaker: its annotations, what they are when they aren't there, and the settings that they come to.
const BREAKER: [(&str, &str, &[&str]); 3] = [
    ("max-failures", "7", &["outlier-consecutive-5xx", "outlier-consecutive-gateway-failure"]),
    ("min-penalty", "1s", &["outlier-base-ejection-time"]),
    ("max-penalty", "1m", &["outlier-max-ejection-time"]),
];

/// The statuses that there are.
const STATUSES: std::ops::RangeInclusive<u16> = 100..=599;

pub(super) fn translate(annotations: &BTreeMap<String, String>, draft: &mut Draft<'_>) {
    retry(annotations, draft);
    timeout(annotations, draft);
    balancer(annotations, draft);
}

fn retry(annotations: &BTreeMap<String, String>, draft: &mut Draft<'_>) {
    let mut words: Vec<(String, AnnotationField)> = Vec::new();
    for (key, text) in under(annotations, RETRY) {
        let place = AnnotationField::annotation(&format!("{RETRY}{key}"), text);
        match key {
            // Linkerd compares these words without case.
            "grpc" => words.push((text.to_ascii_lowercase(), place)),
            "http" => words.extend(http(&text.to_ascii_lowercase(), &place, draft).map(|words| (words, place))),
            // That it is never to be tried again is said with the words, for us.
            "limit" if text == "0" => words = vec![("none".to_owned(), place)],
            "limit" => draft.set("num-retries", text, &place),
            "timeout" => draft.set("per-try-timeout", duration::ours(text), &place),
            _ => unknown(key, RETRY, &["grpc", "http", "limit", "timeout"], &place, draft),
        }
    }
    // Both lists are one setting, so the one that can't be used has to answer for it.
    let is_usable = |text: &str| text.split(',').all(|word| RetryOn::ALL.iter().any(|on| on.as_str() == word.trim()));
    let answers = words.iter().find(|(text, _)| !is_usable(text)).or(words.first());
    if let Some((_, place)) = answers {
        let list: Vec<&str> = words.iter().map(|(text, _)| text.as_str()).collect();
        draft.set("retry-on", list.join(","), place);
    }
}

/// `5xx`, `gateway-error`, statuses and ranges of them; the words for `retry-on`, if it has to say anything.
fn http(text: &str, place: &AnnotationField, draft: &mut Draft<'_>) -> Option<String> {
    let mut words = Vec::new();
    let mut statuses = BTreeSet::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if !part.starts_with(|first: char| first.is_ascii_digit()) || part == RetryOn::FiveXx.as_str() {
            words.push(part);
        } else if let Some(range) = range(part) {
            statuses.extend(range);
        } else {
            let place = AnnotationField { field: place.field.clone(), value: part.to_owned() };
            draft.refuse(&place, "no status; expected 100 to 599, or a range of them", meanwhile::REST_OF_LIST);
        }
    }
    if !statuses.is_empty() {
        words.push(RetryOn::RetriableStatusCodes.as_str());
        let list: Vec<String> = statuses.iter().map(u16::to_string).collect();
        draft.set("retriable-status-codes", list.join(","), place);
    }
    // An empty list is our parser's to refuse; one that has been refused already isn't.
    (!words.is_empty() || text.is_empty()).then(|| words.join(","))
}

fn range(text: &str) -> Option<std::ops::RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let status = |text: &str| text.parse().ok().filter(|status| STATUSES.contains(status) && !text.starts_with('+'));
    Some(status(first)?..=status(last)?).filter(|range| !range.is_empty())
}

fn timeout(annotations: &BTreeMap<String, String>, draft: &mut Draft<'_>) {
    for (key, text) in under(annotations, TIMEOUT) {
        let place = AnnotationField::annotation(&format!("{TIMEOUT}{key}"), text);
        match key {
            "request" => draft.set("timeout", duration::ours(text), &place),
            "idle" => draft.set("idle-timeout", duration::ours(text), &place),
            "response" => {
                draft.ignore(&place, "a timeout of the response alone isn't supported; use timeout or idle-timeout");
            }
            _ => unknown(key, TIMEOUT, &["request", "response", "idle"], &place, draft),
        }
    }
}

fn balancer(annotations: &BTreeMap<String, String>, draft: &mut Draft<'_>) {
    const ACCRUAL: &str = "failure-accrual";
    const CONSECUTIVE: &str = "failure-accrual-consecutive-";
    const JITTER: &str = "jitter-ratio";
    let found: BTreeMap<&str, &str> = under(annotations, BALANCER).collect();
    let on = found.get(ACCRUAL) == Some(&"consecutive");
    for (&key, &text) in &found {
        let place = AnnotationField::annotation(&format!("{BALANCER}{key}"), text);
        let part = key.strip_prefix(CONSECUTIVE);
        match part.and_then(|part| BREAKER.iter().find(|(name, _, _)| *name == part)) {
            _ if key == ACCRUAL && on => draft.set("outlier-detection", "on", &place),
            _ if key == ACCRUAL => {
                draft.refuse(&place, "no such kind of failure accrual; expected consecutive", meanwhile::IGNORED);
            }
            None if part != Some(JITTER) => {
                let names = BREAKER.map(|(name, _, _)| name).into_iter().chain([JITTER]);
                let near = part.and_then(|part| nearest(part, names)).map(|near| format!("{CONSECUTIVE}{near}"));
                let near = near.as_deref().or_else(|| nearest(key, [ACCRUAL].into_iter()));
                draft.not_read(&place, BALANCER, near, "");
            }
            _ if !on => draft.ignore(&place, format!("says nothing without {BALANCER}{ACCRUAL}: consecutive")),
            None => draft.ignore(&place, "ejection times have no jitter to set"),
            Some((name, _, settings)) => {
                let text = if name.ends_with("penalty") { duration::ours(text) } else { text.to_owned() };
                settings.iter().for_each(|setting| draft.set(*setting, text.as_str(), &place));
            }
        }
    }
    if let (true, Some(text)) = (on, found.get(ACCRUAL)) {
        let place = AnnotationField::annotation(&format!("{BALANCER}{ACCRUAL}"), text);
        let absent = BREAKER.iter().filter(|(name, _, _)| !found.contains_key(format!("{CONSECUTIVE}{name}").as_str()));
        for (setting, default) in
            absent.flat_map(|(_, default, settings)| settings.iter().map(move |one| (one, default)))
        {
            draft.set(*setting, *default, &place);
        }
    }
}

fn unknown(key: &str, prefix: &str, keys: &[&'static str], place: &AnnotationField, draft: &mut Draft<'_>) {
    draft.not_read(place, prefix, nearest(key, keys.iter().copied()), "");
}
