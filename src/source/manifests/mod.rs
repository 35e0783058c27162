//! The manifests source: a directory that is watched for changes.
//!
//! ```text
//! disk ── bytes ──▶ split ──▶ compose ──▶ document ──▶ contents ──▶ directory ──▶ Notice
//!   ▲               at ---    YAML to     objects of   one file     which file
//!   │                         nodes       our kinds                 has which object
//! watch ◀── signal ◀── inotify
//! ```
//!
//! Everything after the bytes is pure, and [`load()`] runs it once for commands. What is wrong in a file is an [`Issue`] with its
//! line, from the parser on.
//!
//! What `kubectl apply` refuses is refused with the reason. A document that can't be parsed costs only itself: the other
//! documents of its file are read, and the objects that the file gave before and that aren't in those stay as they were,
//! because nobody knows if they are in the broken one.
//!
//! A directory may hold much that nobody meant for us: objects of other kinds, objects that don't take part, templates of
//! objects, files that are no manifests at all. What is wrong with those is nobody's business ([`Concern`]): they are left
//! alone, and counted ([`LeftAlone`]).
//!
//! [`Concern`]: crate::model::Concern
//! [`Issue`]: issue::Issue

mod astray;
mod compose;
mod contents;
mod convertible;
mod decode;
mod directory;
mod disk;
mod document;
mod encoding;
mod found;
mod issue;
mod left_alone;
mod load;
mod node;
mod scalar;
mod signal;
mod split;
mod template;
mod trace;
mod walk;
mod watch;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use futures::stream::{self, BoxStream, StreamExt};
use thiserror::Error;
use tokio_stream::wrappers::ReceiverStream;

pub use convertible::{Annotated, Convertible, load_convertible};
pub use found::{Declared, Found, RejectedAt};
pub use left_alone::LeftAlone;
pub use load::{LoadError, Loaded, STDIN, load};

use crate::source::objects::Conversion;
use crate::source::{Notice, Source};
use watch::{Pace, Watch};

/// How many signals may wait for the thread. As many as Linux itself keeps (fs.inotify.max_queued_events); when there are
/// more, everything is read again instead.
const SIGNALS: usize = 16_384;

/// How many batches may wait for the listener before the thread waits too.
const BATCHES: usize = 16;

/// The source of a directory of manifests.
#[derive(Debug)]
pub struct ManifestsSource {
    /// What the thread says. It ends when nobody listens any more.
    batches: tokio::sync::mpsc::Receiver<Vec<Notice>>,
}

/// Why a directory can't be followed. A retry helps when the directory appears or the limit is raised.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It isn't there, or can't be listed.
    #[error("the manifests directory {} can't be read: {error}", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Its path can't be written in a message.
    #[error("the path of the manifests directory {} isn't UTF-8", path.display())]
    Path {
        /// The directory.
        path: PathBuf,
    },
    /// The system doesn't let us watch anything.
    #[error(
        "the manifests directory {} can't be watched: {error} (with too many open files: raise \
         fs.inotify.max_user_instances)",
        path.display()
    )]
    Watch {
        /// The directory.
        path: PathBuf,
        /// What the watcher says.
        error: notify::Error,
    },
    /// The system gives us no thread.
    #[error("no thread for the manifests directory: {0}")]
    Thread(#[source] io::Error),
}

impl ManifestsSource {
    /// Begins to follow `directory`.
    pub fn open(directory: impl Into<PathBuf>, conversion: Conversion) -> Result<Self, OpenError> {
        Self::paced(&directory.into(), conversion, Pace::default())
    }

    fn paced(directory: &Path, conversion: Conversion, pace: Pace) -> Result<Self, OpenError> {
        // Without a trailing slash: paths are compared as they are written.
        let path: PathBuf = directory.components().collect();
        let unreadable = |error| OpenError::Unreadable { path: path.clone(), error };
        std::fs::read_dir(&path).map_err(unreadable)?;
        let absolute = std::path::absolute(&path).map_err(unreadable)?;
        let root: Arc<str> = path.to_str().ok_or_else(|| OpenError::Path { path: path.clone() })?.into();

        let (signals, received) = mpsc::sync_channel(SIGNALS);
        let overflowed = Arc::new(AtomicBool::new(false));
        let (said, batches) = tokio::sync::mpsc::channel(BATCHES);
        let (shown, are_lost) = (PathBuf::from(&*root), Arc::clone(&overflowed));
        let watcher = notify::recommended_watcher(move |event| {
            // Never waits: the thread may be waiting for the watcher, which is who calls this. Once the source is dropped
            // nobody listens any more, and that is fine.
            let is_lost = |signal| matches!(signals.try_send(signal), Err(mpsc::TrySendError::Full(_)));
            if signal::signals(event, &shown, &absolute).is_none_or(|all| all.into_iter().any(is_lost)) {
                are_lost.store(true, Ordering::Release);
            }
        });
        let watcher = watcher.map_err(|error| OpenError::Watch { path: path.clone(), error })?;
        let watch = Watch::new(root, conversion, pace, watcher, overflowed, said);
        let thread = std::thread::Builder::new().name("manifests".to_owned());
        thread.spawn(move || watch.run(&received)).map_err(OpenError::Thread)?;
        Ok(Self { batches })
    }
}

impl Source for ManifestsSource {
    fn name(&self) -> &'static str {
        "manifests"
    }

    fn notices(self: Box<Self>) -> BoxStream<'static, Notice> {
        ReceiverStream::new(self.batches).flat_map(stream::iter).boxed()
    }
}

#[cfg(test)]
mod tests;
