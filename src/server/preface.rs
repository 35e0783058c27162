//! Whether a client has sent the connection preface of HTTP/2.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long the preface is: `PRI * HTTP/2.0 …` (RFC 9113, section 3.4).
const PREFACE_BYTES: usize = 24;

/// A connection that says when as many bytes as the preface has were read from it. Whether they are the preface is left to
/// the reader.
#[derive(Debug)]
pub(super) struct PrefaceReader<S> {
    stream: S,
    missing: usize,
    is_read: Arc<AtomicBool>,
}

impl<S> PrefaceReader<S> {
    /// The connection, and whether the preface was read.
    pub(super) fn new(stream: S) -> (Self, Arc<AtomicBool>) {
        let is_read = Arc::<AtomicBool>::default();
        (Self { stream, missing: PREFACE_BYTES, is_read: Arc::clone(&is_read) }, is_read)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PrefaceReader<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if self.missing > 0 {
            self.missing = self.missing.saturating_sub(buffer.filled().len() - before);
            self.is_read.store(self.missing == 0, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PrefaceReader<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
