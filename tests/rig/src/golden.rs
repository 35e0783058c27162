//! The golden cases, as worlds to hold something against.

use std::fs;
use std::path::{Path, PathBuf};

use chancery::model::Event;
use chancery::model::compat::Compat;
use chancery::source::manifests;
use chancery::source::objects::Conversion;

/// Relative to the package, where its tests run.
const ROOT: &str = "tests/golden";

/// The area in which the annotations of other products count.
const COMPAT: &str = "tests/golden/compat";

/// What each case has, by the directory of the case.
///
/// # Panics
/// When one can't be read.
pub fn worlds() -> Vec<(String, Vec<Event>)> {
    let world = |input: PathBuf| {
        let compat = if input.starts_with(COMPAT) { Compat::ALL } else { Compat::default() };
        let conversion = Conversion { allow_loopback_endpoints: true, compat };
        let loaded = manifests::load(std::slice::from_ref(&input), conversion).expect("a case can be read");
        let case = input.parent().unwrap_or(Path::new(ROOT)).display().to_string();
        (case, loaded.events)
    };
    inputs(Path::new(ROOT)).into_iter().map(world).collect()
}

fn inputs(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the cases are there");
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    entries.sort();
    let is_input = |path: &PathBuf| path.file_name().is_some_and(|name| name == "in.yaml");
    let (directories, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
    files.into_iter().filter(is_input).chain(directories.iter().flat_map(|path| inputs(path))).collect()
}
