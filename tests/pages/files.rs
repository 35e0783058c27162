//! What pages link to and name is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The directories of the repository whose files are named in pages.
const ROOTS: [&str; 6] = ["docs/", "envoy/", "manifests/", "proto/", "src/", "tests/"];

/// Every page in Markdown that readers see, with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let of = |directory: &str| {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect::<Vec<_>>()
    };
    let paths = [".", "docs", ".github"].into_iter().flat_map(of);
    paths.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    for (page, text) in pages() {
        let links = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        for link in links.filter(|link| !link.starts_with("https://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let is_there = if anchor.is_empty() { target.exists() } else { anchors(&target).contains(anchor) };
            if !is_there {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn paths_that_are_named_are_there() {
    let mut missing = Vec::new();
    for (page, text) in pages().into_iter().filter(|(page, _)| !page.ends_with("CHANGELOG.md")) {
        // Fences would turn what is code and what isn't round.
        let text = text.replace("```", "");
        let code = text.split('`').skip(1).step_by(2);
        for path in code.filter(|path| ROOTS.iter().any(|root| path.starts_with(root))) {
            let is_pattern = path.contains([' ', '<', '*', '…']) || path.contains("NAME");
            // A suite of tests is called by its name, be it a file or a directory.
            let is_there = Path::new(path).exists() || Path::new(&format!("{path}.rs")).exists();
            if !is_pattern && !is_there {
                missing.push(format!("{}: {path}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The anchors that GitHub gives the headings of a page.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap_or_default();
    let headings = text
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')));
    let anchor = |heading: &str| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
    };
    headings.map(anchor).collect()
}
