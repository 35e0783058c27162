//! Reads manifests once, for the offline commands.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::model::{Event, Key};
use crate::source::objects::Conversion;

use super::contents::Contents;
use super::directory::Directory;
use super::disk::{self, MAX_FILE_BYTES, ReadError, Tree};
use super::found::{Declared, Found, RejectedAt};
use super::left_alone::LeftAlone;

/// The name for standard input, on the command line and in messages.
pub const STDIN: &str = "-";

/// All that some directories and files hold.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every object, by file and name.
    pub objects: Vec<Found>,
    /// What is wrong with the files themselves, by file and line.
    pub rejected: Vec<RejectedAt>,
    /// What a source would say: a complete list of every kind, and what is wrong with the files.
    pub events: Vec<Event>,
    /// The objects of the kind Endpoints, which EndpointSlices have taken the place of: the Service of the name of each.
    pub endpoints: Vec<Declared<Key>>,
    /// What is in the files that isn't ours, and of which nothing is said.
    pub left_alone: LeftAlone,
    /// What of that can't be parsed.
    pub unread: Vec<RejectedAt>,
}

/// Why nothing could be loaded. No retry helps.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A file or directory that was asked for can't be read.
    #[error("{path}: {message}")]
    Unreadable {
        /// Its path.
        path: String,
        /// Why.
        message: String,
    },
    /// Standard input can't be read.
    #[error("standard input: {0}")]
    Stdin(#[source] io::Error),
}

/// Reads directories, files of any name, and standard input (`-`).
pub fn load(roots: &[PathBuf], conversion: Conversion) -> Result<Loaded, LoadError> {
    let mut directory = Directory::default();
    each_file(roots, |path, content| {
        match content {
            Ok(bytes) => directory.put(path, Contents::read(&bytes, None, conversion)),
            Err(ReadError::Dangling(why) | ReadError::Unreadable(why)) => directory.fail(path, why),
            Err(ReadError::Absent) => Vec::new(),
        };
    })?;
    Ok(Loaded {
        objects: directory.found().collect(),
        rejected: directory.rejected().collect(),
        events: directory.list(),
        endpoints: directory.endpoints().collect(),
        left_alone: directory.left_alone(),
        unread: directory.unread().collect(),
    })
}

/// Reads each file once more for each time that it is asked for: its content, or what hinders that.
pub fn each_file(
    roots: &[PathBuf],
    mut take: impl FnMut(&Arc<str>, Result<Vec<u8>, ReadError>),
) -> Result<(), LoadError> {
    for root in roots {
        let root: PathBuf = root.components().collect();
        let unreadable = |message: String| LoadError::Unreadable { path: root.display().to_string(), message };
        let root = root.to_str().ok_or_else(|| unreadable("the path isn't UTF-8".to_owned()))?;
        if root == STDIN {
            let mut bytes = Vec::new();
            io::stdin().lock().take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(LoadError::Stdin)?;
            take(&STDIN.into(), Ok(bytes));
        } else if disk::Identity::of(root).is_some() {
            let Tree { directories: _, files, troubles } = Tree::walk(root, |_, _| ());
            for path in files.keys() {
                take(path, disk::read(path).map(|(_, bytes)| bytes));
            }
            for (path, why) in troubles {
                take(&path, Err(ReadError::Unreadable(why)));
            }
        } else {
            let bytes = disk::read_named(root).map_err(|error| unreadable(error.to_string()))?;
            take(&root.into(), Ok(bytes));
        }
    }
    Ok(())
}
