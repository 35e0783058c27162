//! Errors of the configuration.

use std::io;
use std::path::PathBuf;

/// Settings that can't be used. A retry doesn't help.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file can't be read.
    #[error("--config {}: {source}", path.display())]
    Read {
        /// The file as the user named it.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The configuration file says something that can't be used.
    #[error("{}:{line}: {message}", path.display())]
    File {
        /// The file as the user named it.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong and what is expected.
        message: String,
    },
    /// Settings that exclude each other, or lack each other.
    #[error("{0}")]
    Contradiction(String),
    /// Something that this version can't do.
    #[error("{what} isn't available yet; {instead}")]
    NotYet {
        /// The setting.
        what: String,
        /// What to do meanwhile.
        instead: String,
    },
}

impl ConfigError {
    /// Whether the command line is at fault, not the content of a file.
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::Contradiction(_) | Self::NotYet { .. } => true,
            Self::Read { .. } | Self::File { .. } => false,
        }
    }
}
