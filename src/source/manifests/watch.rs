//! Watches a directory tree on its own thread.
//!
//! ```text
//! inotify ──▶ Signal ──▶ Watch ── read the file ──▶ Directory ──▶ Notices
//!                          └── every second: is the directory still the one we watch?
//!                          └── every five:   has anything changed that nobody told us?
//! ```
//!
//! A thread, because reading files blocks: a parse of 64 MB must not hold up a stream. A changed file is read when its
//! writer closes it or moves it there, at once and only it. Three things wait, none of them on that way:
//!
//! - A file that is gone counts as gone after [`Pace::grace`], if the directory is still there then. So neither an editor that
//!   moves the old file away before it writes the new one, nor `rm -r` of the whole directory, takes Services down.
//! - A directory that came back counts as complete after [`Pace::settle`], and never while it is empty.
//! - What the sweep finds changed is read when it is the same at the next sweep, because its writer may not be done. The
//!   sweep serves links to files elsewhere, file systems without inotify, and watches beyond the system's limit.

mod root;
mod scan;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use notify::RecommendedWatcher;
use tracing::info;

use crate::model::Event;
use crate::source::Notice;
use crate::source::objects::Conversion;

use super::contents::Contents;
use super::directory::Directory;
use super::disk::{self, Identity, ReadError, Stamp};
use super::signal::{Signal, What, latest};
use scan::Read;

/// How long things may take. [`Self::default`] is what the page above says; tests are in more of a hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a file may be missing, in a directory that is there, before its objects go.
    pub grace: Duration,
    /// How long a directory that came back may stand still until it is complete.
    pub settle: Duration,
    /// How often the directory itself is looked for.
    pub tick: Duration,
    /// After how many ticks everything is looked at.
    pub sweep: u32,
}

/// The thread's state.
pub struct Watch {
    root: Arc<str>,
    conversion: Conversion,
    pace: Pace,
    watcher: RecommendedWatcher,
    notices: tokio::sync::mpsc::Sender<Vec<Notice>>,
    directory: Directory,
    /// Whether there were more signals than could wait.
    overflowed: Arc<AtomicBool>,
    /// The directories that are watched.
    watched: BTreeMap<Arc<str>, Identity>,
    /// What each file was when it was read.
    stamps: BTreeMap<Arc<str>, Stamp>,
    /// What the last sweep found changed.
    unsettled: BTreeMap<Arc<str>, Stamp>,
    /// When files that are leaving are gone for good.
    removal: Option<Instant>,
    /// What has been said of why we are out of touch, while we are.
    lost: Option<String>,
    /// Whether the directory came back, and may still be filling.
    settling: bool,
    /// What to say next.
    events: Vec<Event>,
    /// Whether we are in touch, to say after that.
    touch: Option<Notice>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            grace: Duration::from_millis(100),
            settle: Duration::from_secs(2),
            tick: Duration::from_secs(1),
            sweep: 5,
        }
    }
}

impl Watch {
    /// A watch of `root`, which does nothing before [`Self::run`].
    pub fn new(
        root: Arc<str>,
        conversion: Conversion,
        pace: Pace,
        watcher: RecommendedWatcher,
        overflowed: Arc<AtomicBool>,
        notices: tokio::sync::mpsc::Sender<Vec<Notice>>,
    ) -> Self {
        Self {
            root,
            conversion,
            pace,
            watcher,
            overflowed,
            notices,
            directory: Directory::default(),
            watched: BTreeMap::new(),
            stamps: BTreeMap::new(),
            unsettled: BTreeMap::new(),
            removal: None,
            lost: None,
            settling: false,
            events: Vec::new(),
            touch: None,
        }
    }

