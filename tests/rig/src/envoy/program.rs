//! Finding an Envoy that is new enough.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// The oldest Envoy that is served in full.
pub const OLDEST: Version = Version { major: 1, minor: 36, patch: 0 };

/// The versions to test with, as the files in the directory of Envoys are named.
pub const VERSIONS: [&str; 3] = ["1.36", "1.38", "1.40"];

/// An Envoy that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
    /// What it says it is.
    pub version: Version,
}

/// A release of Envoy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Always 1 so far.
    pub major: u32,
    /// One for each quarter.
    pub minor: u32,
    /// Fixes.
    pub patch: u32,
}

impl Program {
    /// The Envoy at `path` or, without a path, the one on the PATH. An error when there is none, or only one older than
    /// [`OLDEST`].
    pub fn find(path: Option<&Path>) -> anyhow::Result<Self> {
        let path = path.unwrap_or(Path::new("envoy"));
        let output = Command::new(path).arg("--version").output().with_context(|| {
            format!(
                "can't run {}: give --envoy PATH, with an Envoy {OLDEST} or newer (`make envoy` installs one)",
                path.display()
            )
        })?;
        Self::judge(path, &String::from_utf8_lossy(&output.stdout))
    }

    /// `says` is what it prints when asked for its version.
    fn judge(path: &Path, says: &str) -> anyhow::Result<Self> {
        let Some(version) = Version::find(says) else {
            let line = says.trim().lines().next().unwrap_or_default();
            bail!("{} is no Envoy: `--version` says {line:?}", path.display());
        };
        if version < OLDEST {
            bail!("{} is Envoy {version}; expected {OLDEST} or newer (`make envoy` installs one)", path.display());
        }
        Ok(Self { path: path.to_owned(), version })
    }
}

impl Version {
    /// Reads what `envoy --version` prints: `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`. A build between
    /// two releases says `1.41.0-dev`.
    fn find(text: &str) -> Option<Self> {
        let (_, build) = text.split_once("version:")?;
        let release = build.trim().split('/').nth(1)?;
        let numbers = release.split_once('-').map_or(release, |(numbers, _)| numbers);
        let mut numbers = numbers.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self { major: next()?, minor: next()?, patch: next()? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor, patch } = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests;
