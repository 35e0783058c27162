//! A directory tree, followed by a thread of its own.
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
//! - A file that is gone counts as gone after [`GRACE`], if the directory is still there then. So neither an editor that
//!   moves the old file away before it writes the new one, nor `rm -r` of the whole directory, takes Services down.
//! - A directory that came back counts as complete after [`SETTLE`], and never while it is empty.
//! - What the sweep finds changed is read when it is the same at the next sweep, because its writer may not be done. The
//!   sweep serves links to files elsewhere, file systems without inotify, and watches beyond the system's limit.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::model::Event;
use crate::source::Notice;
use crate::source::lower::Lowering;

use super::contents::Contents;
use super::directory::Directory;
use super::disk::{self, Identity, ReadError, Stamp, Tree};
use super::signal::{Signal, latest};

/// How long a file may be missing, in a directory that is there, before its objects go.
const GRACE: Duration = Duration::from_millis(100);

/// How long a directory that came back may take until it is complete.
const SETTLE: Duration = Duration::from_secs(2);

/// How often the directory itself is looked for.
const TICK: Duration = Duration::from_secs(1);

/// After how many ticks everything is looked at.
const SWEEP: u32 = 5;

/// Which files are read that a walk finds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    /// All of them.
    All,
    /// Those that changed.
    Changed,
    /// Those that changed, but not since the last sweep.
    Settled,
}