    /// Lists everything, then follows it until nobody listens any more.
    pub fn run(mut self, signals: &mpsc::Receiver<Signal>) {
        self.scan(&Arc::clone(&self.root), Read::All);
        self.events = self.directory.list();
        self.touch = Some(Notice::UpToDate);
        let left_alone = self.directory.left_alone();
        if !left_alone.is_empty() {
            info!(directory = %self.root, %left_alone, "Ignored files and objects that don't take part");
        }
        if !self.say(Instant::now()) {
            return;
        }
        let mut ticks = 0;
        let mut tick = Instant::now() + self.pace.tick;
        loop {
            let until = self.removal.map_or(tick, |removal| removal.min(tick));
            let first = match signals.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(signal) => Some(signal),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            };
            let at = first.as_ref().map_or_else(Instant::now, |signal| signal.at);
            let batch = latest(first.into_iter().chain(signals.try_iter()).collect());
            if self.overflowed.swap(false, Ordering::AcqRel) {
                self.scan(&Arc::clone(&self.root), Read::All);
            } else {
                for signal in &batch {
                    self.take(signal);
                }
            }
            if Instant::now() >= tick {
                tick = Instant::now() + self.pace.tick;
                ticks += 1;
                self.check_root();
                if ticks % self.pace.sweep == 0 && self.lost.is_none() {
                    self.scan(&Arc::clone(&self.root), Read::Settled);
                    self.touch = Some(Notice::UpToDate);
                }
            }
            if self.is_removal_due() {
                self.check_root();
                // Unless it is just now that the directory came back, or turned out to be gone.
                if self.is_removal_due() {
                    self.remove_left();
                }
            }
            if !self.say(at) {
                return;
            }
        }
    }

    /// Says what there is to say; false when nobody listens any more.
    fn say(&mut self, at: Instant) -> bool {
        let events = std::mem::take(&mut self.events).into_iter().map(|event| Notice::Event { at, event });
        let batch: Vec<Notice> = events.chain(self.touch.take()).collect();
        if batch.is_empty() { !self.notices.is_closed() } else { self.notices.blocking_send(batch).is_ok() }
    }

    fn take(&mut self, signal: &Signal) {
        if self.settling && self.removal.is_some() {
            // Still being filled.
            self.removal = Some(Instant::now() + self.pace.settle);
        }
        let Signal { at: _, path, what } = signal;
        match what {
            What::Written if disk::is_manifest(path) => self.read(&path.as_str().into()),
            What::Created if is_being_written(path) => {}
            What::Created | What::Appeared => self.appeared(path),
            What::Gone => self.gone(path),
            What::Touched if self.directory.is_unreadable(path) => self.appeared(path),
            What::Written | What::Touched => {}
        }
    }

    fn appeared(&mut self, path: &str) {
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        if Identity::of(path).is_some() {
            match Path::new(path).parent().and_then(Path::to_str) {
                // `..data` of a mounted ConfigMap: the files beside it are links through it.
                Some(parent) if disk::is_hidden(path) && is_link => self.scan(&parent.into(), Read::Changed),
                _ if disk::is_hidden(path) => {}
                _ => self.scan(&path.into(), Read::Changed),
            }
        } else if disk::is_manifest(path) {
            self.read(&path.into());
        }
    }

    fn gone(&mut self, path: &str) {
        let below: Vec<Arc<str>> = self.directory.below(path).filter(|it| disk::is_below(it, path)).cloned().collect();
        for file in below {
            self.leave(&file);
        }
        self.unwatch(path);
        if *path == *self.root {
            self.check_root();
        }
    }

    /// Reads one file, and nothing else.
    fn read(&mut self, path: &Arc<str>) {
        match disk::read(path) {
            Ok((stamp, bytes)) => {
                self.stamps.insert(Arc::clone(path), stamp);
                let contents = Contents::read(&bytes, self.directory.contents(path), self.conversion);
                self.events.append(&mut self.directory.put(path, contents));
            }
            Err(ReadError::Absent) => self.leave(path),
            Err(ReadError::Dangling(why) | ReadError::Unreadable(why)) => {
                self.stamps.remove(path);
                self.events.append(&mut self.directory.fail(path, why));
            }
        }
    }

    /// Notes that a file is gone, at least for the moment.
    fn leave(&mut self, path: &Arc<str>) {
        if self.directory.is_there(path) {
            self.stamps.remove(path);
            self.events.append(&mut self.directory.leave(path));
            let delay = if self.settling { self.pace.settle } else { self.pace.grace };
            self.removal = Some(Instant::now() + delay);
        }
    }

    fn is_removal_due(&self) -> bool {
        self.removal.is_some_and(|due| Instant::now() >= due)
    }

    /// Removes the files that haven't come back.
    fn remove_left(&mut self) {
        self.removal = None;
        self.settling = false;
        let left: Vec<Arc<str>> = self.directory.leaving().cloned().collect();
        for path in left {
            match disk::read(&path) {
                Err(ReadError::Absent) => self.events.append(&mut self.directory.remove(&path)),
                Ok(_) | Err(ReadError::Dangling(_) | ReadError::Unreadable(_)) => self.read(&path),
            }
        }
    }
}

/// Whether a file that has just been made is one whose writer will close it; a link has none.
fn is_being_written(path: &str) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.nlink() == 1)
}
