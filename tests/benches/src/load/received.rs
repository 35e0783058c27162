//! What a client received, where it lies: a response of a cold start has half a megabyte, and needn't be copied to be counted.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

/// The length of what gRPC puts before a message: whether it is compressed, and its length.
pub const PREFIX: usize = 5;

/// Chunks in the order in which they came.
#[derive(Debug, Default)]
pub struct Received {
    chunks: VecDeque<Bytes>,
    remaining: usize,
    /// The length of the message that is next, when its prefix is read already.
    length: Option<usize>,
}

impl Received {
    /// Adds what came.
    pub fn push(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            self.remaining += chunk.len();
            self.chunks.push_back(chunk);
        }
    }

    /// The length of the next message, if it is here as a whole. Whoever asks reads it.
    pub fn next_message(&mut self) -> Option<usize> {
        if self.length.is_none() && self.remaining >= PREFIX {
            self.get_u8();
            self.length = usize::try_from(self.get_u32()).ok();
        }
        self.length.take_if(|length| *length <= self.remaining)
    }
}

impl Buf for Received {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.chunks.front().map_or(&[], |chunk| chunk)
    }

    fn advance(&mut self, mut count: usize) {
        self.remaining -= count;
        while let Some(first) = self.chunks.front_mut() {
            if first.len() > count {
                return first.advance(count);
            }
            count -= first.len();
            self.chunks.pop_front();
        }
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        if let Some(first) = self.chunks.front().filter(|first| first.len() >= length) {
            let bytes = first.slice(..length);
            self.advance(length);
            return bytes;
        }
        let mut bytes = vec![0; length];
        self.copy_to_slice(&mut bytes);
        bytes.into()
    }
}

#[cfg(test)]
mod tests {
    use bytes::{Buf, Bytes};

    use super::Received;

    #[test]
    fn messages_are_found_wherever_the_chunks_end() {
        let stream: &'static [u8] = b"\0\0\0\0\x03abc\0\0\0\0\0\0\0\0\0\x05defgh";
        for size in 1..=stream.len() {
            let (mut received, mut messages) = (Received::default(), Vec::new());
            for chunk in stream.chunks(size) {
                received.push(Bytes::from_static(chunk));
                while let Some(length) = received.next_message() {
                    messages.push(received.copy_to_bytes(length));
                }
            }
            assert_eq!(messages, [&b"abc"[..], b"", b"defgh"], "chunks of {size}");
            assert_eq!(received.remaining(), 0);
        }
    }
}
