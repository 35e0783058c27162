use prost::DecodeError;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, encode_varint};

use super::NameList;

fn read(wire_type: WireType, mut buffer: impl Buf) -> Result<NameList, DecodeError> {
    let mut list = NameList::default();
    while buffer.has_remaining() {
        list.merge(wire_type, &mut buffer, DecodeContext::default())?;
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
