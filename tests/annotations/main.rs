//! The reference page of the annotations, `docs/annotations.md`: made from the table that the parser uses.
//!
//! With `UPDATE_DOCS=1` it is written anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::fmt::Write as _;
use std::fs;

use chancery::model::settings::{GROUPS, Group, PREFIX, Reach, Setting};

const PAGE: &str = "docs/annotations.md";

/// What stands above the reference.
const INTRODUCTION: &str = include_str!("introduction.md");

#[test]
fn the_page_is_what_the_table_says() {
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(PAGE, &page).unwrap();
    }
    let written = fs::read_to_string(PAGE).unwrap_or_default();
    let line = page.lines().zip(written.lines()).position(|(new, old)| new != old);
    assert!(
        page == written,
        "{PAGE} is stale from line {} on: UPDATE_DOCS=1 cargo test --test annotations",
        line.unwrap_or_default() + 1
    );
}

/// Every setting is shown at work by a golden case, which real Envoys load.
#[test]
fn every_setting_has_a_golden_case() {
    let cases: Vec<String> = fs::read_dir("tests/golden/keys")
        .unwrap()
        .map(|case| fs::read_to_string(case.unwrap().path().join("in.yaml")).unwrap())
        .collect();
    for Setting { key, .. } in Setting::all() {
        let service = format!("  name: {key}\n");
        let annotation = format!("    {PREFIX}{key}: ");
        let has = |document: &str| document.contains(&service) && document.contains(&annotation);
        assert!(cases.iter().any(|case| case.split("---\n").any(has)), "no Service {key} with {PREFIX}{key}");
    }
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## All settings\n\n| Key | Default | |\n|---|---|---|\n");
    for setting in Setting::all() {
        let Setting { key, about, .. } = setting;
        writeln!(page, "| [`{key}`](#{key}) | {} | {about} |", default(setting)).unwrap();
    }
    for group in &GROUPS {
        section(&mut page, group);
    }
    page
}

fn section(page: &mut String, group: &Group) {
    let Group { title, about, settings } = group;
    write!(page, "\n## {title}\n\n{about}\n").unwrap();
    for setting in *settings {
        let Setting { key, about, example, reach, needs, envoy, note, .. } = setting;
        write!(page, "\n### `{key}`\n\n{about}\n\n- Values: {}\n- Default: {}\n", setting.accepts(), default(setting))
            .unwrap();
        writeln!(page, "- Example: `{PREFIX}{key}: \"{example}\"`").unwrap();
        if *reach == Reach::DefaultPort {
            writeln!(page, "- Without a port: the default port").unwrap();
        }
        if let Some(need) = needs {
            writeln!(page, "- Only with: {}", need.what).unwrap();
        }
        writeln!(page, "- Envoy: {envoy}").unwrap();
        if !note.is_empty() {
            write!(page, "\n{note}\n").unwrap();
        }
    }
}

fn default(setting: &Setting) -> String {
    if setting.default_is_words { setting.default.to_owned() } else { format!("`{}`", setting.default) }
}
