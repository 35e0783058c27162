//! Checks names as Kubernetes does. Each check says what it expects.

/// A check of a name: what is wrong with it and what is accepted, as the clause of a
/// [`Rejected::message`](crate::model::Rejected::message).
pub(super) type Check = fn(&str) -> Result<(), &'static str>;

/// A DNS label (RFC 1123), as Services, Namespaces and ports are called.
pub fn dns_label(name: &str) -> Result<(), &'static str> {
    if name.len() <= 63 && is_dns_label(name) {
        Ok(())
    } else {
        Err("not a DNS label; expected 1 to 63 characters a-z, 0-9 and -, the first and last a letter or digit")
    }
}

/// A DNS subdomain (RFC 1123): labels with dots between them, as EndpointSlices and Pods are called.
pub(super) fn dns_subdomain(name: &str) -> Result<(), &'static str> {
    if name.len() <= 253 && name.split('.').all(is_dns_label) {
        Ok(())
    } else {
        Err("not a DNS subdomain; expected at most 253 characters a-z, 0-9, - and ., each part beginning and ending \
             with a letter or digit")
    }
}

/// The name of a container's port (an IANA service name, RFC 6335 §5.1), as `targetPort` refers to it.
pub(super) fn port_name(name: &str) -> Result<(), &'static str> {
    let letter = name.bytes().any(|b| b.is_ascii_lowercase());
    if name.len() <= 15 && letter && is_dns_label(name) && !name.contains("--") {
        Ok(())
    } else {
        Err(
            "not a port's name; expected 1 to 15 characters a-z, 0-9 and single -, one of them a letter, the first and \
             last a letter or digit",
        )
    }
}

/// A qualified name: an optional DNS subdomain and a slash, then a name, as `appProtocol` and label keys are written.
pub(super) fn qualified_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("is empty; expected a qualified name, as kubernetes.io/h2c or grpc");
    }
    let (prefix, rest) = name.split_once('/').map_or((None, name), |(prefix, rest)| (Some(prefix), rest));
    if is_qualified(rest) && !rest.is_empty() && prefix.is_none_or(|prefix| dns_subdomain(prefix).is_ok()) {
        Ok(())
    } else {
        Err("not a qualified name; expected 1 to 63 characters A-Z, a-z, 0-9, -, _ and ., the first and last a letter \
             or digit, with or without a DNS subdomain and / before it")
    }
}

/// The value of a label; it may be empty.
pub(super) fn label_value(value: &str) -> Result<(), &'static str> {
    if is_qualified(value) {
        Ok(())
    } else {
        Err(
            "not a label's value; expected at most 63 characters A-Z, a-z, 0-9, -, _ and ., the first and last a letter \
             or digit",
        )
    }
}

/// Whether a name that isn't a DNS label could be one all the same: in a domain, which clients compare without case, and in
/// the names of resources it would do no harm.
pub(super) fn is_harmless_label(name: &str) -> bool {
    name.len() <= 253
        && edges(name, |b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}

/// Whether a name that isn't a DNS subdomain is at least one that people can read. No client is told of it.
pub(super) fn is_harmless(name: &str) -> bool {
    !name.is_empty() && name.len() <= 253 && name.bytes().all(|b| b.is_ascii_graphic() && b != b'/')
}

/// The form of a DNS label, of any length.
fn is_dns_label(name: &str) -> bool {
    edges(name, |b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_qualified(name: &str) -> bool {
    name.is_empty()
        || name.len() <= 63
            && edges(name, |b| b.is_ascii_alphanumeric())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn edges(name: &str, accept: fn(u8) -> bool) -> bool {
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|&b| accept(b)) && bytes.last().is_some_and(|&b| accept(b))
}
