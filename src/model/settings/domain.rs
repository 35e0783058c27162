//! Parses domains, as in `Host` or `:authority`.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::value::{ValueError, parts};

/// The longest DNS name and the longest label of one, in bytes (RFC 1035 §2.3.4).
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// How many bad domains of one list are told apart; the rest is counted.
const MAX_FAULTS: usize = 10;

/// The good domains of a comma list, lower-cased, and what is wrong with the others.
pub(super) fn list(text: &str) -> (BTreeSet<Arc<str>>, Vec<ValueError>) {
    let mut good = BTreeSet::new();
    let mut faults = Vec::new();
    let mut more = 0_usize;
    for part in parts(text) {
        match check(&without_final_dot(&part.to_ascii_lowercase())) {
            Ok(domain) => drop(good.insert(domain)),
            Err(why) if faults.len() < MAX_FAULTS => faults.push(ValueError::of_part(part, why)),
            Err(_) => more += 1,
        }
    }
    if more > 0 {
        faults.push(ValueError::new(format!("{more} more domains of this list can't be used either")));
    }
    if good.is_empty() && faults.is_empty() {
        faults.push(ValueError::new("an empty list"));
    }
    (good, faults)
}

/// The domain without the dot at the end of its host, which says that the name is complete (RFC 1034 §3.1).
fn without_final_dot(domain: &str) -> String {
    let (host, port) = split_port(domain);
    // A wildcard alone has no host that could end.
    let host = host.strip_suffix('.').filter(|host| *host != "*").unwrap_or(host);
    port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn check(domain: &str) -> Result<Arc<str>, &'static str> {
    if domain == "*" {
        return Ok(domain.into());
    }
    if domain.contains("://") || domain.contains('/') {
        return Err("a domain has no scheme and no path");
    }
    if !domain.is_ascii() {
        return Err("not ASCII: write an international domain in its xn-- form");
    }
    let host = match split_port(domain) {
        (host, Some(port)) if is_port(port) => host,
        (host, None) => host,
        _ => return Err("the port is not a number from 1 to 65535"),
    };
    let named = match host.strip_prefix("*.") {
        Some(suffix) => is_dns_name(suffix) && !is_numeric(suffix),
        None if is_numeric(host) => host.parse::<Ipv4Addr>().is_ok(),
        None => is_bracketed_ipv6(host) || is_dns_name(host),
    };
    if named { Ok(domain.into()) } else { Err("not a domain") }
}

/// The host and what follows its colon. An IPv6 address has colons of its own and therefore brackets.
fn split_port(domain: &str) -> (&str, Option<&str>) {
    match domain.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    }
}

fn is_port(text: &str) -> bool {
    !text.starts_with(['+', '0']) && text.parse::<u16>().is_ok()
}

fn is_bracketed_ipv6(host: &str) -> bool {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok())
}

/// Whether it can only be an IPv4 address: no top-level domain is a number.
fn is_numeric(host: &str) -> bool {
    host.rsplit('.').next().is_some_and(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Labels of letters, digits and inner hyphens, joined by dots (RFC 1123 §2.1).
fn is_dns_name(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES
        && name.split('.').all(|label| {
            (1..=MAX_LABEL_BYTES).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}
