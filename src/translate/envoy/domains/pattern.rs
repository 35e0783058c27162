//! Domains as patterns: which pattern covers which, and how Envoy writes them.
//!
//! A pattern is a host with or without a port: `api.example.com`, `*.example.com:8080`, `[::1]`, or `*` for every domain.
//! Without a port it means any port.

use crate::xds::Name;

/// The pattern of every domain.
pub(super) const EVERY_DOMAIN: &str = "*";

/// The host and the port of a pattern. An IPv6 address has colons of its own and therefore brackets.
pub(super) fn split(pattern: &str) -> (&str, Option<&str>) {
    match pattern.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (pattern, None),
    }
}

/// Whether a host begins with a wildcard.
pub(super) fn is_wildcard(host: &str) -> bool {
    host.starts_with('*')
}

/// Whether each host that `special` can stand for is one that `general` stands for, too.
pub(super) fn covers_host(general: &str, special: &str) -> bool {
    general == special
        || general
            .strip_prefix('*')
            .is_some_and(|suffix| special.strip_suffix(suffix).is_some_and(|rest| !rest.is_empty()))
}

/// The patterns that cover this one, without itself, the most specific first: by host, then by port.
pub(super) fn covering(pattern: &str) -> Vec<Name> {
    let (host, port) = split(pattern);
    let mut all = Vec::new();
    if port.is_some() {
        all.push(host.into());
    }
    let mut rest = host;
    while let Some((_, suffix)) = rest.split_once('.') {
        // The first label of a wildcard is the wildcard.
        let wildcard = format!("*.{suffix}");
        if wildcard != host && !suffix.is_empty() {
            all.extend(port.map(|port| format!("{wildcard}:{port}").into()));
            all.push(wildcard.into());
        }
        rest = suffix;
    }
    if host != EVERY_DOMAIN {
        all.push(EVERY_DOMAIN.into());
    }
    all
}

/// The domains of an Envoy's virtual host that a pattern becomes: itself, and if it means any port, itself with any port.
pub(super) fn envoy_domains(pattern: &Name, any_port: bool) -> Vec<Name> {
    let any_port = with_any_port(pattern).filter(|_| any_port);
    [Some(Name::clone(pattern)), any_port].into_iter().flatten().collect()
}

/// A pattern without a port, with any port; `None` where no domain says that, because a domain can't have two wildcards.
pub(super) fn with_any_port(pattern: &str) -> Option<Name> {
    let (host, port) = split(pattern);
    (port.is_none() && !is_wildcard(host)).then(|| format!("{host}:*").into())
}

/// The authorities that a wildcard without a port stands for if they have a port, as a regular expression (RE2).
pub(super) fn authority(wildcard: &str) -> Option<String> {
    let suffix = wildcard.strip_prefix('*').filter(|suffix| !suffix.is_empty())?;
    Some(format!("(?i).+{}:[0-9]+", suffix.replace('.', "\\.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_covered_by_more_general_ones_the_nearest_first() {
        let covering = |pattern| covering(pattern).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(covering("a.b.example"), "*.b.example *.example *");
        assert_eq!(covering("a.b.example:80"), "a.b.example *.b.example:80 *.b.example *.example:80 *.example *");
        assert_eq!(covering("*.b.example"), "*.example *");
        assert_eq!(covering("*.b.example:80"), "*.b.example *.example:80 *.example *");
        assert_eq!(covering("localhost"), "*");
        assert_eq!(covering("[::1]:80"), "[::1] *");
        assert_eq!(covering("*"), "");
    }

    #[test]
    fn a_wildcard_covers_what_ends_like_it_and_is_longer() {
        assert!(
            covers_host("*", "a.example")
                && covers_host("*.example", "a.example")
                && covers_host("*.example", "b.a.example")
        );
        assert!(covers_host("*.example", "*.a.example") && covers_host("a.example", "a.example"));
        assert!(!covers_host("*.example", "example") && !covers_host("*.example", ".example"));
        assert!(!covers_host("*.example", "a.examples") && !covers_host("a.example", "b.example"));
    }

    #[test]
    fn any_port_is_said_as_a_domain_or_as_an_authority() {
        assert_eq!(with_any_port("a.example").as_deref(), Some("a.example:*"));
        assert_eq!(with_any_port("[::1]").as_deref(), Some("[::1]:*"));
        assert_eq!([with_any_port("a.example:80"), with_any_port("*.example"), with_any_port("*")], [None, None, None]);
        assert_eq!(authority("*.example").as_deref(), Some(r"(?i).+\.example:[0-9]+"));
        assert_eq!([authority("*"), authority("a.example")], [None, None]);
    }
}
