//! Parses composite values: hash keys, health checks, routes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::value::{ValueError, parts};
use super::values::duration;
use crate::model::{HashOn, Probe, Rejected};

/// The longest name of a header, cookie or parameter, path or service, in bytes.
const MAX_PART_BYTES: usize = 1024;

/// How many bad parts of one list are told apart; the rest is counted.
const MAX_FAULTS: usize = 10;

/// `header:<name>`, `cookie:<name>[:<ttl>]`, `query:<name>`, `source-ip`: a list, or `none`. What comes first is hashed
/// first.
pub(super) fn hash_on(text: &str) -> Result<Vec<HashOn>, ValueError> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let mut list = Vec::new();
    for part in parts(text) {
        let one = one_hash(part)
            .map_err(|why| ValueError::new(format!("\"{}\" can't be hashed: {why}", Rejected::shorten(part))))?;
        if !list.contains(&one) {
            list.push(one);
        }
    }
    if list.is_empty() { Err(ValueError::new("an empty list")) } else { Ok(list) }
}

fn one_hash(part: &str) -> Result<HashOn, &'static str> {
    let (kind, rest) = part.split_once(':').unwrap_or((part, ""));
    match (kind.replace('_', "-").as_str(), rest) {
        ("source-ip", "") => Ok(HashOn::SourceIp),
        ("header" | "cookie" | "query", "") => Err("it has no name"),
        // `:authority` and `:path` are headers, too.
        ("header", name) if is_token(name.strip_prefix(':').unwrap_or(name)) => {
            Ok(HashOn::Header(name.to_ascii_lowercase().into()))
        }
        ("cookie", rest) => {
            let (name, lifetime) = match rest.split_once(':') {
                Some((name, lifetime)) => (name, Some(lifetime)),
                None => (rest, None),
            };
            let lifetime: Option<Duration> =
                lifetime.map(duration).transpose().map_err(|_| "its lifetime is not a duration, as 1h")?;
            if is_token(name) { Ok(HashOn::Cookie(name.into(), lifetime)) } else { Err("not the name of a cookie") }
        }
        ("query", name) if is_token(name) => Ok(HashOn::Query(name.into())),
        ("header", _) => Err("not the name of a header"),
        ("query", _) => Err("not the name of a parameter"),
        _ => Err("no such part of a request"),
    }
}

/// A token, as HTTP has it (RFC 9110 §5.6.2).
fn is_token(text: &str) -> bool {
    (1..=MAX_PART_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// `off`, `tcp`, `grpc`, `grpc:<service>` or `http:<path>`.
pub(super) fn probe(text: &str) -> Result<Option<Probe>, ValueError> {
    let (kind, rest) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest)));
    match (kind, rest) {
        ("off", None) => Ok(None),
        ("tcp", None) => Ok(Some(Probe::Tcp)),
        ("grpc", None) => Ok(Some(Probe::Grpc("".into()))),
        ("grpc", Some(service)) if is_service(service) => Ok(Some(Probe::Grpc(service.into()))),
        ("grpc", Some(_)) => Err(ValueError::new("not the full name of a gRPC service")),
        ("http", Some(path)) if is_path(path) => Ok(Some(Probe::Http(path.into()))),
        ("http", _) => Err(ValueError::new("not a path, which begins with /")),
        _ => Err(ValueError::new("no such check")),
    }
}

/// The good prefixes of a list, and what is wrong with the others. `shop.v1.Cart` is the prefix `/shop.v1.Cart/`.
pub(super) fn routes(text: &str) -> (BTreeSet<Arc<str>>, Vec<ValueError>) {
    let mut good = BTreeSet::new();
    let mut faults = Vec::new();
    let mut more = 0_usize;
    for part in parts(text) {
        if is_path(part) {
            good.insert(part.into());
        } else if is_service(part) {
            good.insert(format!("/{part}/").into());
        } else if faults.len() < MAX_FAULTS {
            faults.push(ValueError::of_part(
                part,
                "neither a path, which begins with /, nor the full name of a gRPC service",
            ));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        faults.push(ValueError::new(format!("{more} more routes of this list can't be used either")));
    }
    if good.is_empty() && faults.is_empty() {
        faults.push(ValueError::new("an empty list"));
    }
    (good, faults)
}

/// What can stand at the beginning of `:path`, without query and fragment (RFC 3986 §3.3).
fn is_path(text: &str) -> bool {
    text.len() <= MAX_PART_BYTES
        && text.starts_with('/')
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte))
}

/// Identifiers with dots between them, as protobuf has them.
fn is_service(text: &str) -> bool {
    text.len() <= MAX_PART_BYTES
        && text.split('.').all(|word| {
            word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        })
}

/// A prime within this range. Maglev's table must have one for its size, or pods would get unequal shares.
pub(super) fn prime(text: &str, most: u32) -> Result<u32, ValueError> {
    let number = super::value::whole(text, &(2..=most))?;
    let is_prime = (2..=number.isqrt()).all(|divisor| number % divisor != 0);
    if is_prime { Ok(number) } else { Err(ValueError::new("not a prime")) }
}

/// `<base>[,<max>]`; without a maximum it is ten times the base.
pub(super) fn back_off(text: &str) -> Result<(Duration, Duration), ValueError> {
    let mut list = parts(text);
    let (Some(base), max, None) = (list.next(), list.next(), list.next()) else {
        return Err(ValueError::new("not one or two durations"));
    };
    let base = duration(base)?;
    let max = match max {
        Some(max) => duration(max)?,
        None => base.saturating_mul(10),
    };
    if max < base { Err(ValueError::new("the longest pause is shorter than the shortest")) } else { Ok((base, max)) }
}
