//! Scans the directory for changes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use notify::{ErrorKind, RecursiveMode, Watcher};

use super::super::disk::{self, Stamp, Tree};
use super::Watch;

/// Which files are read that a walk finds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// All of them.
    All,
    /// Those that changed.
    Changed,
    /// Those that changed, but not since the last sweep.
    Settled,
}

impl Watch {
    /// Looks at `from` and all below it, sets the watches that are missing and reads what it must.
    pub(super) fn scan(&mut self, from: &Arc<str>, which: Read) {
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

    pub(super) fn must_read(&mut self, path: &Arc<str>, stamp: Option<Stamp>, which: Read) -> bool {
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
        let period = (self.pace.tick * self.pace.sweep * 2).as_secs();
        let trouble = format!("can't be watched ({why}), so changes take up to {period} s to be noticed");
        self.events.append(&mut self.directory.fail(path, trouble));
    }

    pub(super) fn unwatch(&mut self, path: &str) {
        let below: Vec<Arc<str>> = self.watched.keys().filter(|it| disk::is_below(it, path)).cloned().collect();
        for path in below {
            self.watched.remove(&path);
            // The system may have removed it together with the directory.
            let _ = self.watcher.unwatch(Path::new(&*path));
        }
    }
}
