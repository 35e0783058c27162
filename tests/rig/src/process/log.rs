//! Where a process writes what nobody reads from a pipe.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::Notify;

/// How many lines of a log an error shows.
const TAIL_LINES: usize = 12;

/// Where it goes.
#[derive(Debug, Clone)]
pub enum Log {
    /// Nowhere, so that it costs nothing.
    Nowhere,
    /// Into this file, which is created, in a directory that exists.
    File(PathBuf),
    /// Its standard error is kept, for whoever waits for what it will say. What it prints goes nowhere.
    Kept(Kept),
}

/// What a process wrote to its standard error so far. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Kept(Arc<(Mutex<String>, Notify)>);

impl Log {
    /// For the standard output and the standard error of a process.
    pub(super) fn outputs(&self) -> anyhow::Result<(Stdio, Stdio)> {
        Ok(match self {
            Self::Nowhere => (Stdio::null(), Stdio::null()),
            Self::File(path) => {
                let file = File::create(path).with_context(|| format!("can't create {}", path.display()))?;
                let other = file.try_clone().with_context(|| format!("can't share {}", path.display()))?;
                (file.into(), other.into())
            }
            Self::Kept(_) => (Stdio::null(), Stdio::piped()),
        })
    }

    /// All that is in it.
    pub fn text(&self) -> String {
        match self {
            Self::Nowhere => String::new(),
            Self::File(path) => String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned(),
            Self::Kept(kept) => kept.lock().clone(),
        }
    }

    /// Its last lines.
    pub(super) fn tail(&self) -> Vec<String> {
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default();
        tail.iter().map(ToString::to_string).collect()
    }
}

impl Kept {
    /// Returns when `text` stands in it.
    pub async fn says(&self, text: &str) {
        loop {
            let written = self.0.1.notified();
            if self.lock().contains(text) {
                return;
            }
            written.await;
        }
    }

    pub(super) async fn follow(self, mut stderr: impl AsyncRead + Unpin) {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
            self.lock().push_str(&String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()));
            self.0.1.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, String> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
