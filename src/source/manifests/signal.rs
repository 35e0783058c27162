//! Reduces file system events to the ones that matter.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};

/// Whether the system tells when a writer closes a file. Then what happens before that is only noise.
const TELLS_CLOSE: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Something that happened to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// When it was told.
    pub at: Instant,
    /// The path.
    pub path: String,
    /// What happened to it.
    pub what: What,
}

/// What may happen to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A file has been written completely.
    Written,
    /// A file has been opened that wasn't there, or something else has been made; a file's writer isn't done yet.
    Created,
    /// Something stands there now that was moved there.
    Appeared,
    /// What stood there is gone.
    Gone,
    /// Its permissions changed, perhaps.
    Touched,
}

/// What an event of the watcher says, with the paths as the user would write them: below `root`, where the watcher speaks of
/// `absolute`. Paths that aren't UTF-8 are left out, as they are when directories are listed. `None` if events were lost.
pub fn signals(event: notify::Result<notify::Event>, root: &Path, absolute: &Path) -> Option<Vec<Signal>> {
    let at = Instant::now();
    // An error while reading events may have cost some.
    let event = event.ok().filter(|event| !event.need_rescan())?;
    let what = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => What::Written,
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => What::Gone,
        // Has been told as From and To.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return Some(Vec::new()),
        EventKind::Create(_) if TELLS_CLOSE => What::Created,
        EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)) => What::Appeared,
        EventKind::Modify(ModifyKind::Metadata(_)) => What::Touched,
        EventKind::Modify(_) if !TELLS_CLOSE => What::Written,
        EventKind::Any | EventKind::Access(_) | EventKind::Modify(_) | EventKind::Other => return Some(Vec::new()),
    };
    let signal = |path: &PathBuf| match path.strip_prefix(absolute).ok()? {
        rest if rest.as_os_str().is_empty() => Some(Signal { at, path: root.to_str()?.to_owned(), what }),
        rest => Some(Signal { at, path: root.join(rest).into_os_string().into_string().ok()?, what }),
    };
    Some(event.paths.iter().filter_map(signal).collect())
}

/// The last signal of every path, in the order in which they came; what only concerns permissions hides nothing.
pub fn latest(mut batch: Vec<Signal>) -> Vec<Signal> {
    let mut seen = BTreeSet::new();
    batch.reverse();
    batch.retain(|signal| match signal.what {
        What::Touched => !seen.contains(&signal.path),
        What::Written | What::Created | What::Appeared | What::Gone => seen.insert(signal.path.clone()),
    });
    batch.reverse();
    batch
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::What::{Appeared, Gone, Touched, Written};
    use super::{Signal, What, latest};

    #[test]
    fn the_last_signal_of_a_path_counts_and_permissions_hide_nothing() {
        let at = Instant::now();
        let of = |batch: &[(&str, What)]| -> Vec<_> {
            batch.iter().map(|(path, what)| Signal { at, path: (*path).to_owned(), what: *what }).collect()
        };
        for (batch, kept) in [
            (&[("a", Written), ("b", Written), ("a", Gone)][..], &[("b", Written), ("a", Gone)][..]),
            (&[("a", Gone), ("a", Appeared)], &[("a", Appeared)]),
            (&[("a", Written), ("a", Touched)], &[("a", Written), ("a", Touched)]),
            (&[("a", Touched), ("a", Written)], &[("a", Written)]),
        ] {
            assert_eq!(latest(of(batch)), of(kept));
        }
    }
}
