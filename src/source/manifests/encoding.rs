//! The bytes of a file to text.
//!
//! `>` of Windows PowerShell writes UTF-16, which `kubectl` reads, too.

use std::borrow::Cow;

use super::issue::Issue;

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

/// A document as text; YAML in anything but UTF-8 is refused.
pub fn text(bytes: &[u8]) -> Result<&str, Box<Issue>> {
    let garbage = |at: usize, message: String| {
        let lines = bytes.get(..=at).unwrap_or(bytes).split(|byte| *byte == b'\n').count();
        Err(Box::new(Issue::unparsable(u32::try_from(lines).unwrap_or(u32::MAX), message)))
    };
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return garbage(0, "is UTF-16 text; expected UTF-8".to_owned());
    }
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            return garbage(at, format!("the byte 0x{byte:02x} isn't UTF-8 text; expected YAML or JSON"));
        }
    };
    let control = |character: char| matches!(character, '\0'..='\x08' | '\x0b'..='\x1f' | '\x7f') && character != '\r';
    match text.char_indices().find(|(_, character)| control(*character)) {
        Some((at, found)) => garbage(
            at,
            format!("the control character 0x{:02x} isn't allowed; expected YAML or JSON", u32::from(found)),
        ),
        None => Ok(text),
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
