//! The manifest reader, and what lowers the objects that it finds.

use std::fs;

use chancery::pipeline::{RenderOptions, offline};
use chancery::source::lower::Lowering;
use chancery::source::manifests::load;

/// The bytes are a file of manifests, which is loaded and rendered.
///
/// Whatever is wrong is reported with a line of the file.
#[expect(clippy::missing_panics_doc, clippy::unwrap_used, reason = "a panic is what is looked for")]
pub fn manifests(bytes: &[u8]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let loaded = load(&[file.path().to_path_buf()], Lowering::default()).unwrap();
    let lines = u32::try_from(bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count()).unwrap() + 1;
    for wrong in &loaded.rejected {
        assert!(wrong.line.is_none_or(|line| (1..=lines).contains(&line)), "not a line of {lines}: {wrong:?}");
    }
    for found in &loaded.objects {
        assert!((1..=lines).contains(&found.line), "not a line of {lines}: {found:?}");
        assert_eq!(found.lines.len(), found.lowered.rejected.len());
    }
    offline(loaded.events, RenderOptions::default());
}
