//! What the operating system tells about files, reduced to what matters to us.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};

/// Whether the system tells when a writer closes a file. Then what happens before that is only noise.
const TELLS_CLOSE: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Something that happened to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// A file has been written completely.
    Written(String),
    /// A file has been opened that wasn't there, or something else has been made; a file's writer isn't done yet.
    Created(String),
    /// Something stands there now that was moved there.
    Appeared(String),
    /// What stood there is gone.
    Gone(String),
    /// Its permissions changed, perhaps.
    Touched(String),
    /// Signals were lost.
    Overflow,
    /// Nobody listens any more.
    Stop,
}

impl Signal {
    /// What an event of the watcher says, with the paths as the user would write them: below `root`, where the watcher
    /// speaks of `absolute`. Paths that aren't UTF-8 are left out, as they are when directories are listed.
    pub fn from_event(event: notify::Result<notify::Event>, root: &Path, absolute: &Path) -> Vec<Self> {
        // An error while reading events may have cost some.
        let Ok(event) = event else { return vec![Self::Overflow] };
        if event.need_rescan() {
            return vec![Self::Overflow];
        }
        let signal = match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => Self::Written,
            EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => Self::Gone,
            // Has been told as From and To.
            EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return Vec::new(),
            EventKind::Create(_) if TELLS_CLOSE => Self::Created,
            EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)) => Self::Appeared,
            EventKind::Modify(ModifyKind::Metadata(_)) => Self::Touched,
            EventKind::Modify(_) if !TELLS_CLOSE => Self::Written,
            EventKind::Any | EventKind::Access(_) | EventKind::Modify(_) | EventKind::Other => return Vec::new(),
        };
        let written = |path: &PathBuf| match path.strip_prefix(absolute) {
            Ok(rest) if rest.as_os_str().is_empty() => root.to_str().map(str::to_owned),
            Ok(rest) => root.join(rest).into_os_string().into_string().ok(),
            Err(_) => None,
        };
        event.paths.iter().filter_map(written).map(signal).collect()
    }

    /// The path it is about.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Written(path)
            | Self::Created(path)
            | Self::Appeared(path)
            | Self::Gone(path)
            | Self::Touched(path) => Some(path),
            Self::Overflow | Self::Stop => None,
        }
    }
}

/// The last signal of every path, in the order in which they came; what only concerns permissions hides nothing.
pub fn latest(batch: Vec<Signal>) -> Vec<Signal> {
    let mut seen = BTreeSet::new();
    let mut kept: Vec<Signal> = Vec::with_capacity(batch.len());
    for signal in batch.into_iter().rev() {
        let is_known = seen.contains(&signal.path().map(str::to_owned));
        if !matches!(signal, Signal::Touched(_)) {
            seen.insert(signal.path().map(str::to_owned));
        }
        if !is_known {
            kept.push(signal);
        }
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::Signal::{Appeared, Gone, Overflow, Touched, Written};
    use super::latest;

    #[test]
    fn only_the_last_signal_of_a_path_counts() {
        let (a, b) = (|| "a".to_owned(), || "b".to_owned());
        assert_eq!(latest(vec![Written(a()), Written(b()), Gone(a())]), [Written(b()), Gone(a())]);
        assert_eq!(latest(vec![Gone(a()), Appeared(a())]), [Appeared(a())]);
        assert_eq!(latest(vec![Overflow, Written(a()), Overflow]), [Written(a()), Overflow]);
    }

    #[test]
    fn new_permissions_hide_no_new_content() {
        let a = || "a".to_owned();
        assert_eq!(latest(vec![Written(a()), Touched(a())]), [Written(a()), Touched(a())]);
    }
}
