//! Finds traces of Chancery in text that can't be parsed.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::Concern;
use crate::model::settings::PREFIX;
use crate::source::objects::DEFAULT_NAMESPACE;

/// Kinds of objects that take part when their Namespace opts them in.
const KINDS: [&str; 3] = ["Service", "EndpointSlice", "List"];

/// Whose business it is, as far as its lines tell: ours if a key of ours is in it, that of the Namespaces that it names if it
/// is of a kind that they can opt in.
pub fn trace(bytes: &[u8]) -> Concern {
    // Every second byte of UTF-16 is none, as long as the letters are those of our keys.
    let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&bytes);
    if mentions(&text) {
        return Concern::Ours;
    }
    let values = |key| text.lines().filter_map(move |line| value(line, key));
    if !values("kind").any(|kind| KINDS.contains(&kind)) {
        return Concern::Nobody;
    }
    let mut namespaces: BTreeSet<Arc<str>> = values("namespace").map(Arc::from).collect();
    if namespaces.is_empty() {
        namespaces.insert(DEFAULT_NAMESPACE.into());
    }
    Concern::Namespaces(namespaces.into_iter().collect())
}

/// Whether a key of ours stands in the text, outside of comments.
pub fn mentions(text: &str) -> bool {
    text.contains(PREFIX) && text.lines().any(|line| !line.trim_start().starts_with('#') && has_key(line))
}

fn has_key(line: &str) -> bool {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(PREFIX) {
        // `https://chancery.dev/…` is no key.
        let begins =
            before.chars().next_back().is_none_or(|last| !matches!(last, '/' | '.' | '-') && !last.is_alphanumeric());
        if begins && after.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return true;
        }
        rest = after;
    }
    false
}

/// The word after `key:` in a line, quoted or not, wherever that stands.
fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let quote = ['"', '\''];
    let (before, after) = line.split_once(key)?;
    let after = after.trim_start_matches(quote).trim_start().strip_prefix(':')?;
    if before.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '.' | '/' | '-' | '_')) {
        return None;
    }
    let word = after.trim_start().trim_start_matches(quote);
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.').unwrap_or(word.len());
    word.get(..end).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::trace;
    use crate::model::Concern;

    #[test]
    fn a_key_of_ours_makes_it_ours() {
        for text in ["a: [\nchancery.dev/enabled: x", "{\"chancery.dev/hosts\": ", "\tlabels: {chancery.dev/weight: 5}"]
        {
            assert_eq!(trace(text.as_bytes()), Concern::Ours, "{text}");
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(trace(&wide), Concern::Ours, "{text}");
        }
    }

    #[test]
    fn a_comment_or_an_address_is_no_key() {
        for text in
            ["[\n # chancery.dev/enabled", "[ https://chancery.dev/docs", "[ xchancery.dev/a", "[ chancery.dev/", ""]
        {
            assert_eq!(trace(text.as_bytes()), Concern::Nobody, "{text}");
        }
    }

    #[test]
    fn a_kind_that_a_namespace_can_opt_in_is_its_business() {
        let of = |names: &[&str]| Concern::Namespaces(names.iter().map(|name| (*name).into()).collect());
        for (text, expected) in [
            ("kind: Service\nmetadata:\n  namespace: shop\n", of(&["shop"])),
            ("{\"kind\":\"Service\",\"metadata\":{\"namespace\" : \"shop\"", of(&["shop"])),
            ("metadata: {namespace: 'shop', name: [}\nkind: \"EndpointSlice\" # a slice", of(&["shop"])),
            ("kind: List\nitems:\n- namespace: b\n- namespace: a\n", of(&["a", "b"])),
            ("kind: Service\nmy-namespace: shop\n", of(&["default"])),
            ("kind: ServiceAccount\nnamespace: shop\n", Concern::Nobody),
            ("kind: Deployment\nnamespace: shop\n", Concern::Nobody),
        ] {
            assert_eq!(trace(text.as_bytes()), expected, "{text}");
        }
    }
}
