//! The manifest reader, and what converts the objects that it finds.

use std::fs;
use std::sync::LazyLock;

use chancery::model::compat::Compat;
use chancery::pipeline::{RenderOptions, offline};
use chancery::source::manifests::load;
use chancery::source::objects::Conversion;
use tempfile::NamedTempFile;

/// One for all runs: making and removing it would take longer than they do.
static FILE: LazyLock<NamedTempFile> = LazyLock::new(|| NamedTempFile::new().unwrap());

/// The bytes are a file of manifests, which is loaded and rendered.
///
/// Whatever is wrong is reported with a line of the file.
pub fn manifests(bytes: &[u8]) {
    fs::write(FILE.path(), bytes).unwrap();
    let loaded =
        load(&[FILE.path().to_path_buf()], Conversion { compat: Compat::ALL, ..Conversion::default() }).unwrap();
    let lines = u32::try_from(bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count()).unwrap() + 1;
    for wrong in &loaded.rejected {
        assert!(wrong.line.is_none_or(|line| (1..=lines).contains(&line)), "not a line of {lines}: {wrong:?}");
    }
    for found in &loaded.objects {
        assert!((1..=lines).contains(&found.line), "not a line of {lines}: {found:?}");
        assert_eq!(found.lines.len(), found.converted.rejected.len());
    }
    offline(loaded.events, RenderOptions::default());
}
