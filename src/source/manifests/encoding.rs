//! The bytes of a file to UTF-8.
//!
//! `>` of Windows PowerShell writes UTF-16, which `kubectl` reads, too.

use std::borrow::Cow;

/// The same text in UTF-8 if it is UTF-16 and says so at its beginning; else the bytes as they are.
pub fn to_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let (of, rest): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        _ => return Cow::Borrowed(bytes),
    };
    let (pairs, []) = rest.as_chunks() else { return Cow::Borrowed(bytes) };
    let units = pairs.iter().map(|pair| of(*pair));
    match char::decode_utf16(units).collect::<Result<String, _>>() {
        Ok(text) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::to_utf8;

    #[test]
    fn only_utf_16_with_a_mark_is_decoded() {
        assert_eq!(*to_utf8(b"\xff\xfea\0\xe4\0\n\0"), *"aä\n".as_bytes());
        assert_eq!(*to_utf8(b"\xfe\xff\0a\0\n"), *b"a\n");
        for same in [&b"\xff\xfea"[..], b"\xff\xfe\x00\xd8", b"a\0", b"a", b""] {
            assert_eq!(*to_utf8(same), *same);
        }
    }
}
