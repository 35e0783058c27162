//! The text of a file to the texts of its documents.
//!
//! Documents are told apart as `kubectl` does it, by a line that begins with `---`, before anything is parsed. So one
//! that isn't YAML costs only itself, and one that hasn't changed needn't be parsed again.

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
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut chunks = Vec::new();
    let (mut start, mut offset, mut lines) = (0, 0, 0);
    let mut preamble = true;
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if is_separator(line) && !preamble {
            chunks.push(Chunk { offset, bytes: bytes.get(start..at).unwrap_or_default() });
            (start, offset) = (at, lines);
        } else if preamble {
            preamble = is_preamble(line);
        }
        at += line.len();
        lines += 1;
    }
    chunks.push(Chunk { offset, bytes: bytes.get(start..).unwrap_or_default() });
    chunks
}

/// `---`, alone or with something after it.
fn is_separator(line: &[u8]) -> bool {
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
    fn what_only_looks_like_one_separates_nothing() {
        assert_eq!(parts("a: |\n  ---\n  b\n---x\n----\n"), [(0, "a: |\n  ---\n  b\n---x\n----\n")]);
    }

    #[test]
    fn comments_and_directives_belong_to_what_follows() {
        assert_eq!(parts("# a\n%YAML 1.2\n\n---\nb: 1\n---\n"), [(0, "# a\n%YAML 1.2\n\n---\nb: 1\n"), (5, "---\n")]);
    }
}
