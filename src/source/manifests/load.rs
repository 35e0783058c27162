//! Manifests read once, for commands.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::model::{Converted, Event, Key, Rejected};
use crate::source::objects::Conversion;

use super::contents::Contents;
use super::directory::{Directory, Trouble};
use super::disk::{self, MAX_FILE_BYTES, ReadError, Tree};
use super::left_alone::LeftAlone;

/// The name for standard input, on the command line and in messages.
pub const STDIN: &str = "-";

/// All that some directories and files hold.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every object, by file and name.
    pub objects: Vec<Found>,
    /// What is wrong with the files themselves, by file and line.
    pub rejected: Vec<Wrong>,
    /// What a source would say: a complete list of every kind, and what is wrong with the files.
    pub events: Vec<Event>,
    /// The objects of the kind that EndpointSlices have taken the place of.
    pub endpoints: Vec<OldEndpoints>,
    /// What is in the files that isn't ours, and of which nothing is said.
    pub left_alone: LeftAlone,
    /// What of that can't be parsed.
    pub unread: Vec<Wrong>,
}

/// An object, and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The file, as the user gave it or below what the user gave.
    pub file: Arc<str>,
    /// The line where it begins, from 1.
    pub line: u32,
    /// Whether it counts: of several with one name only the first does.
    pub served: bool,
    /// Whether what is wrong with it is ours to tell.
    pub ours: bool,
    /// The object.
    pub converted: Converted,
    /// The line of each of [`Converted::rejected`].
    pub lines: Vec<u32>,
}

/// An object of the kind Endpoints, which isn't read.
#[derive(Debug, Clone, PartialEq)]
pub struct OldEndpoints {
    /// The file.
    pub file: Arc<str>,
    /// The line where it begins, from 1.
    pub line: u32,
    /// The Service of its name.
    pub service: Key,
}

/// Something wrong with a file itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    /// The file.
    pub file: Arc<str>,
    /// The line, if there is one.
    pub line: Option<u32>,
    /// What is wrong.
    pub rejected: Rejected,
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
            Err(trouble) => directory.fail(path, trouble),
        };
    })?;
    Ok(Loaded::from(&directory))
}

/// Reads each file once more for each time that it is asked for: its content, or what hinders that.
pub fn each_file(
    roots: &[PathBuf],
    mut take: impl FnMut(&Arc<str>, Result<Vec<u8>, Trouble>),
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
            each_file_below(root, &mut take);
        } else {
            match disk::read_named(root) {
                Ok(bytes) => take(&root.into(), Ok(bytes)),
                Err(ReadError::Absent) => return Err(unreadable("there is no such file or directory".to_owned())),
                Err(ReadError::Dangling(message) | ReadError::Trouble(message)) => return Err(unreadable(message)),
            }
        }
    }
    Ok(())
}

fn each_file_below(root: &str, take: &mut impl FnMut(&Arc<str>, Result<Vec<u8>, Trouble>)) {
    let Tree { directories: _, files, troubles } = Tree::walk(root, |_, _| ());
    for path in files.keys() {
        match disk::read(path) {
            Ok((_, bytes)) => take(path, Ok(bytes)),
            Err(ReadError::Absent) => {}
            Err(ReadError::Dangling(why)) => take(path, Err(Trouble::Dangling(why))),
            Err(ReadError::Trouble(why)) => take(path, Err(Trouble::Unreadable(why))),
        }
    }
    for (path, trouble) in troubles {
        take(&path, Err(Trouble::Unreadable(trouble)));
    }
}

impl From<&Directory> for Loaded {
    fn from(directory: &Directory) -> Self {
        let found = directory.found().map(|(file, slot, served)| Found {
            file: Arc::clone(file),
            line: slot.line(),
            served,
            ours: directory.is_ours(slot.concern()),
            converted: slot.located.converted.clone(),
            lines: slot.located.lines.iter().map(|line| slot.offset.saturating_add(*line)).collect(),
        });
        let wrong = directory.rejected().map(|(file, line, rejected)| Wrong { file: Arc::clone(file), line, rejected });
        let unread = directory.unread().map(|(file, line, rejected)| Wrong {
            file: Arc::clone(file),
            line: Some(line),
            rejected,
        });
        let endpoints = directory.endpoints().map(|(file, line, service)| OldEndpoints {
            file: Arc::clone(file),
            line,
            service: service.clone(),
        });
        Self {
            objects: found.collect(),
            rejected: wrong.collect(),
            events: directory.list(),
            endpoints: endpoints.collect(),
            left_alone: directory.left_alone(),
            unread: unread.collect(),
        }
    }
}