/// The thread's state.
pub struct Watch {
    root: Arc<str>,
    lowering: Lowering,
    watcher: RecommendedWatcher,
    notices: tokio::sync::mpsc::Sender<Vec<Notice>>,
    directory: Directory,
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

impl Watch {
    /// A watch of `root`, which does nothing before [`Self::run`].
    pub fn new(
        root: Arc<str>,
        lowering: Lowering,
        watcher: RecommendedWatcher,
        notices: tokio::sync::mpsc::Sender<Vec<Notice>>,
    ) -> Self {
        Self {
            root,
            lowering,
            watcher,
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
    pub fn run(mut self, signals: &mpsc::Receiver<(Instant, Signal)>) {
        self.scan(&Arc::clone(&self.root), Read::All);
        self.events = self.directory.list();
        self.touch = Some(Notice::InTouch);
        if !self.say(Instant::now()) {
            return;
        }
        let mut ticks = 0;
        let mut tick = Instant::now() + TICK;
        loop {
            let until = self.removal.map_or(tick, |removal| removal.min(tick));
            let first = match signals.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(signal) => Some(signal),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            };
            let at = first.as_ref().map_or_else(Instant::now, |(at, _)| *at);
            let batch: Vec<Signal> = first.into_iter().chain(signals.try_iter()).map(|(_, signal)| signal).collect();
            if batch.contains(&Signal::Stop) {
                return;
            }
            for signal in latest(batch) {
                self.take(&signal);
            }
            if Instant::now() >= tick {
                tick = Instant::now() + TICK;
                ticks += 1;
                self.check_root();
                if ticks % SWEEP == 0 && self.lost.is_none() {
                    self.scan(&Arc::clone(&self.root), Read::Settled);
                    self.touch = Some(Notice::InTouch);
                }
            }
            if self.removal.is_some_and(|due| Instant::now() >= due) {
                self.check_root();
                self.remove_left();
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
            self.removal = Some(Instant::now() + SETTLE);
        }
        match signal {
            Signal::Written(path) if disk::is_manifest(path) => self.read(&path.as_str().into()),
            Signal::Created(path) if is_being_written(path) => {}
            Signal::Created(path) | Signal::Appeared(path) => self.appeared(path),
            Signal::Gone(path) => self.gone(path),
            Signal::Touched(path) if self.directory.is_troubled(path) => self.appeared(path),
            Signal::Overflow => self.scan(&Arc::clone(&self.root), Read::All),
            Signal::Written(_) | Signal::Touched(_) | Signal::Stop => {}
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
                let contents = Contents::read(&bytes, self.directory.contents(path), self.lowering);
                self.events.append(&mut self.directory.put(path, contents));
            }
            Err(ReadError::Absent) => self.leave(path),
            Err(ReadError::Trouble(trouble)) => {
                self.stamps.remove(path);
                self.events.append(&mut self.directory.fail(path, trouble));
            }
        }
    }

    /// Notes that a file is gone, at least for the moment.
    fn leave(&mut self, path: &Arc<str>) {
        if self.directory.has(path) {
            self.stamps.remove(path);
            self.events.append(&mut self.directory.leave(path));
            let delay = if self.settling { SETTLE } else { GRACE };
            self.removal = Some(Instant::now() + delay);
        }
    }

    /// Removes the files that haven't come back, unless it is the whole directory that is gone.
    fn remove_left(&mut self) {
        self.removal = None;
        if self.lost.is_some() {
            return;
        }
        self.settling = false;
        let left: Vec<Arc<str>> = self.directory.leaving().cloned().collect();
        for path in left {
            match disk::read(&path) {
                Err(ReadError::Absent) => self.events.append(&mut self.directory.remove(&path)),
                Ok(_) | Err(ReadError::Trouble(_)) => self.read(&path),
            }
        }
    }

    /// Looks at `from` and all below it, sets the watches that are missing and reads what it must.
    fn scan(&mut self, from: &Arc<str>, which: Read) {
        let mut blind = BTreeMap::new();
        let Self { watcher, watched, .. } = self;
        let tree = Tree::walk(from, |path, identity| {
            if watched.get(path) == Some(&identity) {
                return;
            }
            if watched.remove(path).is_some() {
                // It refers to a directory that stood here before; it may be gone already.
                let _ = watcher.unwatch(Path::new(&**path));
            }
            match watcher.watch(Path::new(&**path), RecursiveMode::NonRecursive) {
                Ok(()) => {
                    watched.insert(Arc::clone(path), identity);
                }
                Err(error) => {
                    blind.insert(Arc::clone(path), error);
                }
            }
        });
        let vanished: Vec<Arc<str>> = self
            .watched
            .keys()
            .filter(|it| disk::is_below(it, from) && !tree.directories.contains_key(*it))
            .cloned()
            .collect();
        for path in vanished {
            self.unwatch(&path);
        }
        let missing: Vec<Arc<str>> =
            self.directory.below(from).filter(|it| disk::is_below(it, from)).cloned().collect();
        for path in missing {
            let is_there = tree.files.contains_key(&path) || tree.troubles.contains_key(&path);
            if !is_there && !tree.is_dark(&path) {
                self.leave(&path);
            }
        }
        for (path, trouble) in &tree.troubles {
            self.events.append(&mut self.directory.fail(path, trouble.clone()));
        }
        for (path, error) in blind {
            self.say_blind(&path, &error);
        }
        for (path, stamp) in &tree.files {
            if self.must_read(path, *stamp, which) {
                self.read(path);
            }
        }
    }

    fn must_read(&mut self, path: &Arc<str>, stamp: Option<Stamp>, which: Read) -> bool {
        if which == Read::All || !self.directory.has(path) && which == Read::Changed {
            return true;
        }
        if self.stamps.get(path) == stamp.as_ref() {
            self.unsettled.remove(path);
            return false;
        }
        match (which, stamp) {
            (Read::Settled, Some(stamp)) => self.unsettled.insert(Arc::clone(path), stamp) == Some(stamp),
            _ => true,
        }
    }

    /// A directory that can't be watched is only swept; it is reported, but serves.
    fn say_blind(&mut self, path: &Arc<str>, error: &notify::Error) {
        let why = match &error.kind {
            ErrorKind::MaxFilesWatch => {
                "the system's limit of inotify watches is reached; raise fs.inotify.max_user_watches".to_owned()
            }
            ErrorKind::PathNotFound => return,
            _ => error.to_string(),
        };
        let period = (TICK * SWEEP * 2).as_secs();
        let trouble = format!("can't be watched ({why}), so changes take up to {period} s to be noticed");
        self.events.append(&mut self.directory.fail(path, trouble));
    }

    fn unwatch(&mut self, path: &str) {
        let below: Vec<Arc<str>> = self.watched.keys().filter(|it| disk::is_below(it, path)).cloned().collect();
        for path in below {
            self.watched.remove(&path);
            // The system may have removed it together with the directory.
            let _ = self.watcher.unwatch(Path::new(&*path));
        }
    }

    /// Looks whether the directory is the one that we watch. If it is another one, everything is looked at.
    fn check_root(&mut self) {
        let root = Arc::clone(&self.root);
        let Some(identity) = Identity::of(&root) else {
            return self.lose(format!("{root} is gone; what it held is still served"));
        };
        let is_watched = self.watched.get(&root) == Some(&identity);
        // One that can't be watched is swept, whichever it is.
        let is_blind = !self.watched.contains_key(&root) && self.directory.is_troubled(&root);
        if self.lost.is_none() && (is_watched || is_blind) {
            return;
        }
        if self.directory.has_objects() && Tree::walk(&root, |_, _| ()).files.is_empty() {
            return self.lose(format!("{root} has been replaced by an empty directory; what it held is still served"));
        }
        self.lost = None;
        self.settling = true;
        self.unwatch(&root);
        self.scan(&root, Read::All);
        self.removal = Some(Instant::now() + SETTLE);
        self.touch = Some(Notice::InTouch);
    }

    fn lose(&mut self, error: String) {
        self.unwatch(&Arc::clone(&self.root));
        if self.lost.as_ref() != Some(&error) {
            self.lost = Some(error.clone());
            self.touch = Some(Notice::OutOfTouch { error });
        }
    }
}

/// Whether a file that has just been made is one whose writer will close it; a link has none.
fn is_being_written(path: &str) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.nlink() == 1)
}
