//! The list of resource names in a request.

use prost::DecodeError;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_varint, string};

/// Names as a request lists them, in its order, in one piece of memory: in the state of the world a client repeats all of
/// them in every answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameList {
    /// One after the other.
    text: String,
    ends: Vec<usize>,
}

impl NameList {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The names, in the order of the request.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        let mut begin = 0;
        self.ends.iter().map(move |end| self.text.get(std::mem::replace(&mut begin, *end)..*end).unwrap_or_default())
    }

    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    /// Reads one more name, as an entry of a `repeated string`.
    pub(super) fn merge(
        wire_type: WireType,
        list: &mut Self,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if let Some((name, length)) = leading(wire_type, buffer.chunk()) {
            list.push(name);
            buffer.advance(length);
            return Ok(());
        }
        // It isn't in one piece, or isn't right.
        let mut name = String::new();
        string::merge(wire_type, &mut name, buffer, context)?;
        list.push(&name);
        Ok(())
    }
}

impl<S: AsRef<str>> FromIterator<S> for NameList {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut list = Self::default();
        for name in names {
            list.push(name.as_ref());
        }
        list
    }
}

/// The text that these bytes begin with, and how many of them it takes with its length.
fn leading(wire_type: WireType, bytes: &[u8]) -> Option<(&str, usize)> {
    if wire_type != WireType::LengthDelimited {
        return None;
    }
    let mut rest = bytes;
    let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
    let text = rest.get(..length)?;
    Some((str::from_utf8(text).ok()?, bytes.len() - rest.len() + length))
}

#[cfg(test)]
mod tests {
    use prost::DecodeError;
    use prost::bytes::Buf;
    use prost::encoding::{DecodeContext, WireType, encode_varint};

    use super::NameList;

    fn read(wire_type: WireType, mut buffer: impl Buf) -> Result<NameList, DecodeError> {
        let mut list = NameList::default();
        while buffer.has_remaining() {
            NameList::merge(wire_type, &mut list, &mut buffer, DecodeContext::default())?;
        }
        Ok(list)
    }

    fn written(names: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for name in names {
            encode_varint(name.len() as u64, &mut bytes);
            bytes.extend_from_slice(name.as_bytes());
        }
        bytes
    }

    #[test]
    fn names_are_read_as_they_were_written_wherever_the_bytes_are_cut() {
        let long = "n".repeat(300);
        let names = ["a", "", "ä/ö", &long, "a"];
        let bytes = written(&names);
        for cut in 0..bytes.len() {
            let list = read(WireType::LengthDelimited, bytes[..cut].chain(&bytes[cut..])).unwrap();
            assert_eq!(list.iter().collect::<Vec<_>>(), names, "cut at {cut}");
            assert_eq!(list, names.iter().collect());
        }
        assert_eq!(NameList::from_iter(names).len(), 5);
        assert_ne!(NameList::from_iter(["a", "bc"]), ["ab", "c"].iter().collect(), "the same text, cut elsewhere");
    }

    #[test]
    fn what_is_no_text_is_an_error() {
        assert!(read(WireType::LengthDelimited, [1_u8, 0xff].as_slice()).is_err());
        assert!(read(WireType::LengthDelimited, [3_u8, b'a'].as_slice()).is_err(), "too short");
        assert!(read(WireType::Varint, [1_u8, b'a'].as_slice()).is_err(), "no text");
    }
}
