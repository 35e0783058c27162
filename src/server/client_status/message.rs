//! A gRPC message in pieces.
//!
//! In pieces, because a message has megabytes: in one buffer it would be in memory until its last byte is sent, beside the
//! smaller buffer that it grew from, and the next message.

use std::{mem, vec};

use bytes::Bytes;

/// How large a piece gets.
const PIECE_BYTES: usize = 32 << 10;

/// A message that isn't compressed begins with a 0 and its length (gRPC over HTTP/2, "Length-Prefixed-Message").
const UNCOMPRESSED: u8 = 0;

/// A message that grows at its end.
#[derive(Debug, Default)]
pub(super) struct MessageBuffer {
    pieces: Vec<Bytes>,
    /// The last piece, as long as it isn't full.
    last: Vec<u8>,
    len: usize,
}

impl MessageBuffer {
    /// How many bytes it has.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Adds bytes at the end.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        self.len += bytes.len();
        while !bytes.is_empty() {
            let (now, then) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.last.len()));
            self.last.extend_from_slice(now);
            bytes = then;
            if self.last.len() == PIECE_BYTES {
                self.end_piece();
            }
        }
    }

    /// Adds another message at the end.
    pub(super) fn append(&mut self, mut other: Self) {
        if other.pieces.is_empty() {
            self.push(&other.last);
            return;
        }
        self.end_piece();
        self.pieces.append(&mut other.pieces);
        self.last = other.last;
        self.len += other.len;
    }

    fn end_piece(&mut self) {
        if !self.last.is_empty() {
            self.pieces.push(mem::take(&mut self.last).into_boxed_slice().into());
        }
    }

    /// The pieces, with the prefix of a message.
    pub(super) fn framed(mut self) -> vec::IntoIter<Bytes> {
        self.end_piece();
        let mut head = vec![UNCOMPRESSED];
        // It is far below four gibibytes.
        head.extend_from_slice(&u32::try_from(self.len).unwrap_or(u32::MAX).to_be_bytes());
        self.pieces.insert(0, head.into());
        self.pieces.into_iter()
    }

    #[cfg(test)]
    pub(super) fn bytes(mut self) -> Vec<u8> {
        self.end_piece();
        self.pieces.concat()
    }
}
