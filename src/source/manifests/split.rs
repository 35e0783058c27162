//! Splits the text of a file into documents.
//!
//! Documents are told apart as `kubectl` does it, by a line that begins with `---`, before anything is parsed. So one
//! that isn't YAML costs only itself, and one that hasn't changed needn't be parsed again. JSON objects that follow each other
//! are documents of their own.

use serde::de::IgnoredAny;

/// What some editors of Windows put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One document of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// How many lines of the file stand before it.
    pub offset: u32,
    /// Its bytes, with the `---` that begins it.
    pub bytes: &'a [u8],
}

/// Splits a file. What stands before the first `---` is a document too, unless there are only comments and directives,
/// which then belong to the first document.
pub fn split(bytes: &[u8]) -> Vec<Chunk<'_>> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut chunks = Vec::new();
    let (mut start, mut offset, mut lines) = (0, 0, 0);
    let mut preamble = true;
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if is_separator(line) && !preamble {
            push_each(Chunk { offset, bytes: bytes.get(start..at).unwrap_or_default() }, &mut chunks);
            (start, offset) = (at, lines);
        } else if preamble {
            preamble = is_preamble(line);
        }
        at += line.len();
        lines += 1;
    }
    push_each(Chunk { offset, bytes: bytes.get(start..).unwrap_or_default() }, &mut chunks);
    chunks
}

/// Pushes each of the JSON objects that a document consists of, as a loop over `kubectl get -o json` prints them; or, if it
/// doesn't, the document. What follows an object and is no JSON is a document, too.
fn push_each<'a>(document: Chunk<'a>, chunks: &mut Vec<Chunk<'a>>) {
    let Chunk { mut offset, bytes } = document;
    let mut start = 0;
    let separator = if bytes.starts_with(b"---") { 3 } else { 0 };
    let body = bytes.get(separator..).unwrap_or_default();
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        let mut values = serde_json::Deserializer::from_slice(body).into_iter::<IgnoredAny>();
        while let Some(Ok(IgnoredAny)) = values.next() {
            let end = separator + values.byte_offset();
            let value = bytes.get(start..end).unwrap_or_default();
            chunks.push(Chunk { offset, bytes: value });
            start = end;
            offset += u32::try_from(value.split(|byte| *byte == b'\n').count() - 1).unwrap_or(u32::MAX);
        }
    }
    let rest = bytes.get(start..).unwrap_or_default();
    if start == 0 || !rest.iter().all(u8::is_ascii_whitespace) {
        chunks.push(Chunk { offset, bytes: rest });
    }
}

/// `---`, alone or with something after it.
fn is_separator(line: &[u8]) -> bool {
    // Of a file that was appended to another one.
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    line.strip_prefix(b"---").is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// A line that begins no document: blank, a comment or a directive.
fn is_preamble(line: &[u8]) -> bool {
    let first = line.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_none_or(|first| *first == b'#') || line.starts_with(b"%")
}

#[cfg(test)]
mod tests {
    use super::{Chunk, split};

    fn parts(text: &str) -> Vec<(u32, &str)> {
        split(text.as_bytes())
            .into_iter()
            .map(|Chunk { offset, bytes }| (offset, str::from_utf8(bytes).unwrap()))
            .collect()
    }

    #[test]
    fn documents_begin_at_separators() {
        assert_eq!(parts("a: 1\n---\nb: 2\n--- # c\nc: 3"), [(0, "a: 1\n"), (1, "---\nb: 2\n"), (3, "--- # c\nc: 3")]);
        assert_eq!(parts("a: 1\r\n---\r\nb: 2\r\n"), [(0, "a: 1\r\n"), (1, "---\r\nb: 2\r\n")]);
        assert_eq!(parts("---\n---\n"), [(0, "---\n"), (1, "---\n")]);
        assert_eq!(parts("\u{feff}a: 1\n---"), [(0, "a: 1\n"), (1, "---")]);
        assert_eq!(parts(""), [(0, "")]);
    }

    #[test]
    fn a_document_may_begin_with_a_byte_order_mark() {
        assert_eq!(parts("a: 1\n\u{feff}---\nb: 2\n"), [(0, "a: 1\n"), (1, "\u{feff}---\nb: 2\n")]);
    }

    #[test]
    fn json_objects_that_follow_each_other_are_documents() {
        assert_eq!(
            parts("{\"a\": \"}{\"}{\"b\": 1}\n\n {\"c\":\n2}\n"),
            [(0, "{\"a\": \"}{\"}"), (0, "{\"b\": 1}"), (0, "\n\n {\"c\":\n2}"),]
        );
        assert_eq!(parts("{\"a\": 1}\n---\nb: 2\n"), [(0, "{\"a\": 1}"), (1, "---\nb: 2\n")]);
        assert_eq!(parts("a: 1\n---\n{}{}\n"), [(0, "a: 1\n"), (1, "---\n{}"), (2, "{}")]);
        assert_eq!(parts("{}\nb: 2\n"), [(0, "{}"), (0, "\nb: 2\n")]);
    }

    #[test]
    fn braces_alone_make_no_json() {
        for text in ["{a: '}{'}\n", "{{- if .Values.a }}\n{}\n", "{\"a\": 1", "  "] {
            assert_eq!(parts(text), [(0, text)]);
        }
    }

    #[test]
    fn what_only_looks_like_one_separates_nothing() {
        assert_eq!(parts("a: |\n  ---\n  b\n---x\n----\n"), [(0, "a: |\n  ---\n  b\n---x\n----\n")]);
    }

    #[test]
    fn comments_and_directives_belong_to_what_follows() {
        assert_eq!(parts("# a\n%YAML 1.2\n\n---\nb: 1\n---\n"), [(0, "# a\n%YAML 1.2\n\n---\nb: 1\n"), (5, "---\n")]);
    }
}
