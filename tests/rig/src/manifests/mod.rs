//! Services and their EndpointSlices, as files that Kubernetes and the manifests source both understand.

mod listed;
mod service;
mod services;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;

pub use listed::{Condition, Listed};
pub use service::Service;
pub use services::Services;

/// What is written on top of a file with endpoints.
const INVITATION: &str = "\
# The pods of this Service, as Kubernetes would list them. Edit and save: clients follow at once.
# `ready: false` takes a pod out; with `serving: true` and `terminating: true` it drains.
";

/// A directory with the manifests of one Service: `<name>.yaml`, and `<name>-endpoints-<n>.yaml` for each slice.
#[derive(Debug)]
pub struct Manifests {
    directory: PathBuf,
    service: Service,
}

impl Manifests {
    /// Writes the Service into a directory that exists; it has no endpoints yet.
    pub fn create(directory: &Path, service: Service) -> anyhow::Result<Self> {
        let file = directory.join(format!("{}.yaml", service.name));
        replace(&file, &service.manifest())?;
        Ok(Self { directory: directory.to_owned(), service })
    }

    /// The port of the Service, and that of its pods.
    pub const fn port(&self) -> u16 {
        self.service.port
    }

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file with the first 100 endpoints.
    pub fn endpoints_file(&self) -> PathBuf {
        self.slice_file(1)
    }

    /// Makes the slices say that these are the pods. Files whose content doesn't change aren't touched; the others are
    /// replaced, each by a rename, so nobody ever reads half a file. Returns the moment before the first rename.
    pub fn list(&self, pods: &[Listed]) -> anyhow::Result<Instant> {
        let slices = self.service.slices(pods);
        let mut began = None;
        for (number, slice) in (1..).zip(&slices) {
            let text = format!("{INVITATION}{slice}");
            let file = self.slice_file(number);
            if fs::read_to_string(&file).is_ok_and(|old| old == text) {
                continue;
            }
            let renamed = replace(&file, &text)?;
            began.get_or_insert(renamed);
        }
        for number in slices.len() + 1.. {
            let file = self.slice_file(number);
            if !file.exists() {
                break;
            }
            began.get_or_insert_with(Instant::now);
            fs::remove_file(&file).with_context(|| format!("can't remove {}", file.display()))?;
        }
        Ok(began.unwrap_or_else(Instant::now))
    }

    fn slice_file(&self, number: usize) -> PathBuf {
        self.directory.join(format!("{}-endpoints-{number}.yaml", self.service.name))
    }
}

/// Several manifests, as one file.
pub fn file(manifests: impl IntoIterator<Item = String>) -> String {
    manifests.into_iter().collect::<Vec<_>>().join("---\n")
}

/// Replaces a file by a rename, so that nobody reads half of it, and returns the moment before.
pub fn replace(file: &Path, text: &str) -> anyhow::Result<Instant> {
    // The source ignores files with other endings.
    let aside = file.with_extension("new");
    fs::write(&aside, text).with_context(|| format!("can't write {}", aside.display()))?;
    let now = Instant::now();
    fs::rename(&aside, file).with_context(|| format!("can't write {}", file.display()))?;
    Ok(now)
}

#[cfg(test)]
mod tests;
