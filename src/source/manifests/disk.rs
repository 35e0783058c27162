//! Finds and reads the manifest files of a directory tree.
//!
//! Manifests are the regular files (or links to some) named `*.yaml`, `*.yml` or `*.json`, and kustomize's `Kustomization`, so
//! that it is known where one is. Names that begin with a dot
//! are neither read nor entered: an editor's swap files, `.git`, and the `..data` behind a mounted ConfigMap, whose
//! files would be seen twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

/// The largest file that is read, in bytes. 10,000 endpoints take 2 MB.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// What the system says of links that lead back to themselves.
const ELOOP: i32 = 40;

/// What kustomize also calls its file.
pub const KUSTOMIZATION: &str = "Kustomization";

/// Which directory it is, whatever its path: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity(u64, u64);

/// What changes when a file changes: identity, size, and the time of the last change of its data or its metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    identity: Identity,
    size: u64,
    changed: (i64, i64),
}

/// A directory with all that is below it.
#[derive(Debug, Default)]
pub struct Tree {
    /// The directories, the first one included.
    pub directories: BTreeMap<Arc<str>, Identity>,
    /// The manifests; `None` when nothing can be learnt about a file (a link to nowhere, for instance).
    pub files: BTreeMap<Arc<str>, Option<Stamp>>,
    /// What can't be looked into, and why.
    pub troubles: BTreeMap<Arc<str>, String>,
}

/// Why a file gives no bytes. A retry helps when the file changes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// It isn't there, or is no file.
    #[error("there is no such file or directory")]
    Absent,
    /// It is a link to nowhere; in words.
    #[error("{0}")]
    Dangling(String),
    /// It is there, but can't be read, and why.
    #[error("{0}")]
    Unreadable(String),
}

impl Identity {
    /// Which directory stands at `path`; `None` if none does.
    pub fn of(path: &str) -> Option<Self> {
        fs::metadata(path).ok().filter(Metadata::is_dir).map(|metadata| Self::from(&metadata))
    }
}

impl From<&Metadata> for Identity {
    fn from(metadata: &Metadata) -> Self {
        Self(metadata.dev(), metadata.ino())
    }
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self { identity: metadata.into(), size: metadata.len(), changed: (metadata.ctime(), metadata.ctime_nsec()) }
    }
}

impl Tree {
    /// Walks through a directory. `enter` is called with each directory *before* it is listed, so that a watch set there
    /// misses nothing. A directory that is reached twice through links is entered once, so loops of links end.
    pub fn walk(root: &str, mut enter: impl FnMut(&Arc<str>, Identity)) -> Self {
        let mut tree = Self::default();
        let mut entered = BTreeSet::new();
        let mut ahead: Vec<Arc<str>> = vec![root.into()];
        while let Some(path) = ahead.pop() {
            let Some(identity) = Identity::of(&path) else { continue };
            if !entered.insert(identity) {
                continue;
            }
            enter(&path, identity);
            match tree.list(&path) {
                Ok(below) => ahead.extend(below.into_iter().rev()),
                Err(error) => {
                    tree.troubles.insert(Arc::clone(&path), format!("can't be listed: {error}"));
                }
            }
            tree.directories.insert(path, identity);
        }
        tree
    }

    /// Notes the files of a directory, and returns its directories in order.
    fn list(&mut self, directory: &str) -> io::Result<BTreeSet<Arc<str>>> {
        let mut below = BTreeSet::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let Some(path) = path.to_str() else {
                let trouble = "has a name that isn't UTF-8".to_owned();
                self.troubles.insert(path.to_string_lossy().into(), trouble);
                continue;
            };
            if is_hidden(path) {
                continue;
            }
            match fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => {
                    below.insert(path.into());
                }
                Ok(metadata) if is_manifest(path) && metadata.is_file() => {
                    self.files.insert(path.into(), Some((&metadata).into()));
                }
                Err(_) if is_manifest(path) => {
                    self.files.insert(path.into(), None);
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(below)
    }

    /// Whether nobody can know if a file is there, because it lies in what can't be looked into.
    pub fn is_dark(&self, path: &str) -> bool {
        self.troubles.keys().any(|trouble| is_below(path, trouble))
    }
}

/// Reads a manifest; the stamp is of exactly these bytes or earlier ones.
pub fn read(path: &str) -> Result<(Stamp, Vec<u8>), ReadError> {
    // Opening a pipe would wait for a writer.
    if !fs::metadata(path).map_err(|error| why(path, &error))?.is_file() {
        return Err(ReadError::Absent);
    }
    read_any(path)
}

/// Reads what somebody named who may mean a pipe: `<(…)` of a shell, for instance.
pub fn read_named(path: &str) -> Result<Vec<u8>, ReadError> {
    let kind = fs::metadata(path).map_err(|error| why(path, &error))?.file_type();
    if !(kind.is_file() || kind.is_fifo() || kind.is_char_device()) {
        return Err(ReadError::Unreadable("isn't a regular file; use - for standard input".to_owned()));
    }
    read_any(path).map(|(_, bytes)| bytes)
}

fn read_any(path: &str) -> Result<(Stamp, Vec<u8>), ReadError> {
    let file = File::open(path).map_err(|error| why(path, &error))?;
    let stamp = Stamp::from(&file.metadata().map_err(|error| why(path, &error))?);
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.size.min(MAX_FILE_BYTES)).unwrap_or_default());
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| why(path, &error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(ReadError::Unreadable(format!("is larger than {} MiB; split it", MAX_FILE_BYTES >> 20)));
    }
    Ok((stamp, bytes))
}

fn why(path: &str, error: &io::Error) -> ReadError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => match fs::read_link(path) {
            Ok(target) => {
                ReadError::Dangling(format!("is a link to {}, which doesn't exist", target.to_string_lossy()))
            }
            Err(_) => ReadError::Absent,
        },
        _ if error.raw_os_error() == Some(ELOOP) => {
            ReadError::Dangling("is a link that leads back to itself".to_owned())
        }
        _ => ReadError::Unreadable(format!("can't be read: {error}")),
    }
}

/// Whether a file of this name is one of ours.
pub fn is_manifest(path: &str) -> bool {
    let extension = Path::new(path).extension();
    path.rsplit('/').next() == Some(KUSTOMIZATION)
        || !is_hidden(path) && extension.is_some_and(|it| it == "yaml" || it == "yml" || it == "json")
}

/// Whether the name begins with a dot.
pub fn is_hidden(path: &str) -> bool {
    Path::new(path).file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with('.'))
}

/// Whether `path` is `directory` or lies in it.
pub fn is_below(path: &str, directory: &str) -> bool {
    Path::new(path).starts_with(directory)
}
